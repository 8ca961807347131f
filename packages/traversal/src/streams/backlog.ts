import { EAGAIN, type InArena, sendBytes } from '@sallyport/linux'

/** Bytes of a block: what waits is copied together, so that it leaves in few pieces. */
const BLOCK = 16 << 10

interface Block {
  readonly bytes: Uint8Array
  begin: number
  end: number
}

/** Bytes that a stream could not send yet. */
export class Backlog {
  #blocks: Block[] = []
  #length = 0

  get length(): number {
    return this.#length
  }

  /** Takes a copy of `length` bytes at `at`. */
  add({ arena: { bytes } }: InArena, at: number, length: number): void {
    let last = this.#blocks.at(-1)
    if (last === undefined || last.bytes.length - last.end < length) {
      last = { bytes: new Uint8Array(Math.max(BLOCK, length)), begin: 0, end: 0 }
      this.#blocks.push(last)
    }
    last.bytes.set(bytes.subarray(at, at + length), last.end)
    last.end += length
    this.#length += length
  }

  /** Sends what the kernel takes; false for a stream that is broken. */
  flush(fd: number): boolean {
    for (let block = this.#blocks[0]; block !== undefined; block = this.#blocks[0]) {
      const sent = sendBytes(fd, block.bytes.subarray(block.begin, block.end))
      if (sent < 0) return sent === -EAGAIN
      block.begin += sent
      this.#length -= sent
      if (block.begin < block.end) return true
      this.#blocks.shift()
    }
    return true
  }

  clear(): void {
    this.#blocks = []
    this.#length = 0
  }
}
