import { noneReached, type Unreached } from '../../../src/discovery/error.ts'
import {
  type DiscoveryOptions,
  discovery,
  type Knocked,
  Machine,
  type NatReport,
  type OpenOptions,
  sameEndpoint,
} from '../../../src/discovery/index.ts'
import { type BehaviourAnswer, BehaviourResponder, type Endpoint } from '../../../src/stun/index.ts'
import type { Nat } from './nat.ts'

/** Who answers: sockets by number. */
export interface FakeServer {
  readonly endpoints: readonly Endpoint[]
  answer(datagram: Uint8Array, at: number, from: Endpoint, now: number): BehaviourAnswer | undefined
}

export const addresses = ['203.0.113.10', '203.0.113.11'] as const
export const ports = [3478, 3479] as const
/** With two addresses and two ports. */
export const whole = (): FakeServer => new BehaviourResponder({ addresses, ports })
/** A plain STUN server. */
export const plain = (address: string, port = 3478): FakeServer =>
  new BehaviourResponder({ addresses: [address], ports: [port] })

const DELAY = 10
const HOST = '192.168.1.10'

type Found = NatReport | readonly Unreached[]

function reported(found: Found): NatReport {
  if ('mapping' in found) return found
  throw noneReached(found)
}

/** A host, its NAT and servers, in which time is a number. */
export class World {
  now = 0
  /** Every packet on its way is asked whether it gets lost. */
  lose: (packet: number) => boolean = () => false
  /** What the network says about a packet to there, instead of letting it through. */
  refuse: (to: Endpoint) => 'no listener' | 'forbidden' | undefined = () => undefined
  /** Whether there is a way to there. */
  routed: (to: Endpoint) => boolean = () => true
  /** What servers make of TCP. */
  knocked: Knocked = 'silence'
  readonly said: string[] = []
  /** When each request was sent first, by its transaction. */
  readonly asked: Map<string, number> = new Map()
  readonly #nat: Nat | undefined
  readonly #servers: readonly FakeServer[]
  readonly #host: readonly string[]
  readonly #sockets: (Endpoint | undefined)[] = []
  readonly #queue: { readonly at: number; readonly deliver: () => void }[] = []
  #packets = 0

  /** Without a NAT the host has the address that it is given. */
  constructor(nat: Nat | undefined, servers: readonly FakeServer[], host: readonly string[] = [HOST]) {
    this.#nat = nat
    this.#servers = servers
    this.#host = host
  }

  discover(options: DiscoveryOptions): NatReport {
    let seed = 0
    const random = (bytes: number): Uint8Array => {
      seed += 1
      const id = new Uint8Array(bytes)
      new DataView(id.buffer).setUint32(0, seed)
      return id
    }
    const machine = new Machine(discovery(options), random, this.now)
    for (;;) {
      const effects = machine.poll(this.now)
      for (const effect of effects) {
        if (effect.kind === 'done') return reported(effect.result)
        if (effect.kind === 'say') this.said.push(effect.text)
        if (effect.kind === 'open') machine.opened(effect.socket, this.#open(effect.socket, effect.options), this.now)
        if (effect.kind === 'knock') machine.knocked(this.knocked, this.now)
        if (effect.kind === 'send') this.#leave(machine, effect.socket, effect.to, effect.bytes)
      }
      if (effects.length === 0) this.#pass(machine.deadline)
    }
  }

  /** On to what comes next: a packet that arrives, or the machine's own deadline. */
  #pass(deadline = Infinity): void {
    this.#queue.sort((one, two) => one.at - two.at)
    const next = this.#queue[0]
    if (next === undefined || next.at > deadline) {
      this.now = Math.max(this.now, deadline)
      return
    }
    this.#queue.shift()
    this.now = next.at
    next.deliver()
  }

  #open(socket: number, { address = this.#host[0]!, port, connect }: OpenOptions): Endpoint | undefined {
    if (!this.#host.includes(address) || (connect !== undefined && !this.routed(connect))) return undefined
    const local = { address, port: port ?? 40_000 + socket }
    this.#sockets[socket] = local
    return local
  }

  #later(deliver: () => void): void {
    this.#packets += 1
    if (!this.lose(this.#packets)) this.#queue.push({ at: this.now + DELAY, deliver })
  }

  #leave(machine: Machine<Found>, socket: number, to: Endpoint, bytes: Uint8Array): void {
    const local = this.#sockets[socket]!
    const transaction = Buffer.from(bytes.subarray(8, 20)).toString('hex')
    if (!this.asked.has(transaction)) this.asked.set(transaction, this.now)
    const why = this.refuse(to)
    if (why !== undefined) {
      this.#later(() => machine.refused(socket, why, this.now))
      return
    }
    const arrive = (target: Endpoint | undefined, from: Endpoint): void => {
      const at = this.#numberOf(target)
      if (at >= 0) this.#later(() => machine.handle(bytes, at, from, this.now))
    }
    if (to.address === (this.#nat?.address ?? local.address)) {
      const turned = this.#nat ? this.#nat.hairpin(local, to, this.now) : { to, from: local }
      if (turned !== undefined) arrive(turned.to, turned.from)
      return
    }
    const from = this.#nat ? this.#nat.outbound(local, to, this.now) : local
    if (from !== undefined) this.#later(() => this.#serve(machine, from, to, bytes))
  }

  #serve(machine: Machine<Found>, from: Endpoint, to: Endpoint, bytes: Uint8Array): void {
    for (const server of this.#servers) {
      const at = server.endpoints.findIndex(({ address, port }) => address === to.address && port === to.port)
      const answer = at >= 0 ? server.answer(bytes, at, from, this.now) : undefined
      if (answer !== undefined) this.#later(() => this.#enter(machine, server.endpoints[answer.via]!, answer))
    }
  }

  #enter(machine: Machine<Found>, from: Endpoint, { to, bytes }: BehaviourAnswer): void {
    const inside = this.#nat ? this.#nat.inbound(from, to.port, this.now) : to
    const at = this.#numberOf(inside)
    if (at >= 0) machine.handle(bytes, at, from, this.now)
  }

  #numberOf(local: Endpoint | undefined): number {
    return local === undefined ? -1 : this.#sockets.findIndex((each) => each !== undefined && sameEndpoint(each, local))
  }
}
