import type { Admission, Area, Wishes } from './area.ts'
import { TopologyError } from './check.ts'
import { Delegation } from './delegation.ts'
import { contains } from './delegations.ts'
import { Subnet } from './subnet.ts'
import { type RoutePlan, withoutLength } from './topology.ts'

/** Prefixes of a LAN, as the plan chose them. */
export interface LanPrefixes {
  /** '192.168.1.0/24' */
  readonly ipv4?: string | undefined
  /** A /64 that is its own, whatever was delegated to the router (RFC 4193): it is translated. */
  readonly local?: string | undefined
  /** What was delegated to the router: the LAN's /64 is the first of it, the rest is for routers behind. */
  readonly delegated?: string | undefined
}

/** How those who are in a LAN go on with another IPv6 prefix of it: with the same host part, and the same piece. */
export interface Successor {
  admit(who: string, before: Admission, dev: string, wishes: Wishes): Admission
  delegate(who: string, before: string | undefined): string | undefined
}

/** The network behind a router. The router has the first address of each family. */
export class Lan implements Area {
  readonly network: string
  readonly #what: string
  readonly #local: Subnet | undefined
  #ipv4: Subnet | undefined
  #delegation: Delegation | undefined
  /** Those that are going. */
  #former: readonly Delegation[] = []
  #gateways: readonly string[]
  #formerGateways: readonly string[] = []

  constructor(router: string, network: string, { ipv4, local, delegated }: LanPrefixes) {
    this.network = network
    this.#what = `router '${router}'`
    this.#ipv4 = ipv4 === undefined ? undefined : new Subnet(ipv4, `the LAN of ${this.#what}`)
    this.#local = local === undefined ? undefined : new Subnet(local, `the LAN of ${this.#what}`)
    this.#delegation = this.#delegationOf(delegated)
    this.#gateways = this.#subnets().map((subnet) => subnet.take(this.#what))
  }

  /** '192.168.1.0/24', if it has IPv4. */
  get ipv4(): string | undefined {
    return this.#ipv4?.prefix
  }

  get ipv6(): string | undefined {
    return this.#ipv6?.prefix
  }

  /** Its prefix is its own, and becomes another one outside. */
  get isTranslated(): boolean {
    return this.#local !== undefined
  }

  /** What was delegated to the router. */
  get delegated(): string | undefined {
    return this.#delegation?.prefix
  }

  /** The first /64 of it: the LAN's own, or what becomes of that outside. */
  get outside(): string | undefined {
    return this.#delegation?.lan.prefix
  }

  /** What was delegated before, and is still valid. */
  get former(): readonly Delegation[] {
    return this.#former
  }

  /** Addresses of the router, with prefix length. */
  get gateways(): readonly string[] {
    return this.#gateways
  }

  /** Those of former prefixes. */
  get formerGateways(): readonly string[] {
    return this.#formerGateways
  }

  get advertises(): boolean {
    return this.#ipv6 !== undefined
  }

