import { randomBytes } from 'node:crypto'
import { CounterCells, RelayPorts } from '../datapath/index.ts'
import { decodeMessage, type Message } from '../stun/index.ts'
import { type Allocation, type Channel, type TurnEvents, TurnServer } from '../turn/server/index.ts'
import { type Audience, Connection } from './connection.ts'
import { Entrance } from './entrance.ts'
import { Outbox } from './outbox.ts'
import { PeerSender } from './peer-sender.ts'
import {
  type Certificate,
  defaultStreamLimits,
  type StreamAddress,
  type StreamLimits,
  type StreamRelay,
  type StreamSettings,
} from './settings.ts'
import { familyOf, StreamRelays } from './stream-relays.ts'
import { TcpPorts } from './tcp-ports.ts'
import { type StreamUdpRelay, UdpPorts } from './udp-ports.ts'

/** Milliseconds between two sweeps. */
const SWEEP = 1000

/**
 * STUN and TURN over TCP and TLS (RFC 8489 section 6.2.2, RFC 8656 section 3.1), with relays for UDP and TCP (RFC 6062),
 * on the event loop of its thread. All of its clients share one machine.
 */
export class StreamServer implements AsyncDisposable {
  readonly counters: CounterCells
  /** The machine; undefined for a server without relays. */
  readonly turn: TurnServer | undefined
  readonly #settings: StreamSettings
  readonly #limits: StreamLimits
  readonly #clock: () => number
  readonly #entrance: Entrance
  readonly #outbox: Outbox
  readonly #sender: PeerSender
  readonly #connections = new Set<Connection>()
  readonly #audience: Audience
  #timer: NodeJS.Timeout | undefined

