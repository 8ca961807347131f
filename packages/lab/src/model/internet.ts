import type { Endpoint } from '@sallyport/linux'
import type { Behaviour } from '../nat/behaviour.ts'
import { NatModel } from './nat-model.ts'
import type { DropReason, ModelPacket, ModelProtocol, TcpFlags } from './packet.ts'
import { EventQueue } from './queue.ts'
import { seeded } from './seeded.ts'

/** Where a node of the model is plugged in. */
export interface ModelPlace {
  /** The router whose LAN it is in; default: the public internet. */
  readonly behind?: string
  /** Milliseconds one way on its link to that network; default 0. */
  readonly delay?: number
}

/** What a host of the model sends. */
export interface Sending {
  readonly protocol?: ModelProtocol
  readonly from: number
  readonly to: Endpoint
  readonly flags?: TcpFlags
  readonly text?: string
}

/** What is called when a packet comes to a host; it may send at once. */
export type Receiver = (packet: ModelPacket, now: number) => void

/** One thing that happened to a packet. */
export interface ModelEvent {
  /** In ms. */
  readonly at: number
  /** Of the host or router where it happened. */
  readonly node: string
  readonly what: 'sent' | 'translated' | 'delivered' | DropReason | 'no such address'
  /** As it was before. */
  readonly packet: ModelPacket
}

/** A host of the model. */
export interface ModelHost {
  readonly name: string
  readonly address: string
}

interface Host extends ModelHost {
  readonly lan: Lan
  readonly delay: number
  readonly receive: Receiver
}

interface Router {
  readonly name: string
  readonly nat: NatModel
  readonly upstream: Lan
  readonly lan: Lan
  readonly delay: number
}

/** A network: who is attached, by address, and the way out (the public internet has none). */
interface Lan {
  readonly prefix: string
  readonly attached: Map<string, Host | Router>
  gateway?: Router
}

/**
 * Hosts and modelled NATs in any nesting, and packets on their way between them: an internet in which hours pass in
 * microseconds, and in which the same seed gives the same run.
 */
export class ModelInternet {
  /** Everything that happened, in order. */
  readonly events: ModelEvent[] = []
  readonly #public: Lan = { prefix: '203.0.113', attached: new Map() }
  readonly #routers = new Map<string, Router>()
  readonly #hosts = new Map<string, Host>()
  readonly #queue = new EventQueue<() => void>()
  readonly #random: () => number
  #now = 0

  constructor({ seed = 1 }: { readonly seed?: number } = {}) {
    this.#random = seeded(seed)
  }

  get now(): number {
    return this.#now
  }

  /** Adds a router with a NAT and a LAN of its own; `addresses`: how many external ones, default 1. */
  router(name: string, behaviour: Behaviour, place: ModelPlace & { readonly addresses?: number } = {}): NatModel {
    if (this.#routers.has(name)) throw new RangeError(`there is a router '${name}' already`)
    const upstream = this.#lanOf(place.behind)
    const external = Array.from({ length: place.addresses ?? 1 }, (_, index) => free(upstream, index))
    const lan: Lan = { prefix: `10.0.${this.#routers.size + 1}`, attached: new Map() }
    const nat = new NatModel(behaviour, { external }, this.#random)
    const router: Router = { name, nat, upstream, lan, delay: place.delay ?? 0 }
    lan.gateway = router
    for (const address of external) upstream.attached.set(address, router)
    this.#routers.set(name, router)
    return nat
  }

  /** Adds a host, on the public internet or behind a router. */
  host(name: string, place: ModelPlace = {}, receive: Receiver = () => {}): ModelHost {
    if (this.#hosts.has(name)) throw new RangeError(`there is a host '${name}' already`)
    const lan = this.#lanOf(place.behind)
    const host: Host = { name, address: free(lan), lan, delay: place.delay ?? 0, receive }
    lan.attached.set(host.address, host)
    this.#hosts.set(name, host)
    return host
  }

  /** Lets a host send; `at` in ms, default now. */
  send(host: ModelHost, { protocol = 'udp', from, to, ...more }: Sending, at: number = this.#now): void {
    const sender = this.#hosts.get(host.name)!
    const packet: ModelPacket = {
      protocol,
      source: { address: host.address, port: from },
      destination: to,
      ...more,
    }
    this.at(at, () => {
      this.#note(host.name, 'sent', packet)
      this.#after(sender.delay, () => this.#route(sender.lan, packet))
    })
  }

  /** Calls something at a time of this internet, in ms. */
  at(at: number, fn: () => void): void {
    this.#queue.add(Math.max(at, this.#now), fn)
  }

  /** Lets things happen, all of them or those until a time (which it is afterwards). */
  run(until?: number): void {
    for (let next = this.#queue.next(until); next !== undefined; next = this.#queue.next(until)) {
      this.#now = next.at
      next.event()
    }
    if (until !== undefined) this.#now = until
  }

  #after(delay: number, fn: () => void): void {
    this.at(this.#now + delay, fn)
  }

  /** A packet on a network: to who has the address there, else to the way out. */
  #route(lan: Lan, packet: ModelPacket): void {
    const { gateway } = lan
    const there = lan.attached.get(packet.destination.address)
    if (there !== undefined && 'receive' in there) {
      this.#after(there.delay, () => this.#deliver(there, packet))
    } else if (there !== undefined) {
      this.#after(there.delay, () => this.#translate(there, packet, 'inbound'))
    } else if (gateway !== undefined) {
      this.#translate(gateway, packet, 'outbound')
    } else {
      this.#note('internet', 'no such address', packet)
    }
  }

  #deliver(host: Host, packet: ModelPacket): void {
    this.#note(host.name, 'delivered', packet)
    host.receive(packet, this.#now)
  }

  #translate(router: Router, packet: ModelPacket, direction: 'inbound' | 'outbound'): void {
    const verdict = router.nat[direction](packet, this.#now)
    if ('dropped' in verdict) {
      this.#note(router.name, verdict.dropped, packet)
      return
    }
    this.#note(router.name, 'translated', packet)
    if (verdict.to === 'inside') this.#route(router.lan, verdict.packet)
    else this.#after(router.delay, () => this.#route(router.upstream, verdict.packet))
  }

  #note(node: string, what: ModelEvent['what'], packet: ModelPacket): void {
    this.events.push({ at: this.#now, node, what, packet })
  }

  #lanOf(name: string | undefined): Lan {
    if (name === undefined) return this.#public
    const router = this.#routers.get(name)
    if (router === undefined) throw new RangeError(`there is no router '${name}'`)
    return router.lan
  }
}

/** The next address of a network that nobody has, or the one `skip` further. */
function free({ prefix, attached }: Lan, skip = 0): string {
  return `${prefix}.${attached.size + 2 + skip}`
}
