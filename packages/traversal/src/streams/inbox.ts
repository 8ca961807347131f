import { StreamBuffer } from '@sallyport/linux'
import { frameLength, LONGEST_FRAME, NO_FRAME } from '../stun/index.ts'
import type { Stream } from './stream.ts'

/** Bytes that are taken of one stream before it is another one's turn. */
const PIECE = 64 << 10

/** The memory that all streams are received into; in front of what comes there is room for what was left of before. */
export class Inbox {
  readonly buffer: StreamBuffer = new StreamBuffer(LONGEST_FRAME + PIECE)

  /** Receives behind the room; returns how many bytes came. */
  receive(stream: Stream): number {
    return stream.receive(this.buffer, LONGEST_FRAME, PIECE)
  }

  /** Where that what is received begins. */
  get begin(): number {
    return LONGEST_FRAME
  }
}

/** What a stream has brought of a message whose end has not come yet. */
export class Rest {
  /** Longer than what it holds, so that a message that drips in byte by byte is not copied with each of them. */
  #bytes: Uint8Array = none
  #length = 0
  /** With how many bytes there is something to be seen: the length of a message, or all of it. */
  #needed = 0

  get length(): number {
    return this.#length
  }

  /** True when that many bytes more complete something. */
  suffices(more: number): boolean {
    return this.#length + more >= this.#needed
  }

  /** Adds `length` bytes at `at`. */
  add(buffer: StreamBuffer, at: number, length: number): void {
    if (this.#bytes.length < this.#length + length) this.#grow(this.#length + length)
    this.#bytes.set(buffer.bytes.subarray(at, at + length), this.#length)
    this.#length += length
    this.#needed = neededOf(this.#bytes, this.#length)
  }

  /** Moves all of it to where it ends at `end`; returns where it begins. */
  take(buffer: StreamBuffer, end: number): number {
    const at = end - this.#length
    if (this.#length > 0) buffer.bytes.set(this.#bytes.subarray(0, this.#length), at)
    this.#bytes = none
    this.#length = 0
    this.#needed = 0
    return at
  }

  #grow(least: number): void {
    const bytes = new Uint8Array(Math.max(least, Math.min(2 * this.#bytes.length, LONGEST_FRAME)))
    bytes.set(this.#bytes.subarray(0, this.#length))
    this.#bytes = bytes
  }
}

const none = new Uint8Array(0)

function neededOf(bytes: Uint8Array, length: number): number {
  if (length < 4) return 4
  if (length < 8 && bytes[0]! < 0x40) return 8
  const frame = frameLength(new DataView(bytes.buffer), 0, length)
  return frame === NO_FRAME ? length : (frame + 3) & ~3
}
