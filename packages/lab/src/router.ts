import type { Fabric } from './build/fabric.ts'
import { Home } from './build/home.ts'
import type { Machine } from './build/machine.ts'
import { Guest } from './guest.ts'
import { nat64Inside, RouterIpv6 } from './ipv6/index.ts'
import { flushNat, installNat, type NatOptions, type ResolvedNat, resolveNat, type Site } from './nat/index.ts'
import { LabNode, type NodeParts, type Place } from './node.ts'
import type { AddressPlan } from './topology/addressing.ts'
import type { Admission } from './topology/area.ts'
import { checkLink, TopologyError } from './topology/check.ts'
import type { Description } from './topology/description.ts'
import type { HostOptions, RouterOptions } from './topology/internet.ts'
import type { Lan } from './topology/lan.ts'
import { type Attachment, type NodePlan, planNode, withoutLength } from './topology/topology.ts'

/** What nodes are made with: the lab's own. */
export interface Workshop {
  readonly fabric: Fabric
  readonly addresses: AddressPlan
  readonly description: Description
  /** Throws TopologyError when there is a node of that name. */
  checkFree(name: string): void
  network(name: string): void
  /** Builds the machine, makes the node of it, and remembers it. */
  build<T extends LabNode>(plan: NodePlan, make: (parts: NodeParts) => T): T
}

/** What a router gets when it is renumbered; what is absent stays. Without any of them: another external address. */
export interface Renumbering {
  /** External IPv4 address; true: the next free ones. */
  readonly external?: string | boolean
  /** IPv4 prefix of the LAN; true: one that nobody has. Its hosts follow. */
  readonly lan?: string | boolean
}

const WAN = 'wan'
const LAN = 'lan'

/** A router with its NAT: `wan` towards its upstream, `lan` towards its hosts. */
export class LabRouter extends LabNode implements Place {
  readonly place: Home<Lan>
  readonly #workshop: Workshop
  readonly #machine: Machine
  #options: RouterOptions
  #nat: ResolvedNat
  #ipv6: RouterIpv6 | undefined
  #advertised: Promise<void> = Promise.resolve()

