import { type Codec, Writer } from '@sallyport/linux'

const SMALLEST = 1 << 9
const LARGEST = 1 << 20

/** Writes the bodies of messages one behind the other into few buffers: a writer for each of them would cost more. */
export class Bodies {
  #capacity = SMALLEST
  #out = new Writer(SMALLEST, { afresh: true })

  /** Always in our own form: how a value that was read had been written is no business of the kernel's. */
  write<T>(codec: Codec<T>, value: T): Uint8Array {
    if (this.#out.length > (this.#capacity * 3) / 4) this.#next()
    this.#out.align(4)
    const start = this.#out.length
    codec.write(this.#out, value)
    return this.#out.finish().subarray(start)
  }

  #next(): void {
    this.#capacity = Math.min(this.#capacity * 4, LARGEST)
    this.#out = new Writer(this.#capacity, { afresh: true })
  }
}
