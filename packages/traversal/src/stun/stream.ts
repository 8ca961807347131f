import { HEADER_LENGTH, MAGIC_COOKIE } from './header.ts'
import { padded } from './message.ts'

/** What a stream carries: STUN messages, and between them ChannelData of TURN (RFC 8656 section 12.5). */
const LONGEST = 65_535 + HEADER_LENGTH
/** A message that drips in byte by byte is put together from time to time: pieces take more memory than bytes. */
const MOST_PIECES = 128

/**
 * Cuts a TCP or TLS stream into messages (RFC 8489 section 6.2.2): every one says its length in its head. Bytes come in
 * pieces of any size. What is neither STUN nor ChannelData cannot be skipped: the stream is broken from there on.
 */
export class StreamReader {
  #pieces: Uint8Array[] = []
  #length = 0
  #broken = false

  /** True when bytes came that begin no message; the connection is of no use any more. */
  get broken(): boolean {
    return this.#broken
  }

  /** Bytes that wait for the rest of their message: at most one message. */
  get waiting(): number {
    return this.#length
  }

  /** Takes bytes in; gives the whole messages that are there now, ChannelData with its padding cut off. */
  *push(bytes: Uint8Array): Generator<Uint8Array> {
    if (this.#broken) return
    this.#pieces.push(bytes)
    this.#length += bytes.length
    if (this.#pieces.length > MOST_PIECES) this.#join()
    while (this.#length >= 4) {
      const size = sizeOf(this.#peek(Math.min(this.#length, 8)))
      if (size === undefined) return this.#break()
      if (this.#length < size.padded) return
      yield this.#take(size.padded).subarray(0, size.length)
    }
  }

  /** Takes out what came behind the last message: bytes of another protocol, once both sides have agreed on it. */
  rest(): Uint8Array {
    this.#join()
    const [rest] = this.#pieces
    this.#clear()
    return rest!
  }

  #break(): void {
    this.#broken = true
    this.#clear()
  }

  #clear(): void {
    this.#pieces = []
    this.#length = 0
  }

  #peek(length: number): Uint8Array {
    if (this.#pieces[0]!.length < length) this.#join()
    return this.#pieces[0]!
  }

  #take(length: number): Uint8Array {
    if (this.#pieces[0]!.length < length) this.#join()
    const [first] = this.#pieces
    const taken = first!.subarray(0, length)
    if (first!.length === length) this.#pieces.shift()
    else this.#pieces[0] = first!.subarray(length)
    this.#length -= length
    return taken
  }

  #join(): void {
    this.#pieces = [Buffer.concat(this.#pieces)]
  }
}

interface Size {
  readonly length: number
  /** On a stream every message ends at a multiple of four (RFC 8656 section 12.5). */
  readonly padded: number
}

/** From the first four bytes, eight if they are there; undefined for what begins no message. */
function sizeOf(head: Uint8Array): Size | undefined {
  const length = head[2]! * 256 + head[3]!
  if (head[0]! >= 0x40 && head[0]! < 0x80) return { length: 4 + length, padded: padded(4 + length) }
  if (head[0]! >= 0x40 || length % 4 !== 0 || length + HEADER_LENGTH > LONGEST) return undefined
  const wrongCookie = head.length >= 8 && new DataView(head.buffer, head.byteOffset).getUint32(4) !== MAGIC_COOKIE
  return wrongCookie ? undefined : { length: HEADER_LENGTH + length, padded: HEADER_LENGTH + length }
}
