import { type NetworkNamespace, sandbox } from '@sallyport/linux'
import { Fabric, type Port } from './build/fabric.ts'
import { Home } from './build/home.ts'
import type { Setting } from './build/settings.ts'
import { Network } from './network.ts'
import { LabNode, type NodeParts, type Place } from './node.ts'
import { Registration } from './registry/index.ts'
import { LabRouter } from './router.ts'
import { AddressPlan } from './topology/addressing.ts'
import { checkNode, checkNodeName, TopologyError } from './topology/check.ts'
import { Description } from './topology/description.ts'
import type { Family, HostOptions, Internet, RouterChildren, RouterOptions } from './topology/internet.ts'
import type { PublicArea } from './topology/public.ts'
import { type Attachment, type NodeOptions, type NodePlan, planNode, type Topology } from './topology/topology.ts'
import { addHost, type Workshop } from './workshop.ts'

export interface LabOptions {
  /** Every random choice of the links follows from it; default: the internet's, or 1. */
  readonly seed?: number
  /** What the public internet has; default: the internet's, or ['ipv4']. */
  readonly families?: readonly Family[]
  /** A whole internet to begin with. */
  readonly internet?: Internet
  /** Under this name `sallyport lab list` and `lab exec` find it; default: they do not. */
  readonly name?: string
}

/** What of a cable is outside of the nodes: for who wants to see everything that passes. */
export interface LabFabric {
  readonly namespace: NetworkNamespace
  /** Where every cable's far end is, in that namespace. */
  ports(): Port[]
}

/**
 * A simulated internet on the real kernel: every node is a network namespace of this process, every network a
 * switch. Nothing has a name outside the process, so labs do not see each other, and all is gone with the process.
 */
export class Lab implements AsyncDisposable, Place {
  readonly place: Home<PublicArea>
  readonly #fabric: Fabric
  readonly #workshop: Workshop
  readonly #networks = new Map<string, Network>()
  readonly #nodes = new Map<string, LabNode>()
  readonly #registration: Registration | undefined
  #disposed: Promise<void> | undefined

