import { littleEndian } from '../bytes/index.ts'
import * as libc from './libc.ts'

/**
 * Memory whose address is known, in which pointers are written without big integers: the halves of `base + offset` are
 * two additions. It never crosses a multiple of 4 GiB, or it would not be used.
 */
export class Arena {
  readonly bytes: Uint8Array
  readonly view: DataView
  readonly #base: number
  readonly #low: number
  readonly #high: number

  constructor(size: number) {
    this.bytes = new Uint8Array(new ArrayBuffer(size))
    this.view = new DataView(this.bytes.buffer)
    const base = libc.addressOf(this.bytes)
    this.#base = Number(base) // addresses have 47 bits, or 57 when somebody asks for them: nobody does
    this.#low = Number(base & 0xffffffffn)
    this.#high = Number(base >> 32n)
  }

  /** Where the byte at `at` lies in the memory of the process. */
  address(at: number): number {
    return this.#base + at
  }

  /** Writes a pointer to `target` of this arena at `at` of another one. */
  point(into: DataView, at: number, target: number): void {
    const low = this.#low + target
    const carry = low > 0xffffffff ? 1 : 0
    into.setUint32(at + (littleEndian ? 0 : 4), low >>> 0, littleEndian)
    into.setUint32(at + (littleEndian ? 4 : 0), this.#high + carry, littleEndian)
  }
}

/** Something whose bytes lie in an arena. */
export interface InArena {
  readonly arena: Arena
}
