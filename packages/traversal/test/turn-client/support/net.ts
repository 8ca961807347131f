import { Random } from '@sallyport/linux/testing'
import { decodeMessage, type Endpoint } from '../../../src/stun/index.ts'
import {
  decodeChannelData,
  encodeChannelData,
  TurnClient,
  type TurnClientEvent,
  type TurnClientOptions,
} from '../../../src/turn/client/index.ts'
import { type Client, clientKey, peerKey, type Relay } from '../../../src/turn/server/index.ts'
import { World, type WorldOptions } from '../../turn/support/world.ts'

export const SERVER: Endpoint = { address: '203.0.113.1', port: 3478 }
export const peerA: Endpoint = { address: '192.0.2.10', port: 7000 }
export const peerB: Endpoint = { address: '192.0.2.11', port: 7001 }

export interface NetOptions extends WorldOptions {
  /** Of a hundred datagrams; default 0. */
  readonly loss?: number
  /** Of a hundred datagrams; default 0. */
  readonly twice?: number
  readonly seed?: number
  /** Milliseconds each way: at least so many, and up to so many more; default 20 and 0. */
  readonly delay?: number
  readonly jitter?: number
}

/** A client in a network: the machine, where it sends from, and what it said. */
export interface Station {
  readonly machine: TurnClient
  client: Client
  readonly events: TurnClientEvent[]
}

export type Watcher = (bytes: Uint8Array, way: 'to server' | 'to client') => Uint8Array | 'lost' | undefined

/** Clients, the real server machine, and between them a network with a clock that jumps from event to event. */
export class Net {
  world: World
  readonly stations: Station[] = []
  /** Looks at everything, and may change or lose it. */
  watch: Watcher = () => undefined
  /** What peers got. */
  readonly atPeers: { peer: Endpoint; text: string; dontFragment: boolean }[] = []
  readonly #options: NetOptions
  readonly #random: Random
  readonly #queue: { at: number; act: () => void }[] = []

  constructor(options: NetOptions = {}) {
    this.#options = options
    this.#random = new Random(options.seed ?? 1)
    this.world = this.#newWorld()
  }

  get now(): number {
    return this.world.now
  }

  /** Another server at the same address, which knows nothing. */
  restartServer(): void {
    const { now } = this.world
    this.world = this.#newWorld()
    this.world.now = now
  }

  join(options: Partial<TurnClientOptions> = {}, port: number = 5000 + this.stations.length): Station {
    const transport = options.transport ?? 'udp'
    const random = (length: number): Uint8Array => Uint8Array.from(this.#random.bytes(length))
    const login = { username: 'alice', password: "alice's", server: SERVER, random }
    const client = { transport, remote: { address: '198.51.100.7', port }, local: SERVER }
    const station = { machine: new TurnClient({ ...login, ...options }, this.now), client, events: [] }
    this.stations.push(station)
    this.#pump(station)
    return station
  }

  /** From now on the client sends from another port. */
  move(station: Station, port: number): void {
    station.client = { ...station.client, remote: { ...station.client.remote, port } }
    station.machine.move(this.now)
    this.#pump(station)
  }

  send(station: Station, peer: Endpoint, text: string, options: { dontFragment?: boolean } = {}): boolean {
    const sent = station.machine.send(Buffer.from(text), peer, this.now, options)
    this.#pump(station)
    return sent
  }

  /** Says something to a machine, and lets what comes of it happen. */
  tell(station: Station, say: (machine: TurnClient, now: number) => void): void {
    say(station.machine, this.now)
    this.#pump(station)
  }

  /** A datagram of a peer to a relay, as a datapath brings it. */
  fromPeer(peer: Endpoint, relay: Endpoint | undefined, text: string): void {
    const allocation = [...this.world.relays.owners].find(([{ endpoint }]) => endpoint.port === relay?.port)?.[1]
    if (allocation === undefined) return
    const { server, now } = this.world
    const channel = allocation.channelTo(peer, now)
    if (channel === undefined) server.fromPeer(allocation, peer, Buffer.from(text), now)
    else if (server.admits(allocation, peer, now)) {
      this.#toClient(allocation.client, encodeChannelData({ channel: channel.number, data: Buffer.from(text) }, false))
    }
  }

  /** Lets time pass. Milliseconds. `each` is called before every step. */
  run(ms: number, each: () => void = () => undefined): void {
    const end = this.now + ms
    for (;;) {
      const next = Math.min(this.#nextAct(), this.#nextDeadline(), this.#nextSecond())
      if (next > end) break
      this.#step(next)
      each()
    }
    this.world.now = end
  }

  /** The texts that a client got from a peer. */
  textsFrom(station: Station, peer: Endpoint): string[] {
    return station.events.flatMap((event) =>
      event.type === 'data' && peerKey(event.peer) === peerKey(peer) ? [Buffer.from(event.bytes).toString()] : [],
    )
  }

  relayOf({ machine }: Station): Endpoint {
    return machine.allocated!.relayed[0]!
  }

  #nextAct(): number {
    return this.#queue[0]?.at ?? Number.POSITIVE_INFINITY
  }

  #nextDeadline(): number {
    return Math.max(this.now, Math.min(...this.stations.map(({ machine }) => machine.deadline)))
  }

