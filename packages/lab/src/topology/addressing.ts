import type { Area } from './area.ts'
import { TopologyError } from './check.ts'
import type { Family, Ipv6Mode, RouterOptions } from './internet.ts'
import { Lan, type LanPrefixes } from './lan.ts'
import { INTERNET_IPV4, PublicArea } from './public.ts'
import { overlap, Pieces, Subnet } from './subnet.ts'

/** A LAN's automatic prefixes: 192.168.1.0/24 to 192.168.255.0/24, then 10.0.0.0/24 and so on (RFC 1918). */
const privateSpace: readonly (readonly [prefix: string, length: number, first: number])[] = [
  ['192.168.0.0/16', 24, 1],
  ['10.0.0.0/8', 24, 0],
]
/** RFC 6598: between a carrier's NAT and those of its customers. */
const carrierSpace = ['100.64.0.0/10', 18, 0] as const
/** RFC 4193. Its forty bits were chosen once, by dice. */
const localSpace = ['fd5a:11e7:9047::/48', 64, 1] as const

/** Gives every network of a lab its addresses. Pure: the same calls give the same plan. */
export class AddressPlan {
  readonly families: readonly Family[]
  readonly internet: PublicArea
  readonly #private: readonly Pieces[] = privateSpace.map(
    ([prefix, length, first]) => new Pieces(prefix, length, first),
  )
  readonly #carrier: Pieces = new Pieces(...carrierSpace)
  readonly #local: Pieces = new Pieces(...localSpace)
  /** IPv4 prefixes that somebody wished: automatic ones keep clear of them. */
  readonly #wished: string[] = []

  constructor(families: readonly Family[] = ['ipv4']) {
    const strange = families.find((family) => family !== 'ipv4' && family !== 'ipv6')
    if (strange !== undefined || families.length === 0)
      throw new TopologyError(`families are 'ipv4', 'ipv6' or both, not '${strange ?? 'none'}'`)
    this.families = families
    this.internet = new PublicArea(families)
  }

  /** The LAN of a new router that is attached to `upstream`. */
  lan(router: string, upstream: Area, options: Pick<RouterOptions, 'lan' | 'ipv6' | 'delegated'>): Lan {
    const { lan } = options
    const ipv4 = lan === undefined ? this.#privatePrefix(router) : lan === 'none' ? undefined : this.#wish(router, lan)
    return new Lan(router, `${router}-lan`, { ipv4, ...this.#ipv6(router, upstream, options) })
  }

  /** An IPv4 prefix for a LAN that gets another one: this one, or one that nobody has. Undefined without IPv4. */
  prefixFor(router: string, wanted?: string): string | undefined {
    return wanted === undefined ? this.#privatePrefix(router) : this.#wish(router, wanted)
  }

  /** One of the space that carriers share (RFC 6598); undefined without IPv4. */
  carrierPrefix(router: string): string | undefined {
    if (!this.families.includes('ipv4')) return undefined
    const isFree = (piece: string): boolean => !this.#wished.some((wished) => overlap(wished, piece))
    return this.#carrier.take(isFree) ?? this.#privatePrefix(router)
  }

  #wish(router: string, prefix: string): string | undefined {
    const { prefix: wished } = new Subnet(prefix, `the LAN of router '${router}'`)
    if (wished.includes(':')) throw new TopologyError(`the LAN of router '${router}': ${prefix} is no IPv4 prefix`)
    if (!this.families.includes('ipv4')) return undefined
    const taken = INTERNET_IPV4.find((each) => overlap(each, wished))
    if (taken !== undefined)
      throw new TopologyError(
        `the LAN of router '${router}': ${prefix} is on the internet, which has ${taken}; write one such as 192.168.1.0/24`,
      )
    this.#wished.push(wished)
    return wished
  }

  #privatePrefix(router: string): string | undefined {
    if (!this.families.includes('ipv4')) return undefined
    const isFree = (piece: string): boolean => !this.#wished.some((wished) => overlap(wished, piece))
    for (const pieces of this.#private) {
      const found = pieces.take(isFree)
      if (found !== undefined) return found
    }
    throw new TopologyError(`no private prefix is left for router '${router}': give it one (\`lan\`)`)
  }

  #ipv6(
    router: string,
    upstream: Area,
    { ipv6 = 'routed', delegated: wanted }: Pick<RouterOptions, 'ipv6' | 'delegated'>,
  ): Omit<LanPrefixes, 'ipv4'> {
    const needs = needsPrefix(ipv6)
    if (wanted !== undefined && !needs)
      throw new TopologyError(`router '${router}': with ipv6: '${ipv6}' it needs no delegated prefix`)
    if (ipv6 === 'none' || !this.families.includes('ipv6')) return {}
    const delegated = needs ? upstream.delegate(`router '${router}'`, wanted) : undefined
    return ipv6 === 'nat66' || ipv6 === 'nptv6' ? { delegated, local: this.#local.take() } : { delegated }
  }
}

/** Does a router of that mode have a prefix of its upstream? nat66 hides its LAN behind the router's own address. */
export function needsPrefix(mode: Ipv6Mode): boolean {
  return mode !== 'none' && mode !== 'nat66'
}
