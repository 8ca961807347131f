import { realTime } from '@sallyport/linux'

/** Milliseconds of the clock that nobody can set. */
export function monotonic(): number {
  return performance.now()
}

/** Milliseconds between two readings that make a third between them useless: this thread was not running. */
const SUSPICIOUS = 0.05
const MOST_TRIES = 10
/** A frame that is older, or from the future, has met a clock that was set. */
const OLDEST = 10_000

/**
 * The kernel says when a frame came, by the clock that can be set; what is to happen later goes by the one that cannot.
 * A thread that wakes late so does not make the frame's way longer.
 */
export class Clock {
  /** What {@link now} was about when {@link read} was called, on both clocks. */
  now = 0
  #real = 0

  /** Reads both clocks. */
  read(): number {
    for (let tries = 0; tries < MOST_TRIES; tries += 1) {
      const before = monotonic()
      this.#real = realTime()
      this.now = monotonic()
      if (this.now - before < SUSPICIOUS) break
    }
    return this.now
  }

  /** When a frame came that the kernel has stamped so; by this thread's clock, for which {@link read} was called. */
  at(stamp: number): number {
    const age = this.#real - stamp
    return Math.abs(age) < OLDEST ? this.now - age : this.now
  }
}
