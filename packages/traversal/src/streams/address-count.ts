import { formatIp, parseIp } from '@sallyport/linux'
import { canonical } from '../filter/index.ts'

/** Connections of each address. Hosts have whole prefixes of IPv6: there a /64 counts as one. */
export class AddressCount {
  readonly #counts = new Map<string, number>()
  #total = 0

  /** Of all addresses. */
  get total(): number {
    return this.#total
  }

  /** Counts one more; false, and nothing counted, when the address has `most`. */
  take(address: string, most: number): boolean {
    const key = keyOf(address)
    const count = this.#counts.get(key) ?? 0
    if (count >= most) return false
    this.#counts.set(key, count + 1)
    this.#total += 1
    return true
  }

  give(address: string): void {
    const key = keyOf(address)
    const left = (this.#counts.get(key) ?? 0) - 1
    if (left > 0) this.#counts.set(key, left)
    else this.#counts.delete(key)
    this.#total -= 1
  }
}

function keyOf(address: string): string {
  const [bare = address] = address.split('%') // a link-local one may name its interface
  const { bytes } = parseIp(canonical(bare))
  return formatIp(bytes.length === 4 ? bytes : Uint8Array.from(bytes, (byte, index) => (index < 8 ? byte : 0)))
}
