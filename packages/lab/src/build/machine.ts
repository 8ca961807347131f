import { type Lifetimes, NetworkNamespace, Route, writeSysctl } from '@sallyport/linux'
import type { Admission } from '../topology/area.ts'
import { type Attachment, type NodePlan, type RoutePlan, withoutLength } from '../topology/topology.ts'
import type { Cable } from './cable.ts'
import { hasIpv6, ipv6On, type Setting, type Settings, settingsOf } from './settings.ts'

/** Number of a node's first interface; `lo` is 1. */
export const FIRST_INDEX = 2

const RT_TABLE_LOCAL = 255 // linux/rtnetlink.h

interface MachineOptions {
  /** Beside those that its plan wants. */
  readonly settings: readonly Setting[]
  /** Called when it was given addresses: see {@link Machine.isReceiving}. */
  readonly onAddressed: (machine: Machine) => void
}

/** A node in the kernel: its namespace, its cables, and what its interfaces and routes are at the moment. */
export class Machine implements Disposable {
  readonly namespace: NetworkNamespace
  readonly cables: Map<string, Cable> = new Map()
  #plan: NodePlan
  /** Routes to add when somebody looks: a newcomer on an IPv6 internet is a route in everybody there. */
  #owed: RoutePlan[] = []

  readonly #onAddressed: (machine: Machine) => void

  /** Its namespace with the settings of the plan, and more of its own. Cables come next, then {@link configure}. */
  constructor(plan: NodePlan, settings: Settings, more: MachineOptions) {
    this.#plan = plan
    this.#onAddressed = more.onAddressed
    this.namespace = NetworkNamespace.create()
    this.namespace.run(() => settings.apply([...settingsOf(plan), ...more.settings]))
  }

  get plan(): NodePlan {
    return this.#plan
  }

  /** Everything up, with addresses and routes, in one go. */
  configure(): void {
    const { interfaces, routes } = this.#plan
    using route = Route.open({ namespace: this.namespace })
    route.together(() => {
      route.setLink(1, { up: true })
      for (const [name, attachment] of Object.entries(interfaces)) this.#start(route, name, attachment)
      for (const each of routes) route.addRoute(this.#indexed(each))
    })
    this.#onAddressed(this)
  }

  #start(route: Route, name: string, { addresses, deprecated = [] }: Attachment): void {
    const index = this.#index(name)
    route.setLink(index, { up: true })
    for (const address of addresses) route.addAddress(index, address)
    for (const address of deprecated) route.addAddress(index, address, { preferred: 0 })
  }

  owe(route: RoutePlan): void {
    this.#owed.push(route)
    this.#plan = { ...this.#plan, routes: [...this.#plan.routes, route] }
  }

