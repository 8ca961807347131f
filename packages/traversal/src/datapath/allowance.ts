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
/** A shared bucket is emptied in steps, so that rounding to whole bytes takes nothing away. Milliseconds. */
const STEP = 10

/** Users fall into so many pairs of buckets; two users in one share what one of them may have. */
const USERS = 16_384
/** Of one direction of one user: the level, and when it was emptied last. Cells of 32 bits. */
const CELLS = 2

type Direction = 0 | 1
const TO_PEERS: Direction = 0
const FROM_PEERS: Direction = 1

/** The memory of {@link Bandwidth}, for all threads of a server. */
export function rateMemory(): SharedArrayBuffer {
  return new SharedArrayBuffer(USERS * 2 * CELLS * 4)
}

/**
 * Limits of bandwidth as leaky buckets: what is sent fills them, time empties them, and what does not fit is dropped.
 * Nothing is allocated for a packet.
 */
export class Bandwidth {
  limits: BandwidthLimits
  readonly #cells: Int32Array

  constructor(memory: SharedArrayBuffer, limits: BandwidthLimits = unlimited) {
    this.#cells = new Int32Array(memory)
    this.limits = limits
  }

  /** For one allocation of a user. */
  allowance(user: string): Allowance {
    return new Allowance(this, slotOf(user))
  }

  /** Puts bytes into a user's bucket; false when they do not fit. */
  pass(slot: number, direction: Direction, bytes: number, now: number): boolean {
    const rate = this.limits.user / 8000
    const level = (slot * 2 + direction) * CELLS
    this.#leak(level, rate, now)
    if (Atomics.add(this.#cells, level, bytes) + bytes <= burst(rate)) return true
    Atomics.sub(this.#cells, level, bytes)
    return false
  }

  /** Takes out what has run out since the last time; of several threads, one does. */
  #leak(level: number, rate: number, now: number): void {
    const before = Atomics.load(this.#cells, level + 1)
    const time = now | 0 // wraps, as do differences
    const passed = (time - before) | 0
    if (passed >= 0 && passed < STEP) return
    if (Atomics.compareExchange(this.#cells, level + 1, before, time) !== before) return
    const full = Atomics.load(this.#cells, level)
    const gone = passed < 0 ? full : Math.min(full, Math.floor(passed * rate))
    Atomics.sub(this.#cells, level, gone)
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
