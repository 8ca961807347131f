/** Random numbers that come again with the same seed (xorshift32). */
export class Random {
  #state: number

  constructor(seed: number) {
    this.#state = seed | 0 || 1
  }

  /** 0 to `below` - 1. */
  next(below: number): number {
    let state = this.#state
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    this.#state = state
    return (state >>> 0) % below
  }

  pick<T>(list: readonly T[]): T {
    return list[this.next(list.length)]!
  }

  bytes(length: number): Uint8Array {
    const out = new Uint8Array(length)
    for (let at = 0; at < length; at += 1) out[at] = this.next(256)
    return out
  }
}
