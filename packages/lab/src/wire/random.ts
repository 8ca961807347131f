/**
 * A stream of random numbers that a seed repeats exactly: sfc32 of PractRand (Chris Doty-Humphrey, public domain),
 * 128 bits of state, seeded by a hash of what the stream is for. Streams of other names have nothing to do with it.
 */
export class Random {
  #a: number
  #b: number
  #c: number
  #counter = 1

  /** The stream of a seed and of what it is for: `new Random(7, 'alice', 'up', 'loss')`. */
  constructor(seed: number, ...names: readonly string[]) {
    const text = JSON.stringify([seed, ...names])
    this.#a = hash(text, 0x9e3779b9)
    this.#b = hash(text, 0x243f6a88)
    this.#c = hash(text, 0xb7e15162)
    for (let round = 0; round < 12; round += 1) this.#next()
  }

  /** From 0 up to but not including 1, in steps of 2⁻³². */
  uniform(): number {
    return this.#next() / 0x1_0000_0000
  }

  #next(): number {
    const sum = (this.#a + this.#b + this.#counter) | 0
    this.#counter = (this.#counter + 1) | 0
    this.#a = this.#b ^ (this.#b >>> 9)
    this.#b = (this.#c + (this.#c << 3)) | 0
    this.#c = ((this.#c << 21) | (this.#c >>> 11)) + sum
    this.#c |= 0
    return sum >>> 0
  }
}

/** FNV-1a over UTF-16 units, finished as in MurmurHash3 so that every bit of the text reaches every bit of the result. */
function hash(text: string, offset: number): number {
  let value = offset
  for (let index = 0; index < text.length; index += 1) value = Math.imul(value ^ text.charCodeAt(index), 0x01000193)
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b)
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35)
  return value ^ (value >>> 16)
}
