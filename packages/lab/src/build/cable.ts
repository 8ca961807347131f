import { type Link, type NetworkNamespace, Route } from '@sallyport/linux'
import { impairments, isImpaired, type LinkOptions } from '../link/index.ts'
import type { Cable as WireCable } from '../wire/index.ts'
import type { Switch } from './switch.ts'
import type { Wires } from './wires.ts'

/** Where a cable's node end is. */
export interface NodeEnd {
  readonly node: string
  readonly namespace: NetworkNamespace
  readonly interface: string
  /** Number of the interface, if nobody else has it yet. */
  readonly index: number
  readonly mtu: number | undefined
}

/** What cables are made with: the fabric's own. */
export interface Workbench {
  readonly namespace: NetworkNamespace
  readonly route: Route
  readonly wires: Wires
}

/** A cable between a node and a switch: a pair of links, or two pairs with the wire between them. */
export class Cable {
  readonly end: NodeEnd
  /** Name and number of its end at the switch. */
  readonly name: string
  #port: number
  #index: number
  readonly #bench: Workbench
  #wire: WireCable | undefined
  #switch: Switch | undefined
  #isDown = false

  constructor(end: NodeEnd, port: number, bench: Workbench) {
    this.end = end
    this.name = `port${port}`
    this.#port = port
    this.#index = end.index
    this.#bench = bench
  }

  /** Number of its end at the switch. */
  get port(): number {
    return this.#port
  }

  /** Number of its end in the node. */
  get index(): number {
    return this.#index
  }

  get isWired(): boolean {
    return this.#wire !== undefined
  }

  /** Somebody has pulled it out. */
  get isDown(): boolean {
    return this.#isDown
  }

  /** Makes both ends, that at the switch up. With `hardwareAddress`, the node's end has that one. */
  make(to: Switch, link: LinkOptions = {}, hardwareAddress?: string): void {
    this.#switch = to
    if (isImpaired(link)) this.#makeWire(to, link, hardwareAddress)
    else this.#makeVeth(to, hardwareAddress)
  }

  /** It goes up at the switch first, so that the node's end carries packets as soon as it is up. */
  #makeVeth(to: Switch, hardwareAddress?: string): void {
    const { interface: name, index, namespace, mtu } = this.end
    const peer = { name, index, namespace, mtu, hardwareAddress }
    const master = to.admit(this.port)
    this.#bench.route.addVeth({ name: this.name, index: this.port, up: true, master, mtu, peer })
  }

  #makeWire(to: Switch, link: LinkOptions, hardwareAddress?: string): void {
    const { node, interface: name, namespace, mtu } = this.end
    const { up, down } = impairments(link)
    this.#wire = this.#bench.wires.plug({
      name: `${node}.${name}`,
      a: { namespace, interface: name, mtu, hardwareAddress },
      b: { namespace: this.#bench.namespace, interface: this.name, mtu },
      aToB: up,
      bToA: down,
    })
    // The wire does not choose numbers.
    this.#port = this.#bench.route.link(this.name).index
    this.#index = this.nodeLink().index
    this.#bench.route.setLink(this.#port, { up: true, master: to.admit(this.#port) })
  }

  /** The node's end as the kernel has it. */
  nodeLink(): Link {
    using route = Route.open({ namespace: this.end.namespace })
    return route.link(this.end.interface)
  }

  /** Changes what a wire does to frames; resolves when it does. */
  async change(link: LinkOptions): Promise<void> {
    const { up, down } = impairments(link)
    await this.#wire?.change({ aToB: up, bToA: down })
  }

  /** Pulls it out, or puts it back in: the node's end loses its carrier, and keeps addresses and routes. */
  setCarrier(on: boolean): void {
    this.#isDown = !on
    if (this.#wire === undefined) this.#bench.route.setLink(this.#port, { up: on })
    else this.#wire.setCarrier(on)
  }

  /** Into another switch. */
  replug(to: Switch): void {
    this.#switch?.dismiss(this.port)
    this.#switch = to
    this.#bench.route.setLink(this.#port, { master: to.admit(this.#port) ?? null })
  }

  /** Bytes of an IP packet, for the node and for what the network delivers to it. */
  setMtu(mtu: number): void {
    using route = Route.open({ namespace: this.end.namespace })
    route.setLink(this.#index, { mtu })
    this.#bench.route.setLink(this.#port, { mtu })
  }

  /** Takes both ends away, and makes them again as this link asks for. Both have other numbers then. */
  remake(link: LinkOptions, hardwareAddress: string | undefined): void {
    const to = this.#switch!
    this.remove()
    this.make(to, link, hardwareAddress)
  }

  /** Takes both ends away. */
  remove(): void {
    this.#switch?.dismiss(this.#port)
    if (this.#wire === undefined) this.#bench.route.deleteLink(this.#port)
    else this.#wire.unplug()
    this.#wire = undefined
  }

  /** Do both ends carry? */
  isRunning(): boolean {
    // Not `running`: that is true of a link that the kernel's watcher has not looked at yet.
    if (this.#bench.route.link(this.#port).state !== 'up') return false
    return this.#wire === undefined || this.nodeLink().state === 'up'
  }
}
