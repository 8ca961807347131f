import { type IpPrefix, parsePrefix } from '@sallyport/linux'

/** Values by prefix, of both families: the longest one that holds an address is found, a bit at a time. */
export class PrefixTable<T> {
  /** Of each node the nodes for a 0 and for a 1 that follow; 0: none. Nodes 0 and 1 are the roots of IPv4 and IPv6. */
  readonly #next: number[] = [0, 0, 0, 0]
  readonly #values: (T | undefined)[] = [undefined, undefined]

  /** Another value for the same prefix takes the place of the first. Throws RangeError that shows what is no prefix. */
  set(text: string, value: T): void {
    const { bytes, length }: IpPrefix = parsePrefix(text)
    let node = rootOf(bytes)
    for (let bit = 0; bit < length; bit += 1) node = this.#child(node, bitOf(bytes, bit))
    this.#values[node] = value
  }

  /** @param bytes 4 or 16 of them */
  find(bytes: Uint8Array): T | undefined {
    let node = rootOf(bytes)
    let found = this.#values[node]
    for (let bit = 0; bit < bytes.length * 8; bit += 1) {
      node = this.#next[node * 2 + bitOf(bytes, bit)]!
      if (node === 0) break
      found = this.#values[node] ?? found
    }
    return found
  }

  #child(node: number, bit: 0 | 1): number {
    const known = this.#next[node * 2 + bit]!
    if (known !== 0) return known
    const made = this.#values.length
    this.#values.push(undefined)
    this.#next.push(0, 0)
    this.#next[node * 2 + bit] = made
    return made
  }
}

function rootOf(bytes: Uint8Array): number {
  return bytes.length === 4 ? 0 : 1
}

function bitOf(bytes: Uint8Array, bit: number): 0 | 1 {
  return ((bytes[bit >> 3]! >> (7 - (bit & 7))) & 1) as 0 | 1
}
