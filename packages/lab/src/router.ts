import { Home } from './build/home.ts'
import type { Machine } from './build/machine.ts'
import { Downstream } from './downstream.ts'
import { Guest } from './guest.ts'
import { nat64Inside } from './ipv6/index.ts'
import type { LinkOptions } from './link/index.ts'
import {
  beginNat,
  flushNat,
  installNat,
  type NatOptions,
  type ResolvedNat,
  resolveNat,
  type Site,
  settingsOf,
} from './nat/index.ts'
import { LabNode, type NodeParts, type Place } from './node.ts'
import type { Admission, Wishes } from './topology/area.ts'
import { checkLink, TopologyError } from './topology/check.ts'
import type { HostOptions, RouterOptions } from './topology/internet.ts'
import type { Lan } from './topology/lan.ts'
import { type NodePlan, planNode, withoutLength } from './topology/topology.ts'
import { addHost, attachment, type Workshop } from './workshop.ts'

/** What a router gets when it is renumbered; what is absent stays. Without any of them: other external addresses. */
export interface Renumbering {
  /** External address of either family; true: the next free ones, of all families that it has. */
  readonly external?: string | boolean
  /** IPv4 prefix of the LAN; true: one that nobody has. Its hosts follow. */
  readonly lan?: string | boolean
  /** IPv6 prefix that its upstream delegates to it; true: one that nobody has. All behind it follow, at any depth. */
  readonly delegated?: string | boolean
  /**
   * The delegated prefix that it had stays valid until {@link LabRouter.withdraw}, and its addresses are deprecated: what
   * uses them goes on (RFC 4192). Default false: it is withdrawn at once (RFC 7084 L-13).
   */
  readonly deprecate?: boolean
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
  readonly #downstream: Downstream