  admit(who: string, dev: string, wishes: Wishes = {}): Admission {
    const { address, address6, count = 1, slaac = false, families } = wishes
    const [four, six] = [this.#ipv4, this.#ipv6]
    if (address !== undefined && four === undefined)
      throw new TopologyError(`${who}: no address ${address} on a network without IPv4`)
    if (address6 !== undefined && six === undefined)
      throw new TopologyError(`${who}: no address ${address6} on a network without IPv6`)
    const addresses: string[] = []
    if (four !== undefined && families?.includes('ipv4') !== false)
      for (let n = 0; n < count; n += 1) addresses.push(four.take(who, n === 0 ? address : undefined))
    if (six !== undefined && !slaac && families?.includes('ipv6') !== false) addresses.push(six.take(who, address6))
    return { addresses, routes: this.routesOf(addresses, dev, wishes) }
  }

  /** Who listens to router advertisements learns the way out by IPv6 from them, too. */
  routesOf(_addresses: readonly string[], _dev: string, { slaac = false }: Wishes = {}): RoutePlan[] {
    return this.#gateways
      .map(withoutLength)
      .filter((via) => !(slaac && isIpv6(via)))
      .map((via) => ({ to: isIpv6(via) ? '::/0' : '0.0.0.0/0', via }))
  }

  reserve(who: string, address: string): void {
    this.#ipv4?.reserve(who, address)
  }

  dismiss(addresses: readonly string[]): void {
    for (const address of addresses) for (const subnet of this.#subnets()) subnet.give(address)
  }

  delegate(who: string, wanted?: string): string | undefined {
    if (this.#delegation === undefined) return undefined
    const { pieces, prefix } = this.#delegation
    if (pieces === undefined)
      throw new TopologyError(`${who}: no IPv6 prefix is left in ${prefix}; give it \`ipv6: 'none'\``)
    return pieces.take(who, wanted)
  }

  reservePrefix(who: string, wanted: string): void {
    this.#delegation?.pieces?.reserve(who, wanted)
  }

  release(prefix: string): void {
    for (const { pieces } of [this.#delegation, ...this.#former].filter((each) => each !== undefined))
      pieces?.give(prefix)
  }

  /**
   * Another IPv4 prefix. Those who are there have to be admitted anew: the function that is returned does that, and
   * gives them the host part that they had where it fits in.
   */
  renumber(ipv4: string): (who: string, before: Admission, dev: string, wishes: Wishes) => Admission {
    const before = this.#ipv4
    const after = new Subnet(ipv4, `the LAN of ${this.#what}`)
    this.#ipv4 = after
    this.#gateways = [after.take(this.#what), ...this.#gateways.filter(isIpv6)]
    return (who, admission, dev, wishes) => {
      const four = admission.addresses.filter(isIpv4)
      const moved = four.map((address) => after.take(who, before && after.counterpart(address, before)))
      const addresses = [...moved, ...admission.addresses.filter(isIpv6)]
      return { ...admission, addresses, routes: this.routesOf(addresses, dev, wishes) }
    }
  }

  /** Another delegated prefix, or none. The one before is a former one until it is withdrawn. */
  redelegate(prefix: string | undefined): Successor {
    const before = this.#delegation
    if (before !== undefined) this.#former = [...this.#former, before]
    this.#delegation = this.#delegationOf(prefix)
    if (this.#local === undefined) this.#changeGateway()
    return {
      admit: (who, admission, dev, wishes) => this.#admitAgain(who, admission, dev, wishes, before?.lan),
      delegate: (who, piece) => {
        const [pieces, former] = [this.#delegation?.pieces, before?.pieces]
        const same = piece && former && pieces?.counterpart(piece, former)
        return this.delegate(who, same)
      },
    }
  }

  /** A former prefix is no longer valid; the function that is returned takes its addresses out of an admission. */
  withdraw(prefix: string): (before: Admission) => Admission {
    this.#former = this.#former.filter((former) => former.prefix !== prefix)
    const others = (addresses: readonly string[]): string[] => addresses.filter((each) => !contains(prefix, each))
    this.#formerGateways = others(this.#formerGateways)
    return (before) => ({ ...before, deprecated: others(before.deprecated ?? []) })
  }

  #admitAgain(who: string, before: Admission, dev: string, wishes: Wishes, from: Subnet | undefined): Admission {
    if (this.#local !== undefined) return before
    const subnet = this.#ipv6
    const six = before.addresses.filter(isIpv6)
    const [first] = six
    const same = first && from && subnet?.counterpart(first, from)
    const moved = subnet === undefined || wishes.slaac === true ? [] : [subnet.take(who, same)]
    const addresses = [...before.addresses.filter(isIpv4), ...moved]
    const deprecated = [...(before.deprecated ?? []), ...six]
    return { addresses, deprecated, routes: this.routesOf(addresses, dev, wishes) }
  }

  #changeGateway(): void {
    this.#formerGateways = [...this.#formerGateways, ...this.#gateways.filter(isIpv6)]
    const six = this.#ipv6 === undefined ? [] : [this.#ipv6.take(this.#what)]
    this.#gateways = [...this.#gateways.filter(isIpv4), ...six]
  }

  get #ipv6(): Subnet | undefined {
    return this.#local ?? this.#delegation?.lan
  }

  #delegationOf(prefix: string | undefined): Delegation | undefined {
    return prefix === undefined ? undefined : new Delegation(prefix, this.#what)
  }

  #subnets(): Subnet[] {
    return [this.#ipv4, this.#ipv6].filter((subnet) => subnet !== undefined)
  }
}

function isIpv6(address: string): boolean {
  return address.includes(':')
}

function isIpv4(address: string): boolean {
  return !address.includes(':')
}
