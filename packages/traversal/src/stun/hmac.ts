import { hash } from 'node:crypto'

export type HmacAlgorithm = 'sha1' | 'sha256'

/** Bytes that SHA-1 and SHA-256 take at a time. */
const BLOCK = 64

/**
 * HMAC (RFC 2104) with one key, of hashes that are computed at once. The Hmac object of node:crypto takes longer with a
 * key of bytes than with what it seals, and every one of them stays in memory until a full garbage collection: a flood
 * of forged requests filled the heap with them. Keys are expected not to change.
 */
export class Hmac {
  readonly #algorithm: HmacAlgorithm
  readonly #inner: Uint8Array
  /** With room for the inner hash. */
  readonly #outer: Uint8Array

  constructor(algorithm: HmacAlgorithm, key: Uint8Array) {
    const short = key.length > BLOCK ? hash(algorithm, key, 'buffer') : key
    this.#algorithm = algorithm
    this.#inner = padded(short, 0x36, BLOCK)
    this.#outer = padded(short, 0x5c, BLOCK + (algorithm === 'sha1' ? 20 : 32))
  }

  digest(bytes: Uint8Array): Uint8Array {
    const text = Buffer.allocUnsafe(BLOCK + bytes.length)
    text.set(this.#inner)
    text.set(bytes, BLOCK)
    this.#outer.set(hash(this.#algorithm, text, 'buffer'), BLOCK)
    return hash(this.#algorithm, this.#outer, 'buffer')
  }
}

function padded(key: Uint8Array, byte: number, length: number): Uint8Array {
  const out = new Uint8Array(length).fill(byte, 0, BLOCK)
  for (const [index, each] of key.entries()) out[index]! ^= each
  return out
}
