import { isDeepStrictEqual } from 'node:util'
import type { ServerConfig } from './config.ts'

/** The keys that another config has other values for, and that are read at the start alone. */
export function needRestart(before: ServerConfig, after: ServerConfig): string[] {
  const [one, two] = [fixed(before), fixed(after)]
  return Object.keys(one).filter((key) => !isDeepStrictEqual(one[key], two[key]))
}

function fixed({ listen, workers, metrics, turn }: ServerConfig): Record<string, unknown> {
  return {
    listen: listen.map(({ value }) => value),
    workers,
    metrics: metrics?.value,
    relay: turn && [turn.relays.map(({ value }) => value), turn.ports, turn.tcpRelay],
    realm: turn?.realm,
    nonce: turn?.nonceLifetime,
  }
}
