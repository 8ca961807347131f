import { type CounterCells, type Outside, RelayPorts } from '../datapath/index.ts'
import { decodeMessage, type Message } from '../stun/index.ts'
import { type Allocation, type Channel, type TurnEvents, TurnServer } from '../turn/server/index.ts'
import { type Arrival, type Audience, Connection } from './connection.ts'
import { Entrance } from './entrance.ts'
import { Inbox } from './inbox.ts'
import { Outbox } from './outbox.ts'
import { PeerSender } from './peer-sender.ts'
import {
  type ClientLimits,
  defaultStreamLimits,
  type StreamLimits,
  type StreamRelay,
  type StreamSettings,
} from './settings.ts'
import { familyOf, StreamRelays } from './stream-relays.ts'
import { TcpPorts } from './tcp-ports.ts'
import { type StreamUdpRelay, UdpPorts } from './udp-ports.ts'
import { Watch } from './watch.ts'

/** Milliseconds between two sweeps. */
const SWEEP = 1000

/**
 * STUN and TURN over TCP and TLS (RFC 8489 section 6.2.2, RFC 8656 section 3.1), with relays for UDP and TCP (RFC 6062):
 * a loop of its own for a thread that does nothing else. All of its clients share one machine; a message in a channel
 * goes its way without an object.
 */
export class StreamServer {
  readonly counters: CounterCells
  /** The machine; undefined for a server without relays. */
  readonly turn: TurnServer | undefined
  readonly #settings: StreamSettings
  readonly #limits: StreamLimits
  readonly #watch: Watch
  readonly #inbox = new Inbox()
  readonly #entrance: Entrance
  readonly #outbox: Outbox
  readonly #sender: PeerSender
  /** Their numbers at the entrance. */
  readonly #connections = new Map<Connection, number>()
  readonly #audience: Audience
  #swept: number

  constructor(settings: StreamSettings) {
    this.#settings = settings
    this.#watch = new Watch(settings.clock)
    this.#swept = this.#watch.now
    this.#limits = { ...defaultStreamLimits, ...settings.limits }
    this.counters = settings.counters
    this.#outbox = new Outbox(this.counters, this.#limits.queue)
    this.#sender = new PeerSender(this.counters, this.#inbox)
    this.turn = settings.relay && this.#machine(settings.relay)
    this.#audience = this.#listener()
    this.#entrance = new Entrance({
      watch: this.#watch,
      listeners: settings.listeners,
      limits: this.#limits,
      counters: this.counters,
      tls: settings.tls,
      entered: (arrival, id) => this.#entered(arrival, id),
    })
  }

  /** Runs until {@link Outside.awake} says that it is enough; then everything is closed. */
  run(outside: Outside): void {
    let going = true
    const wakeup = (): void => {
      going = outside.awake() && going
    }
    this.#watch.add(outside.wakeup, { ready: wakeup })
    while (going) {
      const swept = this.#swept
      this.step(SWEEP)
      if (this.#swept !== swept) outside.tick?.()
    }
    this.close()
  }

  /** Does what there is to do, and waits for it at most so long (milliseconds). */
  step(timeout: number): void {
    this.#watch.turn(timeout)
    this.#outbox.flush()
    if (this.#watch.now - this.#swept >= SWEEP) this.sweep()
  }

  /** Other users, another filter, other limits: see {@link TurnServer.change}. */
  change(policy: Parameters<TurnServer['change']>[0]): void {
    this.turn?.change(policy)
  }

  /** Other limits for who connects; what is absent is as by default. */
  admit(limits: Partial<ClientLimits>): void {
    const { perAddress, total } = defaultStreamLimits
    this.#entrance.limits = { perAddress, total, ...limits }
  }

  /** No new allocations from now on; those that there are live on. */
  drain(): void {
    if (this.turn !== undefined) this.turn.draining = true
  }

  /** Ends what has lived its time. Happens by itself each second. */
  sweep(): void {
    const now = this.#settings.clock()
    this.#swept = now
    this.turn?.sweep(now)
    this.#entrance.retry()
    for (const connection of this.#connections.keys()) {
      if (connection.joined) continue
      if (connection.allocation !== undefined) connection.heard = now
      else if (now - connection.heard >= this.#limits.idle) connection.stream.close()
    }
  }

  /** Ends everything. */
  close(): void {
    this.turn?.stop()
    this.#entrance.close()
    for (const { stream } of [...this.#connections.keys()]) stream.close()
    this.#watch[Symbol.dispose]()
  }

  #entered(arrival: Arrival, id: number): void {
    const connection = new Connection(arrival, this.#watch, this.#audience, this.#limits.queue, this.#watch.now)
    this.#connections.set(connection, id)
  }

  #listener(): Audience {
    return {
      inbox: this.#inbox,
      frame: (from, at, length) => this.#frame(from, at, length),
      told: () => {
        this.#sender.flush()
        this.#outbox.flush()
      },
      broken: ({ stream }) => {
        this.counters.add('streamsBroken')
        stream.close()
      },
      ended: (connection) => this.#ended(connection),
    }
  }

  #machine(relay: StreamRelay): TurnServer {
    const { counters } = this
    const { random: bytes } = this.#settings
    const random = (): number => new DataView(Uint8Array.from(bytes(4)).buffer).getUint32(0) / 2 ** 32
    const machine = (): TurnServer => this.turn!
    const parts = { watch: this.#watch, counters, bandwidth: relay.bandwidth, machine }
    const ports = new RelayPorts(relay.ports, random)
    const udp = new UdpPorts({ ...parts, ports, outbox: this.#outbox, sender: this.#sender })
    const tcp = new TcpPorts({ ...parts, inbox: this.#inbox, range: relay.ports, random })
    const options = {
      ...relay.turn,
      relays: new StreamRelays(relay.addresses, udp, tcp),
      random: bytes,
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

  #frame(from: Connection, at: number, length: number): void {
    const { now } = this.#watch
    from.heard = now
    this.counters.add('receivedFromClients')
    if (this.#inbox.buffer.bytes[at]! >= 0x40) this.#channelData(from, at, length, now)
    else this.#message(from, this.#inbox.buffer.bytes.slice(at, at + length), now) // parts of it may be kept
  }

  #channelData({ allocation }: Connection, at: number, length: number, now: number): void {
    const channel = allocation?.channel(this.#inbox.buffer.view.getUint16(at), now)
    if (channel !== undefined) this.#toPeer(allocation!, channel, at + 4, length - 4, now)
    else this.counters.add(allocation === undefined ? 'droppedNoAllocation' : 'droppedNoChannel')
  }

  #toPeer(allocation: Allocation, channel: Channel, at: number, length: number, now: number): void {
    const relay = allocation.relay(channel.peer.address.includes(':') ? 6 : 4) as StreamUdpRelay
    if (relay.admitsToPeer(length, now)) {
      this.counters.add('bytesFromClients', length)
      this.#sender.add(relay, channel, at, length)
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
    const id = this.#connections.get(connection)
    if (id === undefined) return
    this.#connections.delete(connection)
    this.#entrance.left(connection, id)
    if (!connection.joined) this.turn?.gone(connection)
  }
}