  /** Adds the routes that are owed. */
  pay(): void {
    const owed = this.#owed.splice(0)
    if (owed.length === 0) return
    using route = Route.open({ namespace: this.namespace })
    route.together(() => {
      for (const each of owed) route.addRoute(this.#indexed(each))
    })
  }

  /** Forgets ways that it has learned. */
  unlearn(ways: readonly RoutePlan[]): void {
    this.pay()
    const known = this.#plan.routes
    const routes = without(known, ways)
    this.#plan = { ...this.#plan, routes }
    using route = Route.open({ namespace: this.namespace })
    route.together(() => {
      for (const each of without(known, routes)) route.deleteRoute(this.#indexed(each))
    })
  }

  /** Other addresses for an interface, and other routes for the node; what both have in common is left alone. */
  readdress(name: string, to: Addresses, routes: readonly RoutePlan[] = this.#plan.routes): void {
    this.pay()
    const before = this.#plan
    const { deprecated: _former, ...attachment } = before.interfaces[name]!
    const { addresses, deprecated = [] } = to
    const now = { ...attachment, addresses, ...(deprecated.length > 0 && { deprecated }) }
    this.#plan = { ...before, interfaces: { ...before.interfaces, [name]: now }, routes }
    if (hasIpv6(this.#plan) && !hasIpv6(before)) this.#set(ipv6On(this.#plan))
    using route = Route.open({ namespace: this.namespace })
    route.together(() => {
      for (const each of without(before.routes, routes)) route.deleteRoute(this.#indexed(each))
      this.#exchange(route, this.#index(name), before.interfaces[name]!, now)
      for (const each of without(routes, before.routes)) route.addRoute(this.#indexed(each))
    })
    this.#onAddressed(this)
  }

  /** An address that is deprecated stays the same one: what has been using it goes on. */
  #exchange(route: Route, index: number, before: Addresses, after: Addresses): void {
    const [had, has] = [lifetimesOf(before), lifetimesOf(after)]
    for (const address of had.keys()) if (!has.has(address)) route.deleteAddress(index, address)
    for (const [address, lifetimes] of has) {
      if (!had.has(address)) route.addAddress(index, address, lifetimes)
      else if (had.get(address)?.preferred !== lifetimes.preferred) route.replaceAddress(index, address, lifetimes)
    }
  }

  /** Another admission in the place of one: routes that have nothing to do with it stay. */
  readmit(name: string, before: Admission, after: Admission): void {
    this.readdress(name, after, [...after.routes, ...without(this.#plan.routes, before.routes)])
  }

  /**
   * Does it receive what is for its IPv6 addresses? The kernel begins to answer who asks for a new one, and makes the way
   * to it, on a thread of its own; who asks too early asks again after a second.
   */
  isReceiving(): boolean {
    const wanted = new Set(addressesIn(this.#plan).filter((address) => address.includes(':')))
    if (wanted.size === 0) return true
    using route = Route.open({ namespace: this.namespace })
    const local = new Set(route.routes(RT_TABLE_LOCAL).map(({ to }) => withoutLength(to)))
    if ([...wanted].every((address) => local.has(withoutLength(address)))) return true
    // What somebody has deleted by hand is nothing to wait for.
    return route.addresses().every(({ address }) => !wanted.has(address) || local.has(withoutLength(address)))
  }

  /** What an interface has of router advertisements is gone, as a device forgets it that is plugged in elsewhere. */
  forgetAdvertised(name: string): void {
    const setting = `net.ipv6.conf.${name}.disable_ipv6`
    this.#set([
      [setting, '1'],
      [setting, '0'],
    ])
  }

  #set(settings: readonly (readonly [name: string, value: string])[]): void {
    this.namespace.run(() => {
      for (const [name, value] of settings) writeSysctl(name, value)
    })
  }

  /** Notes what has changed of an interface. */
  note(name: string, change: Partial<Attachment>): void {
    const { interfaces } = this.#plan
    this.#plan = { ...this.#plan, interfaces: { ...interfaces, [name]: { ...interfaces[name]!, ...change } } }
  }

  #index(name: string): number {
    return this.cables.get(name)!.index
  }

  #indexed({ to, via, dev }: RoutePlan): { to: string; via: string | undefined; dev: number | undefined } {
    return { to, via, dev: dev === undefined ? undefined : this.#index(dev) }
  }

  [Symbol.dispose](): void {
    this.namespace[Symbol.dispose]()
  }
}

type Addresses = Pick<Attachment, 'addresses' | 'deprecated'>

function addressesIn({ interfaces }: NodePlan): string[] {
  return Object.values(interfaces).flatMap(({ addresses, deprecated = [] }) => [...addresses, ...deprecated])
}

function lifetimesOf({ addresses, deprecated = [] }: Addresses): Map<string, Lifetimes> {
  return new Map([
    ...addresses.map((each) => [each, {}] as const),
    ...deprecated.map((each) => [each, { preferred: 0 }] as const),
  ])
}

/** Those of `all` that are not in `others`, compared as data. */
function without<T>(all: readonly T[], others: readonly T[]): T[] {
  const known = new Set(others.map((each) => JSON.stringify(each)))
  return all.filter((each) => !known.has(JSON.stringify(each)))
}
