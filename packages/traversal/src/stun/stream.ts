import { frameLength, NO_FRAME } from './frame.ts'
import { padded } from './message.ts'

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
      const head = this.#peek(Math.min(this.#length, 8))
      const length = frameLength(new DataView(head.buffer, head.byteOffset, head.length), 0, head.length)
      if (length === NO_FRAME) return this.#break()
      // On a stream every message ends at a multiple of four (RFC 8656 section 12.5).
      if (this.#length < padded(length)) return
      yield this.#take(padded(length)).subarray(0, length)
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
