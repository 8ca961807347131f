import type { Admission, Area, Wishes } from './area.ts'
import { TopologyError } from './check.ts'
import { Pieces, Subnet } from './subnet.ts'
import { type RoutePlan, withoutLength } from './topology.ts'

/** Prefixes of a LAN, as the plan chose them. */
export interface LanPrefixes {
  /** '192.168.1.0/24' */
  readonly ipv4?: string | undefined
  /** A /64 */
  readonly ipv6?: string | undefined
  /** What was delegated to the router: the LAN's /64 is the first of it, the rest is for routers behind. */
  readonly delegated?: string | undefined
}

/** Prefix length that is delegated → that of the pieces for routers behind: 255 of them, then 15, then 15. */
const pieceLengths: Readonly<Record<number, number>> = { 48: 56, 56: 60, 60: 64 }

/** The network behind a router. The router has the first address of each family. */
export class Lan implements Area {
  readonly network: string
  /** What was delegated to the router. */
  readonly delegated: string | undefined
  readonly #what: string
  readonly #ipv6: Subnet | undefined
  readonly #pieces: Pieces | undefined
  #ipv4: Subnet | undefined
  #gateways: readonly string[]

  constructor(router: string, network: string, { ipv4, ipv6, delegated }: LanPrefixes) {
    this.network = network
    this.delegated = delegated
    this.#what = `router '${router}'`
    this.#ipv4 = ipv4 === undefined ? undefined : new Subnet(ipv4, `the LAN of ${this.#what}`)
    this.#ipv6 = ipv6 === undefined ? undefined : new Subnet(ipv6, `the LAN of ${this.#what}`)
    this.#gateways = this.#subnets().map((subnet) => subnet.take(this.#what))
    this.#pieces = piecesOf(delegated)
  }

  /** '192.168.1.0/24', if it has IPv4. */
  get ipv4(): string | undefined {
    return this.#ipv4?.prefix
  }

  get ipv6(): string | undefined {
    return this.#ipv6?.prefix
  }

  /** Addresses of the router, with prefix length. */
  get gateways(): readonly string[] {
    return this.#gateways
  }

  admit(who: string, _dev: string, { address, count = 1, slaac = false }: Wishes = {}): Admission {
    if (address !== undefined && this.#ipv4 === undefined)
      throw new TopologyError(`${who}: no address ${address} on a network without IPv4`)
    const subnet = this.#ipv4
    const four =
      subnet === undefined
        ? []
        : Array.from({ length: count }, (_, n) => subnet.take(who, n === 0 ? address : undefined))
    const six = this.#ipv6 === undefined || slaac ? [] : [this.#ipv6.take(who)]
    return { addresses: [...four, ...six], routes: this.#defaults(slaac) }
  }

  /** Who listens to router advertisements learns the way out by IPv6 from them, too. */
  #defaults(slaac: boolean): RoutePlan[] {
    return this.#gateways
      .map(withoutLength)
      .filter((via) => !(slaac && via.includes(':')))
      .map((via) => ({ to: via.includes(':') ? '::/0' : '0.0.0.0/0', via }))
  }

  reserve(who: string, address: string): void {
    this.#ipv4?.reserve(who, address)
  }

  dismiss(addresses: readonly string[]): void {
    for (const address of addresses) for (const subnet of this.#subnets()) subnet.give(address)
  }

  delegate(who: string): string | undefined {
    if (this.delegated === undefined) return undefined
    const piece = this.#pieces?.take()
    if (piece === undefined)
      throw new TopologyError(`${who}: no IPv6 prefix is left in ${this.delegated}; give it \`ipv6: 'none'\``)
    return piece
  }

  /**
   * Another IPv4 prefix. Those who are there have to be admitted anew: the function that is returned does that, and
   * gives them the host part that they had where it fits in.
   */
  renumber(ipv4: string): (who: string, addresses: readonly string[], slaac: boolean) => Admission {
    const before = this.#ipv4
    const after = new Subnet(ipv4, `the LAN of ${this.#what}`)
    this.#ipv4 = after
    this.#gateways = [after.take(this.#what), ...this.#gateways.filter((address) => address.includes(':'))]
    return (who, addresses, slaac) => {
      const four = addresses.filter((address) => !address.includes(':'))
      const six = addresses.filter((address) => address.includes(':'))
      const moved = four.map((address) => after.take(who, before && after.counterpart(address, before)))
      return { addresses: [...moved, ...six], routes: this.#defaults(slaac) }
    }
  }

  #subnets(): Subnet[] {
    return [this.#ipv4, this.#ipv6].filter((subnet) => subnet !== undefined)
  }
}

/** The first piece is left out: it holds the LAN itself. */
function piecesOf(delegated: string | undefined): Pieces | undefined {
  const length = pieceLengths[Number(delegated?.split('/')[1])]
  return delegated === undefined || length === undefined ? undefined : new Pieces(delegated, length, 1)
}