  private constructor(parts: NodeParts, about: RouterParts) {
    super(parts, about.upstream)
    this.#machine = parts.machine
    this.#workshop = about.workshop
    this.#options = about.options
    this.#nat = about.nat
    const { fabric } = parts
    this.place = new Home({ area: about.lan, fabric, router: this.name, gateway: () => this.#machine })
    this.place.onChange = () => this.#onHostsChanged()
  }

  /** A router that is attached to `upstream`. */
  static build(workshop: Workshop, upstream: Home, name: string, options: RouterOptions): LabRouter {
    workshop.checkFree(name)
    checkRouter(name, options)
    const nat = resolveNat(options.nat ?? 'home')
    const lan = workshop.addresses.lan(name, upstream.area, options)
    const wishes = { count: options.addresses ?? 1 }
    const admission = upstream.area.admit(`router '${name}'`, WAN, wishes)
    workshop.network(lan.network)
    const plan = planRouter(name, upstream, admission, lan, options)
    const router = workshop.build(plan, (parts) => new LabRouter(parts, { workshop, upstream, options, nat, lan }))
    workshop.description.addRouter(name, upstream.router, options)
    teachWay(upstream, admission, lan)
    const onRenumbered = (): void => router.#installNat()
    upstream.add(name, { machine: router.#machine, dev: WAN, wishes, admission, onRenumbered })
    router.#installNat()
    router.#installIpv6()
    return router
  }

  /** A host behind it: interface `eth0`, its default routes here. */
  host(name: string, options: HostOptions = {}): LabNode {
    return addHost(this.#workshop, this.place, name, options)
  }

  /**
   * A router behind it: carrier-grade NAT, double NAT. A LAN without hosts whose prefix nobody has chosen becomes one of
   * the space that carriers share (100.64.0.0/10, RFC 6598) with the first one.
   */
  router(name: string, options: RouterOptions = {}): LabRouter {
    this.#workshop.checkFree(name)
    if (this.place.members.size === 0 && this.#options.lan === undefined) this.#shareCarrierSpace()
    return LabRouter.build(this.#workshop, this.place, name, options)
  }

  /** A host for a while, on its LAN or outside of it: no part of the topology, and gone when it is disposed of. */
  guest(where: 'inside' | 'outside'): LabNode {
    const { fabric, description } = this.#workshop
    return new Guest(fabric, description, where === 'inside' ? this.place : this.home!)
  }

  /**
   * Moves it with all that is behind it: another external address, and its NAT is installed anew for that. Not with an
   * IPv6 prefix of its upstream: all behind it would need another one.
   */
  override async moveTo(place: Place): Promise<void> {
    if (place === this) throw new TopologyError(`router '${this.name}' cannot be behind itself`)
    if (this.place.area.delegated !== undefined)
      throw new TopologyError(`router '${this.name}' has an IPv6 prefix of its upstream, and cannot take it along`)
    await super.moveTo(place)
    flushNat(this.namespace)
  }

  /** Where its NAT stands. */
  get site(): Site {
    const { ipv4 } = this.place.area
    const hosts = [...this.place.members.values()].flatMap(({ admission }) => ipv4Of(admission.addresses))
    const site = { wan: WAN, lan: [LAN], external: this.external, inside: ipv4 === undefined ? [] : [ipv4], hosts }
    if (this.#options.nat64 !== true) return site
    return { ...site, lan: [...site.lan, nat64Inside.lan], inside: [...site.inside, nat64Inside.inside] }
  }

  /** External IPv4 addresses. */
  get external(): string[] {
    return ipv4Of(this.plan.interfaces[WAN]!.addresses)
  }

  /** Its first address in the LAN: IPv4 if there is one. */
  get lanAddress(): string {
    return withoutLength(this.place.area.gateways[0] ?? '')
  }

  get nat(): NatOptions {
    return this.#options.nat ?? 'home'
  }

  /** Another NAT in the place of the one it has. What is tracked goes on as it began: see {@link flush}. */
  async setNat(nat: NatOptions): Promise<void> {
    const resolved = resolveNat(nat)
    this.#workshop.fabric.settle()
    installNat(resolved, this.site, this.#machine.namespace)
    this.#nat = resolved
    this.#change({ nat })
  }

  /** Its NAT forgets: tracked connections, and what its rules have learned. */
  async flush(): Promise<void> {
    flushNat(this.namespace)
  }

  /**
   * Other addresses, as a provider gives them. A new external address makes the NAT forget all mappings; hosts of a LAN
   * with a new prefix get the address with the same host part, routers behind it too. Resolves when the kernel has it.
   */
  async renumber(to: Renumbering = { external: true }): Promise<void> {
    this.#workshop.fabric.settle()
    const { external = false, lan = false } = to
    if (external !== false) this.#renumberExternal(external === true ? undefined : external)
    if (lan !== false) {
      const prefix = this.#workshop.addresses.prefixFor(this.name, lan === true ? undefined : lan)
      if (prefix === undefined) throw new TopologyError(`router '${this.name}': there is no IPv4 in this lab`)
      this.#renumberLan(prefix)
      this.#change({ lan: prefix })
    }
    this.#workshop.fabric.settle()
  }

  #renumberExternal(address: string | undefined): void {
    const upstream = this.home!
    const member = upstream.members.get(this.name)!
    const wishes = { ...member.wishes, ...(address !== undefined && { address }), slaac: true }
    const { addresses } = upstream.area.admit(`router '${this.name}'`, WAN, wishes)
    const { admission: before } = member
    const kept = before.addresses.filter((each) => each.includes(':'))
    upstream.area.dismiss(before.addresses.filter((each) => !each.includes(':')))
    member.admission = { ...before, addresses: [...addresses, ...kept] }
    this.#machine.readmit(WAN, before, member.admission)
    flushNat(this.#machine.namespace)
    this.#installNat()
  }

  #renumberLan(prefix: string): void {
    const readmit = this.place.area.renumber(prefix)
    this.#machine.readdress(LAN, this.place.area.gateways, this.#machine.plan.routes)
    for (const [name, member] of this.place.members) {
      const { machine, dev, admission: before, wishes } = member
      member.admission = readmit(`node '${name}'`, before.addresses, wishes.slaac ?? false)
      machine.readmit(dev, before, member.admission)
      member.onRenumbered?.()
    }
    this.#installNat()
  }

  #shareCarrierSpace(): void {
    const prefix = this.#workshop.addresses.carrierPrefix(this.name)
    if (prefix !== undefined) this.#renumberLan(prefix)
  }

  /** Resolves when the hosts that listen to its advertisements have been told. */
  override async ready(): Promise<void> {
    await super.ready()
    await this.#advertised
  }

  override async [Symbol.asyncDispose](): Promise<void> {
    await this.#ipv6?.[Symbol.asyncDispose]()
    await super[Symbol.asyncDispose]()
  }

  #onHostsChanged(): void {
    if (this.#nat.dependsOnHosts) this.#installNat()
    const listens = [...this.place.members.values()].some(({ wishes }) => wishes.slaac === true)
    if (!listens || this.#ipv6 === undefined) return
    const before = this.#advertised
    this.#advertised = this.#advertise(before)
    this.#advertised.catch(() => {}) // whoever waits for ready() hears of it
  }

  /** An advertisement is heard by those alone whose cables carry. */
  async #advertise(before: Promise<void>): Promise<void> {
    await before
    this.#workshop.fabric.settle()
    await this.#ipv6!.advertise()
  }

  /** Of a router without IPv4 there is nothing to translate. */
  #installNat(): void {
    if (this.external.length > 0) installNat(this.#nat, this.site, this.#machine.namespace)
  }

  #installIpv6(): void {
    const { ipv6: mode = 'routed', nat64 = false } = this.#options
    const { ipv6: inside, delegated = inside } = this.place.area
    if (nat64 && inside === undefined)
      throw new TopologyError(`router '${this.name}': nat64 needs a LAN with IPv6: families: ['ipv4', 'ipv6']`)
    if (inside === undefined || delegated === undefined) return
    const outside = delegated.replace(/\/\d+$/, '/64')
    const site = { wan: WAN, lan: LAN, inside, outside }
    this.#workshop.fabric.settle()
    this.#ipv6 = new RouterIpv6({ namespace: this.#machine.namespace, site, mode, nat64 })
  }

  #change(change: Partial<RouterOptions>): void {
    this.#options = { ...this.#options, ...change }
    this.#workshop.description.change(this.name, change)
  }
}

interface RouterParts {
  readonly workshop: Workshop
  readonly upstream: Home
  readonly options: RouterOptions
  readonly nat: ResolvedNat
  readonly lan: Lan
}

/** A host in a network that gives out addresses; its interface is `eth0`. */
export function addHost(workshop: Workshop, place: Home, name: string, options: HostOptions): LabNode {
  workshop.checkFree(name)
  const { link, address, slaac = false } = options
  if (link !== undefined) checkLink(link, `the link of host '${name}'`)
  const wishes = { slaac, ...(address !== undefined && { address }) }
  const admission = place.area.admit(`node '${name}'`, 'eth0', wishes)
  const eth0 = attachment(place.area.network, admission, link)
  const plan = planNode(name, { eth0: slaac ? { ...eth0, slaac } : eth0 }, { routes: admission.routes })
  return workshop.build(plan, (parts) => {
    workshop.description.addHost(name, place.router, options)
    place.add(name, { machine: parts.machine, dev: 'eth0', wishes, admission })
    return new LabNode(parts, place)
  })
}

function planRouter(
  name: string,
  upstream: Home,
  { addresses, routes }: Admission,
  lan: Lan,
  { uplink }: RouterOptions,
): NodePlan {
  const interfaces = {
    [WAN]: attachment(upstream.area.network, { addresses, routes }, uplink),
    [LAN]: { network: lan.network, addresses: lan.gateways },
  }
  return planNode(name, interfaces, { routes, forwarding: true })
}

function attachment(network: string, { addresses }: Admission, link: Attachment['link']): Attachment {
  return { network, addresses, ...(link !== undefined && { link }) }
}

function teachWay(upstream: Home, { addresses }: Admission, { delegated }: Lan): void {
  const via = addresses.map(withoutLength).find((address) => address.includes(':'))
  if (delegated !== undefined && via !== undefined) upstream.teach({ to: delegated, via })
}

function checkRouter(name: string, { addresses, uplink }: RouterOptions): void {
  if (addresses !== undefined && !(Number.isInteger(addresses) && addresses >= 1))
    throw new TopologyError(`router '${name}' cannot have ${addresses} external addresses; 1 is the least`)
  if (uplink !== undefined) checkLink(uplink, `the uplink of router '${name}'`)
}

function ipv4Of(addresses: readonly string[]): string[] {
  return addresses.filter((address) => !address.includes(':')).map(withoutLength)
}
