import { NetworkNamespace, Route } from '@sallyport/linux'
import type { Admission } from '../topology/area.ts'
import type { Attachment, NodePlan, RoutePlan } from '../topology/topology.ts'
import type { Cable } from './cable.ts'
import { type Settings, settingsOf } from './settings.ts'

/** Number of a node's first interface; `lo` is 1. */
export const FIRST_INDEX = 2

/** A node in the kernel: its namespace, its cables, and what its interfaces and routes are at the moment. */
export class Machine implements Disposable {
  readonly namespace: NetworkNamespace
  readonly cables: Map<string, Cable> = new Map()
  #plan: NodePlan
  /** Routes to add when somebody looks: a newcomer on an IPv6 internet is a route in everybody there. */
  #owed: RoutePlan[] = []

  /** Its namespace with the settings of the plan. Cables come next, then {@link configure}. */
  constructor(plan: NodePlan, settings: Settings) {
    this.#plan = plan
    this.namespace = NetworkNamespace.create()
    this.namespace.run(() => settings.apply(settingsOf(plan)))
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
  }

  #start(route: Route, name: string, { addresses }: Attachment): void {
    const index = this.#index(name)
    route.setLink(index, { up: true })
    for (const address of addresses) route.addAddress(index, address)
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

  /** Other addresses for an interface, and other routes for the node; what both have in common is left alone. */
  readdress(name: string, addresses: readonly string[], routes: readonly RoutePlan[]): void {
    this.pay()
    const before = this.#plan
    const attachment = before.interfaces[name]!
    this.#plan = { ...before, interfaces: { ...before.interfaces, [name]: { ...attachment, addresses } }, routes }
    using route = Route.open({ namespace: this.namespace })
    const index = this.#index(name)
    route.together(() => {
      for (const each of without(before.routes, routes)) route.deleteRoute(this.#indexed(each))
      for (const each of without(attachment.addresses, addresses)) route.deleteAddress(index, each)
      for (const each of without(addresses, attachment.addresses)) route.addAddress(index, each)
      for (const each of without(routes, before.routes)) route.addRoute(this.#indexed(each))
    })
  }

  /** Another admission in the place of one: routes that have nothing to do with it stay. */
  readmit(name: string, before: Admission, after: Admission): void {
    this.readdress(name, after.addresses, [...after.routes, ...without(this.#plan.routes, before.routes)])
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

/** Those of `all` that are not in `others`, compared as data. */
function without<T>(all: readonly T[], others: readonly T[]): T[] {
  const known = new Set(others.map((each) => JSON.stringify(each)))
  return all.filter((each) => !known.has(JSON.stringify(each)))
}
