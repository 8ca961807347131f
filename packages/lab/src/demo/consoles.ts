import { type NatBehaviour, natBehaviour, type Subject } from '../measure/nat.ts'
import { openServer } from '../measure/server.ts'
import type { House } from './house.ts'

/** What consoles are measured with. */
export interface ConsoleOptions {
  /** Names of the hosts. */
  readonly consoles: readonly string[]
  /** The local UDP port, the same for all of them. */
  readonly port: number
  /** Whether they reach each other at their external endpoints; default false. */
  readonly hairpin?: boolean
  /** Each begins at another server; default false. */
  readonly crossed?: boolean
}

/** Measures what the router of a house does with consoles that all use one local port. */
export async function measureConsoles(
  house: House,
  { consoles, port, hairpin = false, crossed = false }: ConsoleOptions,
): Promise<NatBehaviour[]> {
  await using open = new AsyncDisposableStack()
  const [one, two] = house.servers
  const servers = [open.use(await openServer(one)), open.use(await openServer(two))] as const
  const stranger = open.use(await house.stranger.mailbox())
  const hosts: Subject[] = []
  for (const name of consoles) {
    const node = house.host(name)
    hosts.push({ name, address: node.address, box: open.use(await node.mailbox({ port })) })
  }
  return await natBehaviour({ hosts, servers, stranger, hairpin, crossed })
}
