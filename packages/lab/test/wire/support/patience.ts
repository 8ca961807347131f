import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { Worker } from 'node:worker_threads'

const ATTEMPTS = 5
/** Milliseconds: a machine that wakes who sleeps later than this has something else to do, or is not running itself. */
const BUSY = 1

/**
 * For claims about time. It holds if it does once: what is wrong is wrong five times. When it failed each time, and
 * most times the machine was late with something that has nothing to do with the claim, it is skipped.
 */
export async function onceOf(t: TestContext, claim: () => Promise<void>): Promise<void> {
  await using machine = new Machine()
  const late: number[] = []
  for (;;) {
    const start = machine.samples
    try {
      return await claim()
    } catch (error) {
      if (!(error instanceof assert.AssertionError)) throw error
      late.push(machine.lateness(start))
      if (late.length < ATTEMPTS) continue
      const typical = late.toSorted((a, b) => a - b)[ATTEMPTS >> 1]!
      if (typical < BUSY) throw error
      return t.skip(`this machine is busy: it wakes sleepers ${typical.toFixed(1)} ms late (${error.message})`)
    }
  }
}

/** How late the kernel wakes a thread that sleeps, with nobody else involved, while a claim is tried. */
class Machine implements AsyncDisposable {
  readonly #late = new Float64Array(new SharedArrayBuffer(8 * 4096))
  readonly #count = new Int32Array(new SharedArrayBuffer(4))
  readonly #sleeper = new Worker(new URL('sleeper.ts', import.meta.url), {
    workerData: { late: this.#late, count: this.#count },
  })

  get samples(): number {
    return Atomics.load(this.#count, 0)
  }

  /** Since then, in milliseconds: of four in a row, one of twenty is later. Infinity: it did not run even ten times. */
  lateness(since: number): number {
    const late = this.#late.slice(since, this.samples).toSorted()
    return late.length < 10 ? Infinity : late[Math.floor(late.length * 0.987)]!
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#sleeper.terminate()
  }
}
