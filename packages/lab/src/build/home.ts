import type { Admission, Area, Wishes } from '../topology/area.ts'
import { type RoutePlan, withoutLength } from '../topology/topology.ts'
import type { Fabric } from './fabric.ts'
import type { Machine } from './machine.ts'

/** What is behind a router, for who gives it an IPv6 prefix. */
export interface Behind {
  /** Does it have a prefix of who is in front of it? */
  readonly needsPrefix: boolean
  /** What is delegated to it at the moment. */
  readonly delegated: string | undefined
  /** All that leads there: the delegated prefix, and those that are going. */
  readonly prefixes: readonly string[]
  /** Is that network behind it, at any depth? */
  leadsTo(home: Home): boolean
  /** Throws TopologyError when there is no room in such a prefix for all that is behind. */
  checkFits(prefix: string): void
  /** Another prefix, of which all get addresses; undefined: none. The one before is going, and still valid. */
  redelegate(prefix: string | undefined): void
  /** A former prefix is no longer valid. */
  withdraw(prefix: string): void
  /** Resolves when all hosts at any depth that listen to advertisements have heard of it. */
  told(): Promise<void>
}

/** A node in a network that gives out addresses. */
export interface Member {
  readonly machine: Machine
  /** Its interface there. */
  readonly dev: string
  readonly wishes: Wishes
  /** What it got, as long as it is there. */
  admission: Admission
  /** Called when it got other addresses. */
  readonly onRenumbered?: () => void
  /** Of a router. */
  readonly behind?: Behind
}

/** Remembers for those who come later which ways there are to prefixes behind members. */
export interface Signpost {
  know(route: RoutePlan): void
  forget(route: RoutePlan): void
}

/** A network that gives out addresses, and who lives there: the public internet, or what is behind a router. */
export class Home<A extends Area = Area> {
  readonly area: A
  /** Name of the router in front of it; undefined: it is the internet. */
  readonly router: string | undefined
  readonly #fabric: Fabric
  readonly #members = new Map<string, Member>()
  readonly #gateway: (() => Machine) | undefined
  readonly #signpost: Signpost | undefined
  /** To the prefixes behind each member. */
  readonly #ways = new Map<string, readonly RoutePlan[]>()
  #onChange: () => void = () => {}
  #tell: () => Promise<void> = async () => {}

  constructor(about: {
    readonly area: A
    readonly fabric: Fabric
    readonly router?: string
    /** The router's machine, which knows the ways to what is behind members; default: all members know them. */
    readonly gateway?: () => Machine
    readonly signpost?: Signpost
  }) {
    this.area = about.area
    this.router = about.router
    this.#fabric = about.fabric
    this.#gateway = about.gateway
    this.#signpost = about.signpost
  }

  get members(): ReadonlyMap<string, Member> {
    return this.#members
  }

  /** Calls this whenever somebody came or went. */
  set onChange(callback: () => void) {
    this.#onChange = callback
  }

  /** What {@link told} does. */
  set tell(advertise: () => Promise<void>) {
    this.#tell = advertise
  }

  /** Advertises; resolves when all members that listen have heard it, but those whose cable is pulled out. */
  told(): Promise<void> {
    return this.#tell()
  }

  /** What a node gets here that is to be added, or is a member already: nobody has a way to what is behind itself. */
  admit(who: string, name: string, dev: string, wishes: Wishes): Admission {
    const { addresses, routes } = this.area.admit(who, dev, wishes)
    return { addresses, routes: this.#withoutOwn(name, routes) }
  }

  /** Routes of a member with these addresses. */
  routesOf(name: string, addresses: readonly string[], dev: string, wishes: Wishes): readonly RoutePlan[] {
    return this.#withoutOwn(name, this.area.routesOf(addresses, dev, wishes))
  }

  /** What a member has of being here: that with which it was admitted, and the ways that it has learned since. */
  held(name: string): Admission {
    const { admission } = this.#members.get(name)!
    if (this.#gateway !== undefined) return admission
    return { ...admission, routes: [...admission.routes, ...[...this.#ways.values()].flat()] }
  }

  add(name: string, member: Member): void {
    this.#members.set(name, member)
    this.#onChange()
  }

  /** Forgets a member, and takes its addresses back. */
  remove(name: string): void {
    const member = this.#members.get(name)
    if (member === undefined) return
    this.lead(name, [])
    this.#members.delete(name)
    this.area.dismiss(member.admission.addresses)
    this.#onChange()
  }

  /** Everybody who has to learns the ways to these prefixes behind a member, and forgets those that it had before. */
  lead(name: string, prefixes: readonly string[]): void {
    const via = this.#members
      .get(name)
      ?.admission.addresses.map(withoutLength)
      .find((each) => each.includes(':'))
    const before = this.#ways.get(name) ?? []
    const after = via === undefined ? [] : prefixes.map((to) => ({ to, via }))
    const gone = before.filter((each) => !after.some((other) => same(each, other)))
    const fresh = after.filter((each) => !before.some((other) => same(each, other)))
    this.#ways.set(name, after)
    for (const machine of this.#learners(name)) {
      if (gone.length > 0) machine.unlearn(gone)
      for (const each of fresh) this.#fabric.owe(machine, each)
    }
    for (const each of gone) this.#signpost?.forget(each)
    for (const each of fresh) this.#signpost?.know(each)
  }

  #learners(of: string): Machine[] {
    if (this.#gateway !== undefined) return [this.#gateway()]
    return [...this.#members].flatMap(([name, { machine }]) => (name === of ? [] : [machine]))
  }

  #withoutOwn(name: string, routes: readonly RoutePlan[]): readonly RoutePlan[] {
    const own = this.#ways.get(name) ?? []
    return own.length === 0 ? routes : routes.filter((each) => !own.some((way) => same(each, way)))
  }
}

function same(a: RoutePlan, b: RoutePlan): boolean {
  return a.to === b.to && a.via === b.via
}
