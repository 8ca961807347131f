import type { Quota, QuotaLimits } from '../turn/server/index.ts'

/** Cells of one row; two rows, each with a hash of its own. Then one cell for the total. */
const ROW = 32_768
const TOTAL = 2 * ROW

export function quotaMemory(): SharedArrayBuffer {
  return new SharedArrayBuffer((TOTAL + 1) * 4)
}

/**
 * Counts the allocations of all threads together, without locks. A user has one cell in each of two rows, and the lower
 * of the two counts: it is never less than what the user has. It is more only when others share both cells, or take at
 * the same instant, so that a limit may be reached early but is never passed.
 */
export class SharedQuota implements Quota {
  readonly #cells: Int32Array

  constructor(memory: SharedArrayBuffer) {
    this.#cells = new Int32Array(memory)
  }

  /** Of all users. */
  get total(): number {
    return Atomics.load(this.#cells, TOTAL)
  }

  take(user: string, { perUser, total }: QuotaLimits): 'taken' | 'user full' | 'server full' {
    const [one, two] = cellsOf(user)
    const count = Math.min(this.#add(one, 1), this.#add(two, 1))
    const all = this.#add(TOTAL, 1)
    if (count <= perUser && all <= total) return 'taken'
    this.give(user)
    return count > perUser ? 'user full' : 'server full'
  }

  give(user: string): void {
    for (const cell of [...cellsOf(user), TOTAL]) this.#add(cell, -1)
  }

  #add(cell: number, by: number): number {
    return Atomics.add(this.#cells, cell, by) + by
  }
}

function cellsOf(user: string): readonly [number, number] {
  return [hash(user, 0x811c9dc5) % ROW, ROW + (hash(user, 0x1b873593) % ROW)]
}

/** FNV-1a with a start of one's own, and its bits mixed once more. */
function hash(text: string, start: number): number {
  let value = start
  for (let index = 0; index < text.length; index += 1) value = Math.imul(value ^ text.charCodeAt(index), 0x01000193)
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b)
  return (value ^ (value >>> 13)) >>> 0
}
