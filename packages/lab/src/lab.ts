import { insideSandbox } from '@sallyport/linux'
import { Fabric } from './build/fabric.ts'
import { Network } from './network.ts'
import { LabNode } from './node.ts'
import { checkNode, TopologyError } from './topology/check.ts'
import { type Attachment, type NodeOptions, type NodePlan, planNode, type Topology } from './topology/topology.ts'

/**
 * A simulated internet on the real kernel: every node is a network namespace of this process, every network a
 * switch. Nothing has a name outside the process, so labs do not see each other, and all is gone with the process.
 */
export class Lab implements AsyncDisposable {
  readonly #fabric: Fabric
  readonly #networks = new Map<string, Network>()
  readonly #nodes = new Map<string, LabNode>()
  #disposed: Promise<void> | undefined

  private constructor(fabric: Fabric) {
    this.#fabric = fabric
  }

  /**
   * An empty lab, or one that is built from a topology. Needs the right to make namespaces: root, or the sandbox
   * that any user can enter with `await sandbox()` as the first statement of the program.
   */
  static async create(topology: Topology = { networks: [], nodes: [] }): Promise<Lab> {
    if (!insideSandbox() && process.geteuid?.() !== 0) {
      throw new Error(
        'a lab needs its own user namespace: put `await sandbox()` before everything else, or run as root',
      )
    }
    const lab = new Lab(new Fabric())
    try {
      for (const { name } of topology.networks) lab.network(name)
      for (const node of topology.nodes) lab.build(node)
      return lab
    } catch (error) {
      await lab[Symbol.asyncDispose]()
      throw error
    }
  }

  /** Adds a network. */
  network(name: string): Network {
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
    checkNode(plan, this.topology)
    const node = new LabNode(plan, this.#fabric.addNode(plan))
    this.#nodes.set(plan.name, node)
    return node
  }

  /** A node by its name; throws when there is none. */
  get(name: string): LabNode {
    const node = this.#nodes.get(name)
    if (node === undefined)
      throw new TopologyError(`there is no node '${name}'; known: ${[...this.#nodes.keys()].join(', ')}`)
    return node
  }

  /** What was built, as data: another lab made from it is a replica. */
  get topology(): Topology {
    return {
      networks: [...this.#networks.keys()].map((name) => ({ name })),
      nodes: [...this.#nodes.values()].map(({ plan }) => plan),
    }
  }

  /** Closes every socket that the nodes opened, ends their programs, and gives the namespaces back. */
  [Symbol.asyncDispose](): Promise<void> {
    this.#disposed ??= this.#dispose()
    return this.#disposed
  }

  async #dispose(): Promise<void> {
    await Promise.all([...this.#nodes.values()].map((node) => node[Symbol.asyncDispose]()))
    this.#fabric[Symbol.dispose]()
  }
}
