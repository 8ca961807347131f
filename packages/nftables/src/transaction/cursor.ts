import { littleEndian, Malformed } from '@sallyport/linux'

const NLA_HDRLEN = 4
const NLA_TYPE_MASK = 0x3fff // ~(NLA_F_NESTED | NLA_F_NET_BYTEORDER)

/**
 * Goes over attributes and makes nothing of them: for reading little of much. After {@link next} returned true, `type`
 * is that of the attribute and its content is `bytes` from `from` to `to`. Throws {@link Malformed} as codecs do.
 */
export class Cursor {
  readonly bytes: Uint8Array
  type = 0
  from = 0
  to = 0
  #next: number
  readonly #end: number

  constructor(bytes: Uint8Array, start = 0, end: number = bytes.length) {
    this.bytes = bytes
    this.#next = start
    this.#end = end
  }

  next(): boolean {
    const at = this.#next
    if (at + NLA_HDRLEN > this.#end) return this.#nothingLeft(at)
    const length = u16At(this.bytes, at)
    if (length < NLA_HDRLEN || at + length > this.#end) {
      throw new Malformed(`an attribute claims ${length} of ${this.#end - at} bytes`)
    }
    this.type = u16At(this.bytes, at + 2) & NLA_TYPE_MASK
    this.from = at + NLA_HDRLEN
    this.to = at + length
    this.#next = at + ((length + 3) & ~3)
    return true
  }

  /** Goes on to the attribute of this type; false when there is none behind this one. */
  find(type: number): boolean {
    while (this.next()) {
      if (this.type === type) return true
    }
    return false
  }

  /** Over the attributes that this one holds. */
  inside(): Cursor {
    return new Cursor(this.bytes, this.from, this.to)
  }

  /** The content as 64 bits, big-endian; by way of a double as long as that is exact, which is quicker. */
  u64be(): bigint {
    this.#need(8)
    const high = this.#u32(0)
    const low = this.#u32(4)
    return high < 0x200000 ? BigInt(high * 0x100000000 + low) : BigInt(high) * 0x100000000n + BigInt(low)
  }

  u32be(): number {
    this.#need(4)
    return this.#u32(0)
  }

  /** A copy of the content. */
  copy(): Uint8Array {
    return this.bytes.slice(this.from, this.to)
  }

  /** The content as text up to a NUL. */
  text(): string {
    let end = this.from
    while (end < this.to && this.bytes[end] !== 0) end++
    return Buffer.from(this.bytes.subarray(this.from, end)).toString('utf8')
  }

  /** Is the content this text, with a NUL behind it or without? */
  is(text: Uint8Array): boolean {
    const rest = this.to - this.from - text.length
    if (rest < 0 || rest > 1 || (rest === 1 && this.bytes[this.to - 1] !== 0)) return false
    for (let index = 0; index < text.length; index++) {
      if (this.bytes[this.from + index] !== text[index]) return false
    }
    return true
  }

  #u32(offset: number): number {
    const at = this.from + offset
    const { bytes } = this
    return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0
  }

  #need(size: number): void {
    if (this.to - this.from < size) throw new Malformed(`${this.to - this.from} bytes where ${size} are needed`)
  }

  #nothingLeft(at: number): false {
    if (at < this.#end) throw new Malformed(`${this.#end - at} bytes left over after the last attribute`)
    return false
  }
}

/** Decodes a text only when it is another than the last time: all rules of a chain name the same chain. */
export class SameText {
  #bytes: Uint8Array | undefined
  #text = ''

  of(cursor: Cursor): string {
    if (this.#bytes !== undefined && cursor.is(this.#bytes)) return this.#text
    this.#text = cursor.text()
    this.#bytes = Buffer.from(this.#text, 'utf8')
    return this.#text
  }
}

/** Host byte order, as the headers of attributes are. */
function u16At(bytes: Uint8Array, at: number): number {
  return littleEndian ? bytes[at]! | (bytes[at + 1]! << 8) : (bytes[at]! << 8) | bytes[at + 1]!
}
