import { formatIp, networkOf, parseIp, parsePrefix } from '@sallyport/linux'
import { TopologyError } from './check.ts'

/** A prefix whose addresses are given out, one after the other or as wished. Both families. */
export class Subnet {
  /** '192.168.1.0/24' */
  readonly prefix: string
  readonly length: number
  readonly #base: bigint
  readonly #size: bigint
  readonly #bytes: number
  readonly #taken = new Map<bigint, string>()
  /** Wished by somebody who has not come yet. */
  readonly #reserved = new Map<bigint, string>()
  #next = 1n

  /** @param prefix host bits are left out. Throws {@link TopologyError} for what is no prefix, or holds no host. */
  constructor(prefix: string, what: string) {
    const { bytes, length } = parsed(prefix, what)
    this.prefix = `${formatIp(bytes)}/${length}`
    this.length = length
    this.#bytes = bytes.length
    this.#base = numberOf(bytes)
    this.#size = 1n << BigInt(bytes.length * 8 - length)
    if (this.#size < 4n) throw new TopologyError(`${what}: '${prefix}' has no room for two hosts; the longest is a /30`)
  }

  /** Takes the next free address, or this one; with the prefix length behind it. */
  take(who: string, wanted?: string): string {
    const offset = wanted === undefined ? this.#free(who) : this.#wanted(who, wanted)
    this.#taken.set(offset, who)
    this.#reserved.delete(offset)
    return `${this.#format(offset)}/${this.length}`
  }

  /** Keeps an address for somebody who will ask for it. */
  reserve(who: string, address: string): void {
    this.#reserved.set(this.#wanted(who, address), who)
  }

  /** Gives an address back, with prefix length or without. What was not taken is left alone. */
  give(address: string): void {
    if (this.has(address)) this.#taken.delete(this.#offset(address))
  }

  has(address: string): boolean {
    const bytes = parseIp(withoutLength(address)).bytes
    if (bytes.length !== this.#bytes) return false
    const offset = numberOf(bytes) - this.#base
    return offset >= 0n && offset < this.#size
  }

  /** No address is left. */
  get full(): boolean {
    return BigInt(this.#taken.size + this.#reserved.size) >= this.#last - 1n
  }

  /** The address with the same host part, if it is free: 192.168.1.7 → 10.0.0.7. */
  counterpart(address: string, of: Subnet): string | undefined {
    const offset = of.#offset(address)
    return offset > 0n && offset < this.#last && !this.#taken.has(offset) ? this.#format(offset) : undefined
  }

  /** One more than the offset of the last host: IPv4 keeps the last address for broadcast. */
  get #last(): bigint {
    return this.#bytes === 4 ? this.#size - 1n : this.#size
  }

  #free(who: string): bigint {
    if (this.full) throw new TopologyError(`no address is left in ${this.prefix} for ${who}`)
    while (this.#ownerOf(this.#next) !== undefined || this.#next >= this.#last) {
      this.#next = this.#next + 1n >= this.#last ? 1n : this.#next + 1n
    }
    const found = this.#next
    this.#next += 1n
    return found
  }

  #wanted(who: string, wanted: string): bigint {
    checkAddress(wanted, who)
    if (!this.has(wanted)) throw new TopologyError(`${who}: ${wanted} is not in ${this.prefix}`)
    const offset = this.#offset(wanted)
    const owner = this.#ownerOf(offset)
    if (owner !== undefined && (owner !== who || this.#taken.has(offset)))
      throw new TopologyError(`${who}: ${wanted} belongs to ${owner} already`)
    if (offset === 0n || offset >= this.#last)
      throw new TopologyError(`${who}: ${wanted} is the network's own, or its broadcast address`)
    return offset
  }

  #ownerOf(offset: bigint): string | undefined {
    return this.#taken.get(offset) ?? this.#reserved.get(offset)
  }

  #offset(address: string): bigint {
    return numberOf(parseIp(withoutLength(address)).bytes) - this.#base
  }

  #format(offset: bigint): string {
    return formatIp(bytesOf(this.#base + offset, this.#bytes))
  }
}

/** Pieces of one size out of a prefix: the n-th /24 of 10.0.0.0/8, the n-th /48 of 2001:db8::/32. */
export class Pieces {
  readonly #base: bigint
  readonly #length: number
  readonly #bytes: number
  /** How many there are. */
  readonly count: number
  #next: number

  /** @param first number of the first piece to give; 1 leaves out 192.168.0.0/24 of 192.168.0.0/16 */
  constructor(prefix: string, length: number, first = 0) {
    const parsedPrefix = networkOf(parsePrefix(prefix))
    this.#base = numberOf(parsedPrefix.bytes)
    this.#length = length
    this.#bytes = parsedPrefix.bytes.length
    this.count = 2 ** (length - parsedPrefix.length)
    this.#next = first
  }

  /** The next piece that `isFree` agrees to; undefined when there is none. */
  take(isFree: (prefix: string) => boolean = () => true): string | undefined {
    while (this.#next < this.count) {
      const piece = this.at(this.#next)
      this.#next += 1
      if (isFree(piece)) return piece
    }
    return undefined
  }

  /** The piece of that number, whoever has it. */
  at(number: number): string {
    const offset = BigInt(number) << BigInt(this.#bytes * 8 - this.#length)
    return `${formatIp(bytesOf(this.#base + offset, this.#bytes))}/${this.#length}`
  }
}

/** Do two prefixes have addresses in common? */
export function overlap(one: string, other: string): boolean {
  const [a, b] = [parsePrefix(one), parsePrefix(other)]
  if (a.family !== b.family) return false
  const shorter = Math.min(a.length, b.length)
  const [left, right] = [networkOf({ ...a, length: shorter }), networkOf({ ...b, length: shorter })]
  return left.bytes.every((byte, n) => byte === right.bytes[n])
}

function parsed(prefix: string, what: string): ReturnType<typeof parsePrefix> {
  try {
    if (!prefix.includes('/')) throw new RangeError(`'${prefix}' has no prefix length; write 192.168.1.0/24`)
    return networkOf(parsePrefix(prefix))
  } catch (error) {
    throw new TopologyError(`${what}: ${(error as Error).message}`)
  }
}

function checkAddress(text: string, who: string): void {
  try {
    parseIp(text)
  } catch (error) {
    throw new TopologyError(`${who}: ${(error as Error).message}`)
  }
}

function withoutLength(address: string): string {
  return address.split('/')[0]!
}

function numberOf(bytes: Uint8Array): bigint {
  return bytes.reduce((number, byte) => (number << 8n) | BigInt(byte), 0n)
}

function bytesOf(number: bigint, count: number): Uint8Array {
  return Uint8Array.from({ length: count }, (_, n) => Number((number >> BigInt((count - 1 - n) * 8)) & 0xffn))
}
