/** Ports or addresses in a row, both ends included. */
export interface Interval<N extends number | bigint> {
  readonly from: N
  readonly to: N
}

/** Answers in O(log n) whether a range meets any of many others, which may overlap among themselves. */
export class Intervals<N extends number | bigint, T extends Interval<N>> {
  readonly #sorted: readonly T[]
  /** For each place the interval, of all up to there, that reaches furthest. */
  readonly #furthest: readonly T[]

  constructor(intervals: Iterable<T>) {
    this.#sorted = [...intervals].sort(byStart)
    const furthest: T[] = []
    for (const interval of this.#sorted) {
      const before = furthest.at(-1)
      furthest.push(before !== undefined && before.to >= interval.to ? before : interval)
    }
    this.#furthest = furthest
  }

  /** One that meets `from`-`to`, or undefined. */
  find(from: N, to: N = from): T | undefined {
    const candidate = this.#furthest[this.#startingUpTo(to) - 1]
    return candidate !== undefined && candidate.to >= from ? candidate : undefined
  }

  /** Pairs that meet each other; every interval that meets an earlier-starting one is in at least one pair. */
  *collisions(): Generator<[T, T]> {
    for (const [index, interval] of this.#sorted.entries()) {
      const before = this.#furthest[index - 1]
      if (before !== undefined && before.to >= interval.from) yield [before, interval]
    }
  }

  /** How many start at `limit` or before. */
  #startingUpTo(limit: N): number {
    let low = 0
    let high = this.#sorted.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#sorted[middle]!.from <= limit) low = middle + 1
      else high = middle
    }
    return low
  }
}

function byStart<N extends number | bigint>(a: Interval<N>, b: Interval<N>): number {
  return a.from < b.from ? -1 : a.from > b.from ? 1 : 0
}
