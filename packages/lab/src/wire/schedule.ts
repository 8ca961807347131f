/** What is to happen later, soonest first; at the same time, in the order in which it was added (a binary heap). */
export class Schedule<T> {
  readonly #entries: Entry<T>[] = []
  #added = 0

  get size(): number {
    return this.#entries.length
  }

  /** When the next one is due; Infinity: nothing waits. */
  get next(): number {
    return this.#entries[0]?.at ?? Infinity
  }

  add(at: number, item: T): void {
    const entry = { at, order: this.#added, item }
    this.#added += 1
    this.#rise(entry, this.#entries.length)
  }

  /** The next one that is due at `now`, taken out; undefined when none is. */
  take(now: number): T | undefined {
    const [first] = this.#entries
    if (first === undefined || first.at > now) return undefined
    const last = this.#entries.pop()!
    if (this.#entries.length > 0) this.#sink(last)
    return first.item
  }

  /** Takes out all that fit, due or not. */
  remove(isUnwanted: (item: T) => boolean): T[] {
    const entries = this.#entries.splice(0)
    for (const entry of entries) if (!isUnwanted(entry.item)) this.#rise(entry, this.#entries.length)
    return entries.filter(({ item }) => isUnwanted(item)).map(({ item }) => item)
  }

  #rise(entry: Entry<T>, from: number): void {
    let index = from
    while (index > 0) {
      const parent = (index - 1) >> 1
      if (!isBefore(entry, this.#entries[parent]!)) break
      this.#entries[index] = this.#entries[parent]!
      index = parent
    }
    this.#entries[index] = entry
  }

  #sink(entry: Entry<T>): void {
    const { length } = this.#entries
    let index = 0
    for (let child = 1; child < length; child = 2 * index + 1) {
      if (child + 1 < length && isBefore(this.#entries[child + 1]!, this.#entries[child]!)) child += 1
      if (!isBefore(this.#entries[child]!, entry)) break
      this.#entries[index] = this.#entries[child]!
      index = child
    }
    this.#entries[index] = entry
  }
}

interface Entry<T> {
  readonly at: number
  readonly order: number
  readonly item: T
}

function isBefore<T>(a: Entry<T>, b: Entry<T>): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order)
}
