/** A bucket is emptied in steps, so that rounding to whole units takes nothing away. Milliseconds. */
const STEP = 10

/** Threads look at their clocks now and then, so that one is behind another; a clock that goes back further was set. Milliseconds. */
const BEHIND = 60_000

/** Of one bucket: how full it is, and when it was emptied last. Cells of 32 bits. */
export const LEAKY_CELLS = 2

/**
 * Buckets that leak, in memory that several threads may share: no locks, nothing is allocated, and what two threads put in
 * at the same instant counts twice. A bucket is known by the number of its first cell.
 */
export class LeakyCells {
  readonly #cells: Int32Array

  constructor(cells: Int32Array) {
    this.#cells = cells
  }

  /**
   * Puts so much in; false when it does not fit, and then it is not in. `now`: milliseconds of any clock.
   * @param rate what leaks in a millisecond
   * @param most what it holds
   */
  put(bucket: number, amount: number, rate: number, most: number, now: number): boolean {
    this.#leak(bucket, rate, most, now)
    if (Atomics.add(this.#cells, bucket, amount) + amount <= most) return true
    Atomics.sub(this.#cells, bucket, amount)
    return false
  }

  /** Takes out what was put in a moment ago. */
  take(bucket: number, amount: number): void {
    Atomics.sub(this.#cells, bucket, amount)
  }

  /** Lets out what has run out since the last time; of several threads, one does. */
  #leak(bucket: number, rate: number, most: number, now: number): void {
    const before = Atomics.load(this.#cells, bucket + 1)
    const time = now | 0 // wraps, as do differences
    const passed = (time - before) | 0
    if (passed > -BEHIND && passed < STEP) return
    if (Atomics.compareExchange(this.#cells, bucket + 1, before, time) !== before) return
    const full = Atomics.load(this.#cells, bucket)
    // A clock that was set back, or weeks of silence. What is over `most` was put in when there was more room.
    const gone = passed < 0 ? full : Math.max(Math.floor(passed * rate), full - most)
    Atomics.sub(this.#cells, bucket, Math.min(full, gone))
  }
}
