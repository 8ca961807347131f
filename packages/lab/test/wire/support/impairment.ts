import { type DirectionOptions, type Impairment, impairments } from '../../../src/link/index.ts'
import type { Channel, Delivery, Verdict } from '../../../src/wire/index.ts'

/** As a person writes it, for one direction. */
export function impairment(options: DirectionOptions = {}): Impairment {
  return impairments(options).up
}

export function isLost(verdict: Verdict): boolean {
  return 'dropped' in verdict
}

/** What became of the first copy; throws when there is none. */
export function delivery(verdict: Verdict): Delivery {
  if ('dropped' in verdict) throw new Error(`dropped: ${verdict.dropped}`)
  return verdict.deliveries[0]!
}

/** So many frames of 1014 bytes (1000 of IP), one every millisecond. */
export function offered(channel: Channel, frames: number): Verdict[] {
  return Array.from({ length: frames }, (_, now) => channel.offer(1014, now))
}