  #nextSecond(): number {
    return Math.floor(this.now / 1000) * 1000 + 1000
  }

  #step(at: number): void {
    const isSecond = at === this.#nextSecond()
    this.world.now = at
    while (this.#nextAct() <= at) this.#queue.shift()!.act()
    if (isSecond) this.world.server.sweep(at)
    for (const station of this.stations) this.#pump(station)
  }

  #pump(station: Station): void {
    const { client } = station // what is on its way keeps the address that it was sent from
    const { datagrams, events } = station.machine.poll(this.now)
    station.events.push(...events)
    for (const { to, bytes } of datagrams) {
      if (to.address === SERVER.address) this.#carry(bytes, 'to server', (b) => this.#atServer(b, client))
    }
  }

  #toClient(client: Client, bytes: Uint8Array): void {
    const key = clientKey(client)
    this.#carry(bytes, 'to client', (arrived) => {
      for (const station of this.stations) {
        if (clientKey(station.client) === key) station.machine.handle(arrived, SERVER, this.now)
      }
    })
  }

  #carry(bytes: Uint8Array, way: 'to server' | 'to client', arrive: (bytes: Uint8Array) => void): void {
    const { loss = 0, twice = 0, delay = 20, jitter = 0 } = this.#options
    const seen = this.watch(bytes, way)
    if (seen === 'lost' || this.#random.below(100) < loss) return
    for (let copy = this.#random.below(100) < twice ? 2 : 1; copy > 0; copy -= 1) {
      const at = this.now + delay + (jitter === 0 ? 0 : this.#random.below(jitter))
      const index = this.#queue.findIndex((other) => other.at > at)
      this.#queue.splice(index < 0 ? this.#queue.length : index, 0, { at, act: () => arrive(seen ?? bytes) })
    }
  }

  #atServer(bytes: Uint8Array, client: Client): void {
    const { server, now } = this.world
    const message = decodeMessage(bytes)
    if (message !== undefined) server.receive(message, client, now)
    else {
      const data = decodeChannelData(bytes)
      const allocation = server.table.of(client)
      const channel = data && allocation?.channel(data.channel, now)
      if (channel !== undefined) this.#atPeer(channel.peer, data!.data, false)
    }
  }

  #atPeer(peer: Endpoint, payload: Uint8Array, dontFragment: boolean): void {
    this.atPeers.push({ peer, text: Buffer.from(payload).toString(), dontFragment })
  }

  #newWorld(): World {
    const { loss: _, twice: __, seed: ___, delay: ____, jitter: _____, ...options } = this.#options
    const world = new World({ send: (client, bytes) => this.#toClient(client, bytes), ...options })
    world.relays.send = (_relay: Relay, peer, payload, df) => this.#atPeer(peer, payload, df)
    return world
  }
}

export function eventsOf<T extends TurnClientEvent['type']>(
  { events }: Station,
  type: T,
): Extract<TurnClientEvent, { type: T }>[] {
  return events.filter((event): event is Extract<TurnClientEvent, { type: T }> => event.type === type)
}
