import { NFT_SET_ELEM } from './uapi.ts'
import type { Element } from './world.ts'

/** What an element is found by. */
export type Wanted = Pick<Element, 'key' | 'keyEnd' | 'flags'>

/** The elements of one set. What may stand beside what depends on the kind of the set. */
export interface Store extends Iterable<Element> {
  readonly size: number
  /** The element that is the same, or that there is one that overlaps. */
  clash(wanted: Wanted): Element | 'overlap' | undefined
  /** The element that a deletion means. */
  find(wanted: Wanted): Element | undefined
  add(element: Element): void
  remove(element: Element): void
}

function text(key: Uint8Array): string {
  return Buffer.from(key).toString('latin1')
}

function compare(a: Uint8Array, b: Uint8Array): number {
  return Buffer.compare(a, b)
}

/** Single keys: hash tables and bitmaps. */
export class SingleStore implements Store {
  readonly #elements: Map<string, Element> = new Map()

  get size(): number {
    return this.#elements.size
  }

  clash(wanted: Wanted): Element | undefined {
    return this.find(wanted)
  }

  find({ key }: Wanted): Element | undefined {
    return this.#elements.get(text(key!))
  }

  add(element: Element): void {
    this.#elements.set(text(element.key!), element)
  }

  remove(element: Element): void {
    this.#elements.delete(text(element.key!))
  }

  [Symbol.iterator](): Iterator<Element> {
    return this.#elements.values()
  }
}

function isEnd({ flags }: Wanted): boolean {
  return (flags & NFT_SET_ELEM.INTERVAL_END) !== 0
}

/** Half-open intervals as marks on a line, sorted; at the same key the end of one lies before the start of the next. */
export class IntervalStore implements Store {
  readonly #marks: Element[] = []
  readonly #anonymous: boolean

  constructor(anonymous: boolean) {
    this.#anonymous = anonymous
  }

  get size(): number {
    return this.#marks.length
  }

  /** nft_rbtree_insert(): a start must not lie behind a start, nor an end before or behind an end. */
  clash(wanted: Wanted): Element | 'overlap' | undefined {
    const same = this.find(wanted)
    if (same !== undefined) return same
    const at = this.#place(wanted.key!, isEnd(wanted))
    const before = this.#marks[at - 1]
    const after = this.#marks[at]
    if (isEnd(wanted)) {
      const otherEnd = [before, after].some((mark) => mark !== undefined && isEnd(mark))
      return otherEnd ? 'overlap' : undefined
    }
    const inside = before !== undefined && !isEnd(before) && !this.#anonymous
    return inside ? 'overlap' : undefined
  }

  find(wanted: Wanted): Element | undefined {
    const mark = this.#marks[this.#place(wanted.key!, isEnd(wanted))]
    const same = mark !== undefined && compare(mark.key!, wanted.key!) === 0 && isEnd(mark) === isEnd(wanted)
    return same ? mark : undefined
  }

  add(element: Element): void {
    this.#marks.splice(this.#place(element.key!, isEnd(element)), 0, element)
  }

  remove(element: Element): void {
    this.#marks.splice(this.#place(element.key!, isEnd(element)), 1)
  }

  /** From the highest to the lowest, as the kernel does. */
  *[Symbol.iterator](): Generator<Element> {
    for (let at = this.#marks.length - 1; at >= 0; at--) yield this.#marks[at]!
  }

  /** The first mark that is not before this one. */
  #place(key: Uint8Array, end: boolean): number {
    let low = 0
    let high = this.#marks.length
    while (low < high) {
      const middle = (low + high) >>> 1
      const mark = this.#marks[middle]!
      const order = compare(mark.key!, key) || Number(end) - Number(isEnd(mark))
      if (order < 0) low = middle + 1
      else high = middle
    }
    return low
  }
}

/** Concatenations with ranges: boxes, of which none may contain a corner of another. */
export class RangeStore implements Store {
  readonly #elements: Element[] = []
  /** Where each field lies: it takes a multiple of four bytes. */
  readonly #fields: readonly (readonly [start: number, end: number])[]

  constructor(fields: readonly number[]) {
    let at = 0
    this.#fields = fields.map((length) => {
      const start = at
      at += (length + 3) & ~3
      return [start, start + length]
    })
  }

  get size(): number {
    return this.#elements.length
  }

  clash({ key, keyEnd }: Wanted): Element | 'overlap' | undefined {
    const end = keyEnd ?? key!
    const found = this.#containing(key!)
    if (found !== undefined) {
      const same = compare(found.key!, key!) === 0 && compare(found.keyEnd ?? found.key!, end) === 0
      return same ? found : 'overlap'
    }
    return this.#containing(end) === undefined ? undefined : 'overlap'
  }

  find({ key }: Wanted): Element | undefined {
    return this.#containing(key!)
  }

  /** Is some field's beginning behind its end? */
  isReversed({ key, keyEnd }: Wanted): boolean {
    const end = keyEnd ?? key!
    return this.#fields.some(([from, to]) => compare(key!.subarray(from, to), end.subarray(from, to)) > 0)
  }

  add(element: Element): void {
    this.#elements.push(element)
  }

  remove(element: Element): void {
    this.#elements.splice(this.#elements.indexOf(element), 1)
  }

  [Symbol.iterator](): Iterator<Element> {
    return this.#elements.values()
  }

  #containing(point: Uint8Array): Element | undefined {
    return this.#elements.find(({ key, keyEnd }) =>
      this.#fields.every(([from, to]) => {
        const at = point.subarray(from, to)
        return compare(key!.subarray(from, to), at) <= 0 && compare(at, (keyEnd ?? key!).subarray(from, to)) <= 0
      }),
    )
  }
}
