import { NetworkNamespace, Route } from '@sallyport/linux'
import type { Attachment, NodePlan } from '../topology/topology.ts'
import { Cable, type Workbench } from './cable.ts'
import { Carriers, PATIENCE, patiently } from './carriers.ts'
import { FIRST_INDEX, Machine } from './machine.ts'
import { ipv6Off, type Setting, Settings } from './settings.ts'
import { Switch } from './switch.ts'
import { Wires } from './wires.ts'

/** Where a cable ends that has its other end in a node. */
export interface Port {
  /** Number and name of the interface in the fabric's namespace. */
  readonly ifindex: number
  readonly name: string
  readonly node: string
  readonly interface: string
  readonly network: string
}

/** What the kernel does while a lab is being built further. */
export interface Underway extends AsyncDisposable {
  /** Returns when it is done; throws when it was refused. */
  settle(): void
}

/** Far from the numbers of the nodes' interfaces: the kernel hurries to notice a carrier when both ends' differ. */
const FIRST_PORT = 1001

/**
 * The namespace that holds the switches of one lab: a bridge per network, and the far end of every cable. It has no
 * addresses and no routes, so nothing leaks between networks, and no other lab sees it.
 */
export class Fabric implements AsyncDisposable, Workbench {
  readonly namespace: NetworkNamespace
  readonly route: Route
  readonly wires: Wires
  readonly #settings = new Settings()
  readonly #switches = new Map<string, Switch>()
  readonly #machines = new Set<Machine>()
  readonly #carriers: Carriers = new Carriers()
  readonly #indebted = new Set<Machine>()
  /** Those that were given addresses. */
  readonly #addressed = new Set<Machine>()
  readonly #underway = new Set<Underway>()
  #next = FIRST_PORT

  /** @param seed every random choice of its wires follows from it */
  constructor(seed = 1) {
    this.namespace = NetworkNamespace.create()
    this.namespace.run(() => this.#settings.apply(ipv6Off))
    this.route = Route.open({ namespace: this.namespace })
    this.wires = new Wires(seed)
  }

  addNetwork(name: string): void {
    this.#switches.set(name, new Switch(this.route, this.#number()))
  }

  /** Makes a node: its namespace, its cables into the switches, addresses, routes. {@link settle} before it is used. */
  addNode(plan: NodePlan, settings: readonly Setting[] = []): Machine {
    const onAddressed = (addressed: Machine): void => void this.#addressed.add(addressed)
    const machine = new Machine(plan, this.#settings, { settings, onAddressed })
    try {
      this.route.together(() => {
        for (const [n, [name, attachment]] of Object.entries(plan.interfaces).entries())
          machine.cables.set(name, this.#plug(machine, name, FIRST_INDEX + n, attachment))
      })
      machine.configure()
      for (const cable of machine.cables.values()) this.#carriers.expect(cable)
      this.#machines.add(machine)
      return machine
    } catch (error) {
      this.#addressed.delete(machine)
      machine[Symbol.dispose]()
      throw error
    }
  }

  /** Takes a node away: its cables, and its namespace. */
  removeNode(machine: Machine): void {
    this.settle()
    for (const cable of machine.cables.values()) cable.remove()
    this.#addressed.delete(machine)
    machine[Symbol.dispose]()
    this.#machines.delete(machine)
  }

  #plug({ plan, namespace }: Machine, name: string, index: number, { network, mtu, link }: Attachment): Cable {
    const end = { node: plan.name, namespace, interface: name, index, mtu: mtu ?? link?.mtu }
    const cable = new Cable(end, this.#number(), this)
    cable.make(this.#switches.get(network)!, link)
    return cable
  }

  /** A switch by the name of its network. */
  switch(network: string): Switch {
    return this.#switches.get(network)!
  }

  /** A cable that comes up: {@link settle} waits for it. */
  expect(cable: Cable): void {
    this.#carriers.expect(cable)
  }

  /** Returns when the node has noticed that a cable was pulled out. */
  awaitDown(cable: Cable): void {
    this.#carriers.awaitDown(cable)
  }

  /** Where every cable's far end is. */
  ports(): Port[] {
    return [...this.#machines].flatMap(({ plan, cables }) =>
      [...cables].map(([name, { port, name: portName }]) => ({
        ifindex: port,
        name: portName,
        node: plan.name,
        interface: name,
        network: plan.interfaces[name]!.network,
      })),
    )
  }

  /** Routes that a machine gets when somebody looks. */
  owe(machine: Machine, route: Parameters<Machine['owe']>[0]): void {
    machine.owe(route)
    this.#indebted.add(machine)
  }

  /** Work that {@link settle} waits for. */
  await(work: Underway): void {
    this.#underway.add(work)
  }

  /** Returns when all that was built carries packets: one wait for all of it. Throws, once, what the kernel refused. */
  settle(): void {
    this.#carriers.await()
    for (const work of this.#underway) {
      this.#underway.delete(work)
      work.settle()
    }
    for (const machine of this.#indebted) machine.pay()
    this.#indebted.clear()
    for (const machine of this.#addressed) {
      this.#addressed.delete(machine)
      if (!patiently(() => machine.isReceiving()))
        throw new Error(`node '${machine.plan.name}' receives nothing at its IPv6 addresses after ${PATIENCE} ms`)
    }
  }

  #number(): number {
    this.#next += 1
    return this.#next - 1
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.wires[Symbol.asyncDispose]()
    await Promise.all([...this.#underway].map((work) => work[Symbol.asyncDispose]()))
    for (const machine of this.#machines) machine[Symbol.dispose]()
    this.route[Symbol.dispose]()
    this.namespace[Symbol.dispose]()
  }
}