  private constructor(parts: NodeParts, about: RouterParts) {
    super(parts, about.upstream)
    this.#machine = parts.machine
    this.#workshop = about.workshop
    this.#options = about.options
    this.#nat = about.nat
    const { fabric } = parts
    this.place = new Home({ area: about.lan, fabric, router: this.name, gateway: () => this.#machine })
    this.#downstream = this.#openDownstream()
    this.place.onChange = () => this.#onHostsChanged()
    this.place.tell = () => this.#downstream.tell()
  }

  /** A router that is attached to `upstream`. */
  static build(workshop: Workshop, upstream: Home, name: string, options: RouterOptions): LabRouter {
    workshop.checkFree(name)
    checkRouter(name, options)
    const nat = resolveNat(options.nat ?? 'home')
    const lan = workshop.addresses.lan(name, upstream.area, options)
    const wishes = { count: options.addresses ?? 1 }
    const admission = upstream.admit(`router '${name}'`, name, WAN, wishes)
    workshop.network(lan.network)
    const plan = planRouter(name, upstream, admission, lan, options)
    const make = (parts: NodeParts): LabRouter => new LabRouter(parts, { workshop, upstream, options, nat, lan })
    const router = workshop.build(plan, make, ipv4Of(admission.addresses).length > 0 ? settingsOf(nat) : [])
    workshop.description.addRouter(name, upstream.router, options)
    const onRenumbered = (): void => router.#installNat()
    const behind = router.#downstream
    upstream.add(name, { machine: router.#machine, dev: WAN, wishes, admission, onRenumbered, behind })
    upstream.lead(name, behind.prefixes)
    router.#installNat()
    behind.install()
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
   * Moves it with all that is behind it: it has other external addresses, its NAT is installed anew for that, and the
   * IPv6 prefix that it had goes back; all behind it, at any depth, have addresses of one that its new upstream delegates.
   */
  override async moveTo(place: Place): Promise<void> {
    await super.moveTo(place)
    await this.#downstream.told()
  }

  protected override relocate(to: Home): void {
    if (this.#downstream.leadsTo(to)) throw new TopologyError(`router '${this.name}' cannot be behind itself`)
    const from = this.home!
    const prefix = this.#downstream.needsPrefix ? this.#take(to) : undefined
    try {
      super.relocate(to)
    } catch (error) {
      if (prefix !== undefined) to.area.release(prefix)
      throw error
    }
    const { delegated: _former, ...options } = this.#options
    this.#options = options
    const former = this.#downstream.prefixes
    this.#downstream.redelegate(prefix)
    for (const each of former) this.#drop(each, from)
    to.lead(this.name, this.#downstream.prefixes)
    flushNat(this.#machine.namespace)
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
    checkNat64(this.name, { nat, nat64: this.#options.nat64 ?? false })
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
   * with a new prefix get the address with the same host part, routers behind it too. Those that listen to router
   * advertisements keep an address of a withdrawn IPv6 prefix for two hours more, deprecated, as RFC 4862 section 5.5.3
   * has it. Resolves when the kernels have it.
   */
  async renumber(to: Renumbering = { external: true }): Promise<void> {
    this.#workshop.fabric.settle()
    const { external = false, lan = false, delegated = false, deprecate = false } = to
    if (deprecate && delegated === false)
      throw new TopologyError(`router '${this.name}': deprecate is for another delegated prefix, and there is none`)
    if (external !== false) this.#renumberExternal(external === true ? undefined : external)
    if (lan !== false) {
      const prefix = this.#workshop.addresses.prefixFor(this.name, lan === true ? undefined : lan)
      if (prefix === undefined) throw new TopologyError(`router '${this.name}': there is no IPv4 in this lab`)
      this.#renumberLan(prefix)
      this.#change({ lan: prefix })
    }
    if (delegated !== false) this.#redelegate(delegated === true ? undefined : delegated, deprecate)
    this.#workshop.fabric.settle()
    if (delegated !== false) await this.#downstream.told()
  }

  /** Withdraws the IPv6 prefixes that {@link renumber} has deprecated: they are no longer valid, and its upstream's again. */
  async withdraw(): Promise<void> {
    const { delegated, prefixes } = this.#downstream
    for (const each of prefixes) if (each !== delegated) this.#drop(each, this.home!)
    this.home!.lead(this.name, this.#downstream.prefixes)
    this.#workshop.fabric.settle()
    await this.#downstream.told()
  }

  #redelegate(wanted: string | undefined, deprecate: boolean): void {
    const upstream = this.home!
    const { mode, before } = { mode: this.#options.ipv6 ?? 'routed', before: this.#downstream.delegated }
    if (!this.#downstream.needsPrefix)
      throw new TopologyError(`router '${this.name}': with ipv6: '${mode}' it has no delegated prefix`)
    const prefix = this.#take(upstream, wanted)
    if (prefix === undefined) throw new TopologyError(`router '${this.name}': its upstream has no IPv6 prefix for it`)
    this.#downstream.redelegate(prefix)
    if (before !== undefined && !deprecate) this.#drop(before, upstream)
    upstream.lead(this.name, this.#downstream.prefixes)
    this.#change({ delegated: prefix })
  }

  /** A prefix of an upstream, in which there is room for all that is behind. */
  #take(upstream: Home, wanted?: string): string | undefined {
    const prefix = upstream.area.delegate(`router '${this.name}'`, wanted)
    if (prefix === undefined) return undefined
    try {
      this.#downstream.checkFits(prefix)
      return prefix
    } catch (error) {
      upstream.area.release(prefix)
      throw error
    }
  }

  /** A prefix that it had of an upstream goes back. */
  #drop(prefix: string, upstream: Home): void {
    this.#downstream.withdraw(prefix)
    upstream.area.release(prefix)
    if (this.#options.ipv6 === 'nptv6') flushNat(this.#machine.namespace)
  }

  #renumberExternal(wanted: string | undefined): void {
    const [upstream, who] = [this.home!, `router '${this.name}'`]
    const member = upstream.members.get(this.name)!
    const { admission: before } = member
    const wishes = { ...member.wishes, ...wishedExternal(wanted) }
    const { addresses } = upstream.area.admit(who, WAN, wishes)
    if (addresses.length === 0) throw new TopologyError(`${who}: there is no IPv4 in this lab`)
    const isOther = (each: string): boolean => !addresses.some((fresh) => fresh.includes(':') === each.includes(':'))
    const kept = before.addresses.filter(isOther)
    upstream.area.dismiss(before.addresses.filter((each) => !isOther(each)))
    const all = [...addresses, ...kept].toSorted((a, b) => Number(a.includes(':')) - Number(b.includes(':')))
    const held = upstream.held(this.name)
    member.admission = { ...before, addresses: all, routes: upstream.routesOf(this.name, all, WAN, wishes) }
    this.#machine.readmit(WAN, held, member.admission)
    upstream.lead(this.name, this.#downstream.prefixes)
    flushNat(this.#machine.namespace)
    this.#installNat()
  }

  #renumberLan(prefix: string): void {
    const readmit = this.place.area.renumber(prefix)
    const { gateways: addresses, formerGateways: deprecated } = this.place.area
    this.#machine.readdress(LAN, { addresses, deprecated })
    for (const [name, member] of this.place.members) {
      const { machine, dev, admission: before, wishes } = member
      member.admission = readmit(`node '${name}'`, before, dev, wishes)
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
    await this.#downstream.ready()
  }

  override async linkUp(name?: string): Promise<void> {
    await super.linkUp(name)
    if (name === LAN) await this.#downstream.tell()
  }

  override async setLink(link: LinkOptions, name?: string): Promise<void> {
    if (name !== LAN) return await super.setLink(link, name)
    await this.#downstream.silence()
    await super.setLink(link, name)
    await this.#downstream.relinked()
  }

  override async [Symbol.asyncDispose](): Promise<void> {
    await this.#downstream[Symbol.asyncDispose]()
    await super[Symbol.asyncDispose]()
  }

  #openDownstream(): Downstream {
    const { ipv6: mode = 'routed', nat64 = false } = this.#options
    const { place } = this
    return new Downstream({
      name: this.name,
      machine: this.#machine,
      place,
      links: { wan: WAN, lan: LAN },
      mode,
      nat64,
      onDelegated: (delegated) => this.#onDelegated(delegated),
      settle: () => this.#workshop.fabric.settle(),
    })
  }

  /** A prefix that was asked for is replaced by the same piece of another one, or by any. */
  #onDelegated(delegated: string | undefined): void {
    if (this.#options.delegated !== undefined && delegated !== undefined) this.#change({ delegated })
  }

  /** An advertisement is heard by those alone whose cables carry. */
  #onHostsChanged(): void {
    if (this.#nat.dependsOnHosts) this.#installNat()
    void this.#downstream.tell()
  }

  /** Of a router without IPv4 there is nothing to translate. */
  #installNat(): void {
    if (this.external.length === 0) return
    const rules = beginNat(this.#nat, this.site, this.#machine.namespace)
    if (rules === undefined) return
    // Of rules that somebody else has written he hears here what the kernel says.
    if (this.#nat.behaviour === undefined) rules.settle()
    else this.#workshop.fabric.await(rules)
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

function wishedExternal(wanted: string | undefined): Wishes {
  if (wanted === undefined) return {}
  return wanted.includes(':') ? { address6: wanted, families: ['ipv6'] } : { address: wanted, families: ['ipv4'] }
}

function checkRouter(name: string, options: RouterOptions): void {
  checkNat64(name, options)
  const { addresses, uplink } = options
  if (addresses !== undefined && !(Number.isInteger(addresses) && addresses >= 1))
    throw new TopologyError(`router '${name}' cannot have ${addresses} external addresses; 1 is the least`)
  if (uplink !== undefined) checkLink(uplink, `the uplink of router '${name}'`)
}

function checkNat64(name: string, { nat, nat64 }: Pick<RouterOptions, 'nat' | 'nat64'>): void {
  if (nat64 === true && nat === 'none')
    throw new TopologyError(
      `router '${name}': nat64 needs a NAT, which gives what it translates an external address; leave 'nat: none' out`,
    )
}

function ipv4Of(addresses: readonly string[]): string[] {
  return addresses.filter((address) => !address.includes(':')).map(withoutLength)
}
