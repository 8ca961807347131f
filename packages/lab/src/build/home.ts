import type { Admission, Area, Wishes } from '../topology/area.ts'
import type { RoutePlan } from '../topology/topology.ts'
import type { Fabric } from './fabric.ts'
import type { Machine } from './machine.ts'

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
}

/** A network that gives out addresses, and who lives there: the public internet, or what is behind a router. */
export class Home<A extends Area = Area> {
  readonly area: A
  /** Name of the router in front of it; undefined: it is the internet. */
  readonly router: string | undefined
  readonly #fabric: Fabric
  readonly #members = new Map<string, Member>()
  /** Who has to know the way to prefixes behind members. */
  readonly #learners: () => readonly Machine[]
  readonly #learn: (route: RoutePlan) => void
  #onChange: () => void = () => {}

  constructor(about: {
    readonly area: A
    readonly fabric: Fabric
    readonly router?: string
    /** The router's machine; default: all members. */
    readonly gateway?: () => Machine
    /** Remembers a way for those who come later. */
    readonly learn?: (route: RoutePlan) => void
  }) {
    this.area = about.area
    this.router = about.router
    this.#fabric = about.fabric
    const { gateway } = about
    this.#learners =
      gateway === undefined ? () => [...this.#members.values()].map(({ machine }) => machine) : () => [gateway()]
    this.#learn = about.learn ?? (() => {})
  }

  get members(): ReadonlyMap<string, Member> {
    return this.#members
  }

  /** Calls this whenever somebody came or went. */
  set onChange(callback: () => void) {
    this.#onChange = callback
  }

  add(name: string, member: Member): void {
    this.#members.set(name, member)
    this.#onChange()
  }

  /** Forgets a member, and takes its addresses back. */
  remove(name: string): void {
    const member = this.#members.get(name)
    if (member === undefined) return
    this.#members.delete(name)
    this.area.dismiss(member.admission.addresses)
    this.#onChange()
  }

  /** Everybody who has to learns the way to what is behind a member. */
  teach(route: RoutePlan): void {
    for (const machine of this.#learners()) this.#fabric.owe(machine, route)
    this.#learn(route)
  }
}
