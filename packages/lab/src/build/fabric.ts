import { NetworkNamespace, Route, writeSysctl } from '@sallyport/linux'
import type { Attachment, NodePlan } from '../topology/topology.ts'
import { ipv6Off, settingsOf } from './settings.ts'

const MOST_TRIES = 2000
/** Nobody wakes who waits on it: a pause of a synchronous function. */
const never = new Int32Array(new SharedArrayBuffer(4))

/**
 * The namespace that holds the switches of one lab: a bridge per network, and the far end of every cable. It has no
 * addresses and no routes, so nothing leaks between networks, and no other lab sees it.
 */
export class Fabric implements Disposable {
  readonly namespace: NetworkNamespace
  readonly #route: Route
  readonly #bridges = new Map<string, string>()
  #ports = 0

  constructor() {
    this.namespace = NetworkNamespace.create()
    this.namespace.run(() => apply(ipv6Off))
    this.#route = Route.open({ namespace: this.namespace })
  }

  /** Makes the switch of a network. Bridges are numbered: names of networks may be longer than IFNAMSIZ allows. */
  addNetwork(name: string): void {
    const bridge = `switch${this.#bridges.size}`
    this.#route.addBridge({ name: bridge, up: true })
    this.#bridges.set(name, bridge)
  }

  /** Makes a node: its namespace, its cables into the switches, addresses, routes. */
  addNode(node: NodePlan): NetworkNamespace {
    const namespace = NetworkNamespace.create()
    try {
      namespace.run(() => apply(settingsOf(node)))
      using route = Route.open({ namespace })
      route.setLink('lo', { up: true })
      const ports = Object.entries(node.interfaces).map(([name, to]) => this.#plug(route, namespace, name, to))
      for (const { to, via } of node.routes) route.addRoute({ to, via })
      for (const port of ports) this.#awaitCarrier(port, node)
      return namespace
    } catch (error) {
      namespace[Symbol.dispose]()
      throw error
    }
  }

  /** The end in the switch goes up first, so that the node's end carries packets as soon as it is up. */
  #plug(route: Route, namespace: NetworkNamespace, name: string, { network, addresses, mtu }: Attachment): string {
    const port = `port${this.#ports}`
    this.#ports += 1
    this.#route.addVeth({ name: port, peer: { name, namespace }, ...(mtu === undefined ? {} : { mtu }) })
    this.#route.setLink(port, { master: this.#bridges.get(network)!, up: true })
    route.setLink(name, { up: true, ...(mtu === undefined ? {} : { mtu }) })
    for (const address of addresses) route.addAddress(name, address)
    return port
  }

  /**
   * A switch drops what comes by a port until the kernel's link watcher, a thread of its own, has seen that the other
   * end is up: a matter of microseconds, or of some milliseconds on a busy machine.
   */
  #awaitCarrier(port: string, node: NodePlan): void {
    for (let tries = 0; !this.#route.link(port).running; tries += 1) {
      if (tries === MOST_TRIES) throw new Error(`a cable of node '${node.name}' has no carrier after ${MOST_TRIES} ms`)
      Atomics.wait(never, 0, 0, 1)
    }
  }

  [Symbol.dispose](): void {
    this.#route[Symbol.dispose]()
    this.namespace[Symbol.dispose]()
  }
}

function apply(settings: readonly [string, string][]): void {
  for (const [name, value] of settings) writeSysctl(name, value)
}
