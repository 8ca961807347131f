import type { Client } from '../turn/server/index.ts'

/** Refusals of one kind since they were last told of. */
export interface Refusals {
  readonly code: number
  readonly count: number
  /** One of those that were refused. */
  readonly client: Client
}

/** Counts refused requests by their codes, so that a flood of them is one line and not a flood of lines. */
export class RefusalCounter {
  readonly #byCode = new Map<number, { count: number; client: Client }>()

  add(code: number, client: Client, count = 1): void {
    const found = this.#byCode.get(code)
    if (found === undefined) this.#byCode.set(code, { count, client })
    else found.count += count
  }

  /** All there are; from here on counting starts again. */
  take(): Refusals[] {
    const all = [...this.#byCode].map(([code, each]) => ({ code, ...each }))
    this.#byCode.clear()
    return all
  }
}
