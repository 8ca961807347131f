import { type Endianness, hostEndianness, type Writer } from '@sallyport/linux'
import { type ElementList, type KernelElement, listedElement } from './element.ts'

/** What an element has beside its place in the set. */
export type PackedExtra = Omit<KernelElement, 'key' | 'keyEnd' | 'flags'>

export interface PackedRows {
  /** Bytes of a key. */
  readonly width: number
  /** The keys as they lie in registers, one behind the other. */
  readonly keys: Uint8Array
  /** As many last keys, in concatenations with ranges. */
  readonly keyEnds?: Uint8Array | undefined
  /** One byte for each key: 1 for an `interval_end`. */
  readonly ends?: Uint8Array | undefined
  /** By index. */
  readonly extras?: ReadonlyMap<number, PackedExtra> | undefined
}

/**
 * Elements in columns, which become what the kernel reads without an object for each: a million addresses are 4 MB
 * here and 16 MB on the wire.
 */
export class PackedElements implements ElementList {
  readonly length: number
  readonly #rows: PackedRows
  readonly #from: number

  constructor(rows: PackedRows, from = 0, length: number = rows.keys.length / rows.width - from) {
    this.#rows = rows
    this.#from = from
    this.length = length
  }

  at(index: number): KernelElement | undefined {
    return index < 0 || index >= this.length ? undefined : elementOf(this.#rows, this.#from + index)
  }

  *[Symbol.iterator](): IterableIterator<KernelElement> {
    for (let index = 0; index < this.length; index++) yield this.at(index)!
  }

  /** In pieces of at most `room` bytes each. */
  split(room: number): PackedElements[] {
    const pieces: PackedElements[] = []
    const sizes = this.#sizes()
    let from = this.#from
    let left = room
    for (let row = this.#from; row < this.#from + this.length; row++) {
      const size = sizes(row)
      if (size > left && row > from) {
        pieces.push(new PackedElements(this.#rows, from, row - from))
        from = row
        left = room
      }
      left -= size
    }
    const rest = this.#from + this.length - from
    return rest === 0 ? pieces : [...pieces, new PackedElements(this.#rows, from, rest)]
  }

  /** Appends them as the attributes of a list. */
  write(out: Writer): void {
    const { extras, ends } = this.#rows
    const plain = templateOf(this.#rows, false, out.endianness)
    const end = ends && templateOf(this.#rows, true, out.endianness)
    const bytes = new Uint8Array(this.length * (end ?? plain).size)
    let at = 0
    for (let row = this.#from; row < this.#from + this.length; row++) {
      if (extras?.has(row)) {
        out.bytes(bytes.subarray(0, at))
        at = 0
        out.bytes(listedElement(elementOf(this.#rows, row), out.endianness))
      } else {
        at = (end !== undefined && ends![row] === 1 ? end : plain).fill(this.#rows, row, bytes, at)
      }
    }
    out.bytes(bytes.subarray(0, at))
  }

  #sizes(): (row: number) => number {
    const { extras, ends } = this.#rows
    const plain = templateOf(this.#rows, false).size
    const end = templateOf(this.#rows, ends !== undefined).size
    return (row) =>
      extras?.has(row) ? listedElement(elementOf(this.#rows, row)).length : ends?.[row] === 1 ? end : plain
  }
}

function elementOf({ width, keys, keyEnds, ends, extras }: PackedRows, row: number): KernelElement {
  const at = row * width
  return {
    key: keys.slice(at, at + width),
    ...(keyEnds && { keyEnd: keyEnds.slice(at, at + width) }),
    ...(ends?.[row] === 1 && { flags: ['interval_end'] }),
    ...extras?.get(row),
  }
}

/** An element on the wire with room for its keys: all elements without extras differ in these only. */
class Template {
  readonly size: number
  readonly #bytes: Uint8Array
  readonly #keyAt: number
  readonly #keyEndAt: number

  constructor(width: number, hasKeyEnd: boolean, isEnd: boolean, endianness: Endianness) {
    const key = new Uint8Array(width)
    const element = { key, ...(hasKeyEnd && { keyEnd: key }), ...(isEnd && { flags: ['interval_end' as const] }) }
    this.#bytes = listedElement(element, endianness)
    this.size = this.#bytes.length
    // The keys are what an element ends with.
    const padded = (width + 3) & ~3
    this.#keyEndAt = this.size - padded
    this.#keyAt = hasKeyEnd ? this.#keyEndAt - KEY_HEADERS - padded : this.#keyEndAt
  }

  /** Writes the element of a row; returns where the next one goes. */
  fill({ width, keys, keyEnds }: PackedRows, row: number, into: Uint8Array, at: number): number {
    for (let index = 0; index < this.#keyAt; index++) into[at + index] = this.#bytes[index]!
    copy(keys, row * width, into, at + this.#keyAt, width)
    if (keyEnds === undefined) return at + this.size
    for (let index = this.#keyAt + width; index < this.#keyEndAt; index++) into[at + index] = this.#bytes[index]!
    copy(keyEnds, row * width, into, at + this.#keyEndAt, width)
    return at + this.size
  }
}

const templates = new Map<number, Template>()

/** One for each kind of element; widths are few. */
function templateOf({ width, keyEnds }: PackedRows, isEnd: boolean, endianness: Endianness = hostEndianness): Template {
  const hasKeyEnd = keyEnds !== undefined
  const kind = (width << 3) | (hasKeyEnd ? 4 : 0) | (isEnd ? 2 : 0) | (endianness === 'little' ? 1 : 0)
  const known = templates.get(kind)
  if (known !== undefined) return known
  const made = new Template(width, hasKeyEnd, isEnd, endianness)
  templates.set(kind, made)
  return made
}

const KEY_HEADERS = 8 // of NFTA_SET_ELEM_KEY_END and NFTA_DATA_VALUE

/** For a few bytes a loop is several times faster than `set` with two views. */
function copy(from: Uint8Array, at: number, into: Uint8Array, to: number, width: number): void {
  for (let index = 0; index < width; index++) into[to + index] = from[at + index]!
}
