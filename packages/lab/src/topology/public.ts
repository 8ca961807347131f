import type { Admission, Area, Wishes } from './area.ts'
import { TopologyError } from './check.ts'
import { Delegations } from './delegations.ts'
import type { Family } from './internet.ts'
import { Subnet } from './subnet.ts'
import type { RoutePlan } from './topology.ts'

/** Name of the network that is the public internet. */
const INTERNET = 'internet'

/** TEST-NET-3 (RFC 5737), and when that is full the space for benchmarks (RFC 2544). */
export const INTERNET_IPV4: readonly string[] = ['203.0.113.0/24', '198.18.0.0/15']
/** RFC 3849: the first /64 for what is on the internet itself, a /48 for every router. */
const documentation = '2001:db8::/32'
const ipv6 = '2001:db8::/64'
/** RFC 4291 section 2.4: what a router may be given, if somebody wishes it. */
const globalUnicast = '2000::/3'

/** The public internet: one network, and nobody in it has a route to private addresses. */
export class PublicArea implements Area {
  readonly network: string = INTERNET
  readonly #ipv4: readonly Subnet[]
  readonly #ipv6: Subnet | undefined
  readonly #prefixes: Delegations = new Delegations({
    from: documentation,
    length: 48,
    within: globalUnicast,
    own: ipv6,
  })
  /** Ways to prefixes behind routers, which all in this network know. */
  #known: readonly RoutePlan[] = []
  /** There is no router that would: who listens to advertisements gets an address as all others do. */
  readonly advertises = false

  constructor(families: readonly Family[]) {
    this.#ipv4 = families.includes('ipv4') ? INTERNET_IPV4.map((prefix) => new Subnet(prefix, INTERNET)) : []
    this.#ipv6 = families.includes('ipv6') ? new Subnet(ipv6, INTERNET) : undefined
  }

  admit(who: string, dev: string, { address, address6, count = 1, families }: Wishes = {}): Admission {
    if (address6 !== undefined && this.#ipv6 === undefined)
      throw new TopologyError(`${who}: no address ${address6} on an internet without IPv6`)
    const addresses: string[] = []
    if (this.#ipv4.length > 0 && families?.includes('ipv4') !== false)
      for (let n = 0; n < count; n += 1) addresses.push(this.#takeIpv4(who, n === 0 ? address : undefined))
    if (this.#ipv6 !== undefined && families?.includes('ipv6') !== false) addresses.push(this.#ipv6.take(who, address6))
    return { addresses, routes: this.routesOf(addresses, dev) }
  }

  routesOf(addresses: readonly string[], dev: string): RoutePlan[] {
    return [...this.#onLink(addresses, dev), ...this.#known]
  }

  reserve(who: string, address: string): void {
    if (this.#ipv4.length > 0) this.#holderOf(who, address).reserve(who, address)
  }

  dismiss(addresses: readonly string[]): void {
    for (const address of addresses) for (const subnet of this.#subnets()) subnet.give(address)
  }

  delegate(who: string, wanted?: string): string | undefined {
    return this.#ipv6 === undefined ? undefined : this.#prefixes.take(who, wanted)
  }

  reservePrefix(who: string, wanted: string): void {
    if (this.#ipv6 !== undefined) this.#prefixes.reserve(who, wanted)
  }

  release(prefix: string): void {
    this.#prefixes.give(prefix)
  }

  /** A prefix that is behind a router of this network: who comes later knows the way. */
  know(route: RoutePlan): void {
    this.#known = [...this.#known, route]
  }

  /** It is behind that one no longer. */
  forget({ to, via }: RoutePlan): void {
    this.#known = this.#known.filter((known) => known.to !== to || known.via !== via)
  }

  #subnets(): Subnet[] {
    return this.#ipv6 === undefined ? [...this.#ipv4] : [...this.#ipv4, this.#ipv6]
  }

  #takeIpv4(who: string, wanted?: string): string {
    if (wanted === undefined) return (this.#ipv4.find((subnet) => !subnet.full) ?? this.#ipv4.at(-1)!).take(who)
    return this.#holderOf(who, wanted).take(who, wanted)
  }

  #holderOf(who: string, address: string): Subnet {
    const holder = this.#ipv4.find((subnet) => subnet.has(address))
    if (holder !== undefined) return holder
    throw new TopologyError(`${who}: ${address} is not on this internet, which has ${INTERNET_IPV4.join(' and ')}`)
  }

  /** All of the internet is on one network, whatever prefix one's own address has. */
  #onLink(addresses: readonly string[], dev: string): RoutePlan[] {
    return this.#ipv4
      .filter((subnet) => !addresses.some((address) => subnet.has(address)))
      .map(({ prefix }) => ({ to: prefix, dev }))
  }
}