  private constructor(settings: StreamSettings) {
    this.#settings = settings
    this.#limits = { ...defaultStreamLimits, ...settings.limits }
    this.#clock = settings.clock ?? Date.now
    this.counters = settings.counters ?? new CounterCells()
    this.#outbox = new Outbox(this.counters, this.#limits.queue)
    this.#sender = new PeerSender(this.counters)
    this.turn = settings.relay && this.#machine(settings.relay)
    this.#entrance = new Entrance(this.#limits, this.counters, (socket, transport) => {
      if (socket.remoteAddress === undefined) return void socket.destroy() // gone already
      const connection = new Connection(socket, transport, this.#limits.queue, this.#clock())
      this.#connections.add(connection)
      connection.listen(this.#audience)
    })
    this.#audience = {
      frame: (from, bytes) => this.#frame(from, bytes),
      told: () => this.#sender.flush(),
      broken: (from) => {
        this.counters.add('streamsBroken')
        from.socket.destroy()
      },
      ended: (connection) => this.#ended(connection),
    }
  }

  /**
   * Resolves when it listens everywhere. Rejects, with nothing left open, for an address that cannot be listened on, and
   * for a certificate that cannot be read.
   */
  static async start(settings: StreamSettings): Promise<StreamServer> {
    const server = new StreamServer(settings)
    try {
      if (settings.certificate !== undefined) server.certificate(settings.certificate)
      for (const address of settings.listen) await server.#entrance.listen(address)
    } catch (error) {
      await server[Symbol.asyncDispose]()
      throw error
    }
    server.#timer = setInterval(() => server.sweep(), SWEEP)
    return server
  }

  /** Where it listens, with ports that the kernel chose. */
  get addresses(): readonly StreamAddress[] {
    return this.#entrance.addresses
  }

  /** Other users, another filter, other limits: see {@link TurnServer.change}. */
  change(policy: Parameters<TurnServer['change']>[0]): void {
    this.turn?.change(policy)
  }

  /** Another certificate for connections to come. Throws Error for one that is none; the old one stays then. */
  certificate(certificate: Certificate): void {
    this.#entrance.secure(certificate)
  }

  /** No new allocations from now on; those that there are live on. */
  drain(): void {
    if (this.turn !== undefined) this.turn.draining = true
  }

  /** Ends what has lived its time. Happens by itself each second. */
  sweep(): void {
    const now = this.#clock()
    this.turn?.sweep(now)
    for (const connection of this.#connections) {
      if (connection.joined) continue
      if (connection.allocation !== undefined) connection.heard = now
      else if (now - connection.heard >= this.#limits.idle) connection.socket.destroy()
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer)
    this.turn?.stop()
    await this.#entrance.close()
  }

  #machine(relay: StreamRelay): TurnServer {
    const { counters } = this
    const parts = { counters, bandwidth: relay.bandwidth, clock: this.#clock }
    const machine = (): TurnServer => this.turn!
    const udp = new UdpPorts({
      ...parts,
      ports: new RelayPorts(relay.ports, random),
      outbox: this.#outbox,
      sender: this.#sender,
      toClient: (...datagram) => machine().fromPeer(...datagram),
    })
    const tcp = new TcpPorts({ ...parts, range: relay.ports, random, machine })
    const options = {
      ...relay.turn,
      relays: new StreamRelays(relay.addresses, udp, tcp),
      random: randomBytes,
      send: (client: unknown, message: Uint8Array) => this.#outbox.message(client as Connection, message),
      families: [...new Set(relay.addresses.map(familyOf))],
    }
    return new TurnServer(options, this.#events(relay.events ?? {}))
  }

  /** Keeps what connections have, and counts allocations. */
  #events(events: TurnEvents): TurnEvents {
    const has = (connection: unknown, allocation: Allocation | undefined): void => {
      ;(connection as Connection).allocation = allocation
      this.counters.set('allocations', this.turn!.table.size)
    }
    return {
      ...events,
      opened: (allocation) => {
        has(allocation.client, allocation)
        this.counters.add('allocationsOpened')
        events.opened?.(allocation)
      },
      closed: (allocation, why) => {
        has(allocation.client, undefined)
        if (why === 'expired') this.counters.add('allocationsExpired')
        events.closed?.(allocation, why)
      },
      moved: (allocation, before) => {
        has(before, undefined)
        has(allocation.client, allocation)
        events.moved?.(allocation, before)
      },
    }
  }

  #frame(from: Connection, bytes: Uint8Array): void {
    const now = this.#clock()
    from.heard = now
    this.counters.add('receivedFromClients')
    if (bytes[0]! >= 0x40) this.#channelData(from, bytes, now)
    else this.#message(from, bytes, now)
  }

  #channelData({ allocation }: Connection, bytes: Uint8Array, now: number): void {
    const channel = allocation?.channel(bytes[0]! * 256 + bytes[1]!, now)
    if (channel !== undefined) this.#toPeer(allocation!, channel, bytes.subarray(4), now)
    else this.counters.add(allocation === undefined ? 'droppedNoAllocation' : 'droppedNoChannel')
  }

  #toPeer(allocation: Allocation, channel: Channel, payload: Uint8Array, now: number): void {
    const relay = allocation.relay(channel.peer.address.includes(':') ? 6 : 4) as StreamUdpRelay
    if (relay.admitsToPeer(payload.length, now)) {
      this.counters.add('bytesFromClients', payload.length)
      this.#sender.add(relay, channel, payload)
    } else this.counters.add('droppedOverLimit')
  }

  #message(from: Connection, bytes: Uint8Array, now: number): void {
    const message = decodeMessage(bytes)
    if (message === undefined) this.counters.add('droppedMalformed')
    else if (this.turn !== undefined) this.turn.receive(message, from, now, from)
    else this.#answer(message, from)
  }

  /** Without relays there are bindings alone. */
  #answer(message: Message, from: Connection): void {
    const answer = this.#settings.stun?.(message, from)
    if (answer === undefined) this.counters.add('droppedMalformed')
    else this.#outbox.message(from, answer)
  }

  #ended(connection: Connection): void {
    this.#connections.delete(connection)
    if (!connection.joined) this.turn?.gone(connection)
  }
}

function random(): number {
  return randomBytes(4).readUInt32BE() / 2 ** 32
}
