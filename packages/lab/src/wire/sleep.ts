import type { Poll } from '@sallyport/linux'
import { monotonic } from './clock.ts'

/** Milliseconds that are spent awake before a deadline, at most: half a core if a frame is due every millisecond. */
const MOST_AWAKE = 0.5
/** How much the last time that it was late counts. */
const WEIGHT = 0.1

/**
 * Sleeps until shortly before a deadline: the kernel wakes a thread a little late (timer slack, a processor that has
 * gone to sleep itself), always about the same, and the rest is waited for awake.
 */
export class Sleep {
  readonly #poll: Poll
  #lateness = 0.1

  constructor(poll: Poll) {
    this.#poll = poll
  }

  /** True when there is something to read; false when the time has come, or nearly: then it is to be asked again. */
  until(deadline: number): boolean {
    const wakeAt = deadline - Math.min(this.#lateness, MOST_AWAKE)
    const timeout = wakeAt - monotonic()
    if (timeout <= 0) return this.#poll.wait(0)
    if (this.#poll.wait(timeout)) return true
    if (wakeAt !== Infinity) this.#learn(monotonic() - wakeAt)
    return false
  }

  /** By how much most are late; one that was very late is an accident, and nothing to be prepared for. */
  #learn(late: number): void {
    if (late > 0) this.#lateness += WEIGHT * (Math.min(late, 2 * MOST_AWAKE) - this.#lateness)
  }
}
