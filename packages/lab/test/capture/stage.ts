import { NetworkNamespace, Route, type SocketOptions, udpSocket, writeSysctl } from '@sallyport/linux'
import type { CaptureSource, FabricPort } from '../../src/capture/index.ts'
import { load, masquerade } from '../../src/nat/index.ts'
import { type NodePlan, planNode, type Topology } from '../../src/topology/index.ts'
import { Mailbox } from '../../src/traffic/index.ts'

/** What a capture needs of a lab, and no more: veth pairs into bridges of one namespace. */
export class Stage implements CaptureSource, AsyncDisposable {
  readonly fabric: { readonly namespace: NetworkNamespace; ports(): readonly FabricPort[] }
  readonly #route: Route
  readonly #ports: FabricPort[] = []
  readonly #networks: string[] = []
  readonly #nodes: StageNode[] = []

  constructor() {
    const namespace = NetworkNamespace.create()
    namespace.run(quiet)
    this.fabric = { namespace, ports: () => this.#ports }
    this.#route = Route.open({ namespace })
  }

  get topology(): Topology {
    return { networks: this.#networks.map((name) => ({ name })), nodes: this.#nodes.map(({ plan }) => plan) }
  }

  get nodes(): readonly StageNode[] {
    return this.#nodes
  }

  network(name: string): { at(...addresses: string[]): { network: string; addresses: string[] } } {
    this.#networks.push(name)
    this.#route.addBridge({ name: `switch${this.#networks.length - 1}`, up: true, multicastSnooping: false })
    return { at: (...addresses) => ({ network: name, addresses }) }
  }

  node(...plan: Parameters<typeof planNode>): StageNode {
    const node = new StageNode(planNode(...plan))
    this.#nodes.push(node)
    using route = Route.open({ namespace: node.namespace })
    route.setLink('lo', { up: true })
    for (const [name, { network, addresses }] of Object.entries(node.plan.interfaces)) {
      const port = `port${this.#ports.length}`
      this.#route.addVeth({ name: port, peer: { name, namespace: node.namespace } })
      this.#route.setLink(port, { master: `switch${this.#networks.indexOf(network)}`, up: true })
      route.setLink(name, { up: true })
      for (const address of addresses) route.addAddress(name, address)
      this.#ports.push({ ifindex: this.#route.link(port).index, node: node.name, interface: name, network })
    }
    for (const { to, via } of node.plan.routes) route.addRoute({ to, ...(via !== undefined && { via }) })
    return node
  }

  async ready(): Promise<void> {
    for (const { ifindex } of this.#ports) while (!this.#route.link(ifindex).running) await new Promise(setImmediate)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const node of this.#nodes) await node[Symbol.asyncDispose]()
    this.#route[Symbol.dispose]()
    this.fabric.namespace[Symbol.dispose]()
  }
}

export class StageNode implements AsyncDisposable {
  readonly plan: NodePlan
  readonly namespace: NetworkNamespace
  readonly #boxes: Mailbox[] = []

  constructor(plan: NodePlan) {
    this.plan = plan
    this.namespace = NetworkNamespace.create()
    this.namespace.run(() => {
      quiet()
      writeSysctl('net.ipv4.ip_forward', plan.forwarding ? '1' : '0')
      for (const scope of ['all', 'default']) writeSysctl(`net.ipv4.conf.${scope}.rp_filter`, '0')
    })
  }

  get name(): string {
    return this.plan.name
  }

  async mailbox(options: Omit<SocketOptions, 'namespace'> = {}): Promise<Mailbox> {
    const box = new Mailbox(await udpSocket({ ...options, namespace: this.namespace }))
    this.#boxes.push(box)
    return box
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#boxes.map((box) => box.close()))
    this.namespace[Symbol.dispose]()
  }
}

function quiet(): void {
  for (const scope of ['all', 'default']) writeSysctl(`net.ipv6.conf.${scope}.disable_ipv6`, '1')
}

/** alice behind `home`, which masquerades; a server outside. */
export async function house(): Promise<{ stage: Stage; home: StageNode; alice: StageNode; server: StageNode }> {
  const stage = new Stage()
  const internet = stage.network('internet')
  const lan = stage.network('house')
  const interfaces = { wan: internet.at('203.0.113.2/24'), lan: lan.at('192.168.1.1/24') }
  const home = stage.node('home', interfaces, { forwarding: true })
  const alice = stage.node('alice', { eth0: lan.at('192.168.1.2/24') }, { via: '192.168.1.1' })
  const server = stage.node('server', { eth0: internet.at('203.0.113.10/24') })
  load(masquerade('wan'), home.namespace)
  await stage.ready()
  return { stage, home, alice, server }
}