  private constructor({ internet = {}, seed = internet.seed, families = internet.families, name }: LabOptions) {
    const addresses = new AddressPlan(families)
    this.#fabric = new Fabric(seed)
    const description = new Description({
      ...(seed !== undefined && { seed }),
      ...(families !== undefined && { families }),
    })
    this.#workshop = this.#openWorkshop(addresses, description)
    const area = addresses.internet
    this.place = new Home({ area, fabric: this.#fabric, signpost: area })
    this.#registration = name === undefined ? undefined : new Registration(name, () => this.#cards())
  }

  /**
   * An empty lab, or one that is built from a description or a topology.
   *
   * Outside of a sandbox it enters one first (see sandbox()), as root and as an ordinary user: the program is started
   * again inside, so that what stands before the first lab runs twice. A program that does something before writes
   * `await sandbox()` as its first statement, or is started with `node --import @sallyport/lab/enter`.
   */
  static async create(options: LabOptions | Topology = {}): Promise<Lab> {
    await sandbox()
    const lab = new Lab('nodes' in options ? {} : options)
    try {
      if ('nodes' in options) lab.#buildTopology(options)
      else lab.#buildInternet(options.internet ?? {})
      lab.#fabric.settle()
      return lab
    } catch (error) {
      await lab[Symbol.asyncDispose]()
      throw error
    }
  }

  /**
   * A router on the public internet: `wan` there, `lan` towards its hosts. The kernel may still be working on its rules:
   * whoever looks at a node waits for that, and hears of rules of a preset that it refuses (TransactionError).
   */
  router(name: string, options: RouterOptions = {}): LabRouter {
    this.#needInternet()
    return LabRouter.build(this.#workshop, this.place, name, options)
  }

  /** A host on the public internet, with its interface `eth0`. It is ready when this returns. */
  server(name: string, options: HostOptions = {}): LabNode {
    this.#needInternet()
    return addHost(this.#workshop, this.place, name, options)
  }

  /** Adds a network. */
  network(name: string): Network {
    if (this.#disposed !== undefined) throw new TopologyError(`this lab has ended; network '${name}' cannot be added`)
    if (this.#networks.has(name)) throw new TopologyError(`there is a network '${name}' already`)
    const network = new Network(name)
    this.#fabric.addNetwork(name)
    this.#networks.set(name, network)
    return network
  }

  /**
   * Adds a node: its interfaces by name, and where its default routes go. It is ready when this returns.
   *
   * ```ts
   * lab.node('router', { wan: internet.at('203.0.113.1/24'), lan: house.at('192.168.1.1/24') }, { forwarding: true })
   * ```
   */
  node(name: string, interfaces: Readonly<Record<string, Attachment>>, options: NodeOptions = {}): LabNode {
    return this.build(planNode(name, interfaces, options))
  }

  /** Adds a node from its full plan. */
  build(plan: NodePlan): LabNode {
    return this.#workshop.build(plan, (parts) => new LabNode(parts))
  }

  /** A node by its name; throws when there is none. */
  get(name: string): LabNode {
    const node = this.#nodes.get(name)
    if (node === undefined)
      throw new TopologyError(`there is no node '${name}'; known: ${[...this.#nodes.keys()].join(', ')}`)
    return node
  }

  /** All nodes, in the order in which they were added. */
  get nodes(): LabNode[] {
    return [...this.#nodes.values()]
  }

  /** Those of them that are routers. */
  get routers(): LabRouter[] {
    return this.nodes.filter((node) => node instanceof LabRouter)
  }

  /** What was built, as data: another lab made from it is a replica, without the NAT of its routers. */
  get topology(): Topology {
    return { networks: [...this.#networks.keys()].map((name) => ({ name })), nodes: this.nodes.map(({ plan }) => plan) }
  }

  /** Routers, hosts and servers as a person would describe them, as they are at the moment. */
  get internet(): Internet {
    return this.#workshop.description.data()
  }

  /** Where cables end that have their other end in a node. */
  get fabric(): LabFabric {
    return this.#fabric
  }

  /**
   * Resolves when all links carry packets, also those with delay, loss and the like, and all nodes have rules and
   * addresses. Rejects with TransactionError when the kernel has refused the rules of a preset.
   */
  async ready(): Promise<void> {
    this.#fabric.settle()
    await this.#fabric.wires.ready()
    await Promise.all(this.nodes.map((node) => node.ready()))
  }

  /** Closes every socket that the nodes opened, ends their programs, and gives the namespaces back. */
  [Symbol.asyncDispose](): Promise<void> {
    this.#disposed ??= this.#dispose()
    return this.#disposed
  }

  #cards(): { name: string; fd: number }[] {
    return this.nodes.map(({ name, namespace }) => ({ name, fd: namespace.fd }))
  }

  async #dispose(): Promise<void> {
    this.#registration?.[Symbol.dispose]()
    await Promise.all(this.nodes.map((node) => node[Symbol.asyncDispose]()))
    await this.#fabric[Symbol.asyncDispose]()
  }

  #openWorkshop(addresses: AddressPlan, description: Description): Workshop {
    return {
      fabric: this.#fabric,
      addresses,
      description,
      checkFree: (name) => this.#checkFree(name),
      network: (name) => void this.network(name),
      build: (plan, make, settings) => this.#build(plan, make, settings),
    }
  }

  #build<T extends LabNode>(plan: NodePlan, make: (parts: NodeParts) => T, settings?: readonly Setting[]): T {
    this.#checkFree(plan.name)
    checkNode(plan, this.#networks)
    const machine = this.#fabric.addNode(plan, settings)
    const node = make({ machine, fabric: this.#fabric, description: this.#workshop.description })
    this.#nodes.set(plan.name, node)
    this.#registration?.changed()
    return node
  }

  #checkFree(name: string): void {
    if (this.#disposed !== undefined) throw new TopologyError(`this lab has ended; '${name}' cannot be added`)
    checkNodeName(name)
    if (this.#nodes.has(name)) throw new TopologyError(`there is a node '${name}' already`)
  }

  #needInternet(): void {
    const { network } = this.place.area
    if (!this.#networks.has(network)) this.network(network)
  }

  #buildTopology({ networks, nodes }: Topology): void {
    for (const { name } of networks) this.network(name)
    for (const node of nodes) this.build(node)
  }

  #buildInternet({ servers = {}, routers = {} }: Internet): void {
    reserve(this, servers, routers)
    for (const [name, options] of Object.entries(servers)) this.server(name, options)
    for (const [name, { hosts = {}, routers: inner = {}, ...options }] of Object.entries(routers))
      furnish(this.router(name, options), { hosts, routers: inner })
  }
}

/** Everything that is behind a router. */
function furnish(router: LabRouter, { hosts = {}, routers = {} }: RouterChildren): void {
  reserve(router, hosts, routers)
  for (const [name, options] of Object.entries(hosts)) router.host(name, options)
  for (const [name, { hosts: further = {}, routers: inner = {}, ...options }] of Object.entries(routers))
    furnish(router.router(name, options), { hosts: further, routers: inner })
}

/** Who wished an address or a prefix gets it, whoever comes before. */
function reserve({ place: { area } }: Place, hosts: Hosts, routers: Routers): void {
  for (const [name, { address }] of Object.entries(hosts))
    if (address !== undefined) area.reserve(`node '${name}'`, address)
  for (const [name, { delegated }] of Object.entries(routers))
    if (delegated !== undefined) area.reservePrefix(`router '${name}'`, delegated)
}

type Hosts = NonNullable<RouterChildren['hosts']>
type Routers = NonNullable<RouterChildren['routers']>
