/** A stream of pseudo-random numbers that a seed repeats exactly (xorshift32). */
export class Random {
  #state: number

  /** Any integer; 0, which xorshift cannot leave, counts as 1. */
  constructor(seed: number) {
    this.#state = seed | 0 || 1
  }

  /** 32 bits, unsigned. */
  next(): number {
    let state = this.#state
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    this.#state = state
    return state >>> 0
  }

  /** An integer from 0 up to but not including `limit`. */
  below(limit: number): number {
    return this.next() % limit
  }

  bytes(length: number): Uint8Array {
    const words = new Uint32Array(Math.ceil(length / 4))
    for (let index = 0; index < words.length; index += 1) words[index] = this.next()
    return new Uint8Array(words.buffer, 0, length)
  }
}
