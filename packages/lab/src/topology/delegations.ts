import { formatPrefix, inPrefix, networkOf, parsePrefix } from '@sallyport/linux'
import { TopologyError } from './check.ts'
import { overlap, Pieces } from './subnet.ts'

/** The shortest and the longest that is delegated: a LAN has the first /64 of it. */
const SHORTEST = 32
const LONGEST = 64

/** A prefix as long as this, or shorter, is divided into pieces as long as that: 255 of a /48, then 15, then 15. */
const divisions = [
  [48, 56],
  [56, 60],
  [63, 64],
] as const

/** Into what a router divides its prefix beside what its LAN has of it; undefined for a /64, which is the LAN's. */
export function division(length: number): { readonly length: number; readonly count: number } | undefined {
  const piece = divisions.find(([longest]) => length <= longest)?.[1]
  return piece === undefined ? undefined : { length: piece, count: 2 ** (piece - length) - 1 }
}

export interface DelegationsOptions {
  /** Automatic ones are pieces of this one. */
  readonly from: string
  /** Their length. */
  readonly length: number
  /** Wished ones are in this one; default: `from`. */
  readonly within?: string
  /** The network's own, which is never delegated: in the first piece. */
  readonly own: string
}

/**
 * IPv6 prefixes that a network delegates to the routers in it (RFC 8415 section 6.3): the next piece, or one as wished.
 * What is given back is given to somebody else when all others have been (RFC 9818 LPD-5).
 */
export class Delegations {
  readonly #options: DelegationsOptions
  readonly #within: string
  readonly #pieces: Pieces
  readonly #holders = new Map<string, { readonly who: string; readonly reserved: boolean }>()
  /** Those of them that are no pieces. */
  readonly #odd = new Set<string>()
  #next = 1

  constructor(options: DelegationsOptions) {
    this.#options = options
    this.#within = options.within ?? options.from
    this.#pieces = new Pieces(options.from, options.length)
  }

  /** The next that is free, or this one. Throws TopologyError when there is none, or it is somebody else's. */
  take(who: string, wanted?: string): string {
    const prefix = wanted === undefined ? this.#free(who) : this.#wanted(who, wanted)
    this.#hold(prefix, who, false)
    return prefix
  }

  /** Keeps one for somebody who will ask for it. */
  reserve(who: string, wanted: string): void {
    this.#hold(this.#wanted(who, wanted), who, true)
  }

  /** Takes one back. What was not delegated is left alone. */
  give(prefix: string): void {
    this.#holders.delete(prefix)
    this.#odd.delete(prefix)
  }

  /** The same piece of this one, if it is free: 2001:db8:1:300::/56 → 2001:db8:2:300::/56. */
  counterpart(prefix: string, of: Delegations): string | undefined {
    const here = parsePrefix(this.#options.from)
    const there = parsePrefix(of.#options.from)
    if (here.length !== there.length || !contains(of.#options.from, prefix)) return undefined
    const { bytes, length } = parsePrefix(prefix)
    const moved = bytes.map((byte, n) => byte ^ there.bytes[n]! ^ here.bytes[n]!)
    const found = formatPrefix({ bytes: moved, length })
    return this.#holderOf(found) === undefined ? found : undefined
  }

  #hold(prefix: string, who: string, reserved: boolean): void {
    this.#holders.set(prefix, { who, reserved })
    if (parsePrefix(prefix).length !== this.#options.length) this.#odd.add(prefix)
  }

  #free(who: string): string {
    const { count } = this.#pieces
    for (let tried = 1; tried < count; tried += 1) {
      const piece = this.#pieces.at(this.#next)
      this.#next = this.#next + 1 < count ? this.#next + 1 : 1
      if (!this.#holders.has(piece) && ![...this.#odd].some((odd) => overlap(odd, piece))) return piece
    }
    throw new TopologyError(`${who}: no IPv6 prefix is left in ${this.#options.from}; give it \`ipv6: 'none'\``)
  }

  #wanted(who: string, wanted: string): string {
    const prefix = checked(who, wanted)
    if (!contains(this.#within, prefix))
      throw new TopologyError(`${who}: ${prefix} is not in ${this.#within}, of which its upstream delegates`)
    if (overlap(prefix, this.#options.own))
      throw new TopologyError(`${who}: ${prefix} is not free: its upstream uses ${this.#options.own} itself`)
    const holder = this.#holderOf(prefix)
    if (holder !== undefined && !(holder.reserved && holder.who === who))
      throw new TopologyError(`${who}: ${prefix} belongs to ${holder.who} already`)
    return prefix
  }

  #holderOf(prefix: string): { readonly who: string; readonly reserved: boolean } | undefined {
    return [...this.#holders].find(([held]) => overlap(held, prefix))?.[1]
  }
}

/** Is all of `inner` in `outer`? */
export function contains(outer: string, inner: string): boolean {
  const [whole, part] = [parsePrefix(outer), parsePrefix(inner)]
  return part.length >= whole.length && inPrefix(networkOf(whole), part)
}

function checked(who: string, wanted: string): string {
  try {
    const prefix = networkOf(parsePrefix(wanted))
    if (!wanted.includes('/') || prefix.family !== 6)
      throw new RangeError(`'${wanted}' is no IPv6 prefix; write for example 2001:db8:1::/48`)
    if (prefix.length < SHORTEST || prefix.length > LONGEST)
      throw new RangeError(`a /${prefix.length} is not delegated; write a prefix length from ${SHORTEST} to ${LONGEST}`)
    return formatPrefix(prefix)
  } catch (error) {
    throw new TopologyError(`${who}: ${(error as Error).message}`)
  }
}
