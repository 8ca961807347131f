import { LEAKY_CELLS, LeakyCells } from '../stun/index.ts'

/** How much may go through, in bits per second and direction; 0 is no limit. */
export interface BandwidthLimits {
  readonly allocation: number
  /** All allocations of one user together, whichever threads they are on. */
  readonly user: number
}

export const unlimited: BandwidthLimits = { allocation: 0, user: 0 }

/** A bucket takes what comes at once, as much as the rate gives in this time. Milliseconds. */
const BURST = 250
/** And never less than a few full datagrams. Bytes. */
const LEAST_BURST = 16_384

/** Users fall into so many pairs of buckets; two users in one share what one of them may have. */
const USERS = 16_384

type Direction = 0 | 1
const TO_PEERS: Direction = 0
const FROM_PEERS: Direction = 1

/** The memory of {@link Bandwidth}, for all threads of a server. */
export function rateMemory(): SharedArrayBuffer {
  return new SharedArrayBuffer(USERS * 2 * LEAKY_CELLS * 4)
}

/**
 * Limits of bandwidth as leaky buckets: what is sent fills them, time empties them, and what does not fit is dropped.
 * Nothing is allocated for a packet.
 */
export class Bandwidth {
  limits: BandwidthLimits
  readonly #buckets: LeakyCells

  constructor(memory: SharedArrayBuffer, limits: BandwidthLimits = unlimited) {
    this.#buckets = new LeakyCells(new Int32Array(memory))
    this.limits = limits
  }

  /** For one allocation of a user. */
  allowance(user: string): Allowance {
    return new Allowance(this, slotOf(user))
  }

  /** Puts bytes into a user's bucket; false when they do not fit. */
  pass(slot: number, direction: Direction, bytes: number, now: number): boolean {
    const rate = this.limits.user / 8000
    return this.#buckets.put((slot * 2 + direction) * LEAKY_CELLS, bytes, rate, burst(rate), now)
  }
}

/** What one allocation may still send and receive. */
export class Allowance {
  readonly #bandwidth: Bandwidth
  readonly #slot: number
  readonly #levels = [0, 0]
  readonly #times = [0, 0]

  constructor(bandwidth: Bandwidth, slot: number) {
    this.#bandwidth = bandwidth
    this.#slot = slot
  }

  /** May so many bytes go to a peer? If so, they are counted. `now`: milliseconds. */
  toPeers(bytes: number, now: number): boolean {
    return this.#pass(TO_PEERS, bytes, now)
  }

  fromPeers(bytes: number, now: number): boolean {
    return this.#pass(FROM_PEERS, bytes, now)
  }

  #pass(direction: Direction, bytes: number, now: number): boolean {
    const { allocation, user } = this.#bandwidth.limits
    if (allocation > 0 && !this.#own(direction, bytes, now, allocation / 8000)) return false
    if (user === 0 || this.#bandwidth.pass(this.#slot, direction, bytes, now)) return true
    if (allocation > 0) this.#levels[direction]! -= bytes
    return false
  }

  #own(direction: Direction, bytes: number, now: number, rate: number): boolean {
    const level = Math.max(0, this.#levels[direction]! - (now - this.#times[direction]!) * rate)
    this.#times[direction] = now
    const fits = level + bytes <= burst(rate)
    this.#levels[direction] = fits ? level + bytes : level
    return fits
  }
}

/** @param rate bytes per millisecond */
function burst(rate: number): number {
  return Math.max(LEAST_BURST, rate * BURST)
}

function slotOf(user: string): number {
  let hash = 0x811c9dc5 // FNV-1a
  for (let index = 0; index < user.length; index += 1) hash = Math.imul(hash ^ user.charCodeAt(index), 0x01000193)
  return (hash >>> 0) % USERS
}
