import {
  closeDescriptor,
  DatagramReceiver,
  type Epoll,
  ErrorQueue,
  sendDatagram,
  socketAddress,
} from '@sallyport/linux'
import { decodeMessage, type Endpoint, looksLikeStun, type ReplyBudget } from '../stun/index.ts'
import type { Allocation, Client, TurnServer } from '../turn/server/index.ts'
import { answerBinding, isBareBinding } from './binding.ts'
import { ClientBatch } from './client-batch.ts'
import type { CounterCells } from './counters.ts'
import { icmpOf } from './icmp-error.ts'
import { addressSize, endpointAt } from './peer-address.ts'
import { RelayBatch } from './relay-batch.ts'
import { type Session, Sessions } from './sessions.ts'
import type { UdpRelay } from './udp-relay.ts'
import type { UdpRelays } from './udp-relays.ts'

/** A socket that clients send to. */
export interface Listener {
  readonly fd: number
  readonly local: Endpoint
}

interface OpenListener extends Listener {
  readonly index: number
  readonly sessions: Sessions
}

/** Datagrams of one relay in one round, so that a busy one leaves room for the others. */
const PER_RELAY = 32
/** Milliseconds between two sweeps. */
const SWEEP = 1000

/** Answers bindings where there is no server of relays. Sockets are known by their numbers among the listeners. */
export interface StunResponder {
  /** A request without attributes gets its answer from the loop itself, in place. */
  readonly plain: boolean
  answer(datagram: Uint8Array, at: number, from: Endpoint, now: number): StunAnswer | undefined
}

export interface StunAnswer {
  readonly bytes: Uint8Array
  readonly to: Endpoint
  readonly via: number
}

/** What runs besides packets: commands from outside, and whether to go on. */
export interface Outside {
  /** Its descriptor is readable when there is something to do. */
  readonly wakeup: number
  /** Does it; false: the loop is to end. */
  awake(): boolean
  /** About once a second. */
  tick?(): void
}

/**
 * The way of the packets: one thread, blocking, with no allocation for a packet in a channel. Datagrams are received in
 * batches into one memory and sent from where they lie.
 */
export class UdpLoop {
  readonly #epoll: Epoll
  readonly #listeners: readonly OpenListener[]
  readonly #server: TurnServer | undefined
  readonly #relays: UdpRelays | undefined
  readonly #stun: StunResponder | undefined
  readonly #budget: ReplyBudget | undefined
  readonly #counters: CounterCells
  readonly #outside: Outside
  readonly #clock: () => number
  readonly #receiver = new DatagramReceiver({ slots: 128, headroom: 4 })
  readonly #toClients: ClientBatch
  readonly #toPeers: RelayBatch
  readonly #errors = new ErrorQueue()
  #now = 0
  #swept = 0

  constructor(parts: {
    readonly epoll: Epoll
    readonly listeners: readonly Listener[]
    readonly server?: TurnServer | undefined
    readonly relays?: UdpRelays | undefined
    readonly stun?: StunResponder | undefined
    /** Of answers to strangers; default: the server's. */
    readonly budget?: ReplyBudget | undefined
    readonly counters: CounterCells
    readonly outside: Outside
    readonly clock: () => number
  }) {
    this.#epoll = parts.epoll
    this.#listeners = parts.listeners.map((listener, index) => ({
      ...listener,
      index,
      sessions: new Sessions(listener.fd),
    }))
    this.#server = parts.server
    this.#relays = parts.relays
    this.#stun = parts.stun
    this.#budget = parts.budget ?? parts.server?.budget
    this.#counters = parts.counters
    this.#toClients = new ClientBatch(this.#receiver, parts.counters)
    this.#toPeers = new RelayBatch(this.#receiver, parts.counters)
    this.#outside = parts.outside
    this.#clock = parts.clock
    this.#epoll.add(parts.outside.wakeup, 0)
    for (const [index, { fd }] of parts.listeners.entries()) this.#epoll.add(fd, index + 1)
  }

  /** Tickets from here on are for relays: 0 is the wakeup, then the listeners. */
  static firstRelayTicket(listeners: number): number {
    return listeners + 1
  }

  /** Runs until {@link Outside.awake} says that it is enough; then everything is closed. */
  run(): void {
    for (let going = true; going; ) {
      const ready = this.#epoll.wait(SWEEP)
      this.#now = this.#clock()
      for (let index = 0; index < ready; index += 1) {
        const ticket = this.#epoll.ticket(index)
        if (ticket === 0) going = this.#outside.awake() && going
        else if (ticket <= this.#listeners.length) this.#fromClients(this.#listeners[ticket - 1]!)
        else {
          if (this.#epoll.failed(index)) this.#errorsOf(ticket)
          this.#fromPeers(ticket)
        }
      }
      this.#toClients.flush()
      if (this.#now - this.#swept >= SWEEP) this.#sweep()
    }
    this.#server?.stop()
    for (const { fd } of this.#listeners) closeDescriptor(fd)
    this.#epoll[Symbol.dispose]()
  }

  /** A message to a client, by the socket that it talks to. */
  send(client: Client, message: Uint8Array): void {
    const listener = this.#listenerOf(client)
    const sent = sendDatagram(listener.fd, message, socketAddress(client.remote.address, client.remote.port))
    this.#counters.add(sent ? 'sentToClients' : 'droppedFull')
  }

  opened(allocation: Allocation): void {
    this.#listenerOf(allocation.client).sessions.add(allocation)
  }

  closed(allocation: Allocation): void {
    this.#listenerOf(allocation.client).sessions.remove(allocation.client)
  }

  moved(allocation: Allocation, before: Client): void {
    this.#listenerOf(before).sessions.remove(before)
    this.opened(allocation)
  }

  #listenerOf({ local }: Client): OpenListener {
    return this.#listeners.find((each) => each.local.port === local.port && each.local.address === local.address)!
  }

  #sweep(): void {
    this.#swept = this.#now
    this.#server?.sweep(this.#now)
    this.#counters.set('allocations', this.#server?.table.size ?? 0)
    this.#outside.tick?.()
  }

  #fromClients(listener: OpenListener): void {
    const count = this.#toClients.receive(listener.fd, this.#receiver.slots, listener.fd)
    this.#counters.add('receivedFromClients', count)
    for (let slot = 0; slot < count; slot += 1) {
      const at = this.#receiver.payload(slot)
      const length = this.#receiver.length(slot)
      const first = this.#receiver.bytes[at]!
      if (length >= 4 && first >= 0x40 && first < 0x80) this.#channelData(listener, slot, at, length)
      else this.#message(listener, slot, at, length)
    }
    this.#toPeers.flush()
    this.#toClients.flush()
  }

  /** Passes channel data on, with the rest of its batch. */
  #channelData({ sessions }: OpenListener, slot: number, at: number, length: number): void {
    const { bytes, view } = this.#receiver
    const size = view.getUint16(at + 2)
    const session = sessions.find(bytes, this.#receiver.sender(slot))
    const channel = session?.allocation.channel(view.getUint16(at), this.#now)
    if (channel === undefined || size > length - 4) {
      this.#drop(session, size > length - 4)
      return
    }
    channel.address ??= socketAddress(channel.peer.address, channel.peer.port)
    const relay = session!.allocation.relay(channel.peer.address.includes(':') ? 6 : 4) as UdpRelay
    if (!relay.admitsToPeer(size, this.#now)) {
      this.#counters.add('droppedOverLimit')
      return
    }
    relay.setDontFragment(false)
    this.#counters.add('bytesFromClients', size)
    this.#toPeers.add(relay, slot, size, channel)
  }

  #drop(session: Session | undefined, malformed: boolean): void {
    if (malformed) this.#counters.add('droppedMalformed')
    else this.#counters.add(session === undefined ? 'droppedNoAllocation' : 'droppedNoChannel')
  }

  #message(listener: OpenListener, slot: number, at: number, length: number): void {
    const { bytes, view } = this.#receiver
    const sender = this.#receiver.sender(slot)
    if (this.#stun?.plain !== false && isBareBinding(bytes, at, length)) {
      const size = addressSize(bytes, sender)
      if (!this.#admitsBinding(sender, size)) return
      const answer = answerBinding(view, bytes, at, sender, size === 16)
      this.#counters.add('bindings')
      this.#toClients.add(at, answer, bytes, sender, size)
      return
    }
    this.#toPeers.flush() // before a request closes a relay that was to send
    const datagram = bytes.slice(at, at + length) // parts of it may be kept
    if (this.#server === undefined) {
      this.#answerBinding(listener, datagram, endpointAt(bytes, sender))
      return
    }
    const message = looksLikeStun(datagram) ? decodeMessage(datagram) : undefined
    const client = { transport: 'udp', remote: endpointAt(bytes, sender), local: listener.local } as const
    if (message === undefined) this.#counters.add('droppedMalformed')
    else this.#server.receive(message, client, this.#now)
  }

  /** Answers to bindings are larger than their requests; whether that matters, the operator says. */
  #admitsBinding(sender: number, size: number): boolean {
    if (this.#budget?.bindings !== true) return true
    const ipv4 = size === 16
    const source = this.#budget.source(this.#receiver.bytes, sender + (ipv4 ? 4 : 8), ipv4 ? 4 : 16)
    const admitted = this.#budget.admits(source, ipv4 ? 32 : 44, this.#now)
    if (!admitted) this.#counters.add('droppedOverBudget')
    return admitted
  }

  /** Answers with all that RFC 5780 adds are worth forging an address for: those of twice the size and more count. */
  #admitsAnswer(answer: number, asked: number, { address }: Endpoint): boolean {
    if (this.#budget === undefined || (answer <= 2 * asked && !this.#budget.bindings)) return true
    const admitted = this.#budget.admits(this.#budget.sourceOf(address), answer, this.#now)
    if (!admitted) this.#counters.add('droppedOverBudget')
    return admitted
  }

  /** Without a relay there are bindings alone. */
  #answerBinding({ index }: OpenListener, datagram: Uint8Array, from: Endpoint): void {
    const answer = this.#stun?.answer(datagram, index, from, this.#now)
    if (answer === undefined) {
      this.#counters.add('droppedMalformed')
      return
    }
    if (!this.#admitsAnswer(answer.bytes.length, datagram.length, from)) return
    const { fd } = this.#listeners[answer.via]!
    const sent = sendDatagram(fd, answer.bytes, socketAddress(answer.to.address, answer.to.port))
    this.#counters.add(sent ? 'sentToClients' : 'droppedFull')
  }

  #fromPeers(ticket: number): void {
    const relay = this.#relays?.byTicket(ticket)
    if (relay === undefined) return // closed by an earlier packet of this round
    const { session } = relay
    const count = this.#toClients.receive(relay.fd, PER_RELAY, session?.listener ?? this.#listeners[0]!.fd)
    this.#counters.add('receivedFromPeers', count)
    if (session === undefined) return // kept for a reservation: nobody may send to it yet
    const { end } = this.#toClients
    for (let slot = end - count; slot < end; slot += 1) this.#fromPeer(relay, session, slot)
  }

  /** What routers and peers say about datagrams that a relay sent (RFC 8656 section 11.5). */
  #errorsOf(ticket: number): void {
    const relay = this.#relays?.byTicket(ticket)
    if (relay === undefined) return
    for (let count = 0; count < PER_RELAY; count += 1) {
      const error = this.#errors.read(relay.fd)
      if (error === undefined) return
      if (relay.allocation === undefined) continue
      this.#server!.icmpFromPeer(relay.allocation, endpointAt(error.to, 0), icmpOf(error), this.#now)
    }
  }

  #fromPeer(relay: UdpRelay, session: Session, slot: number): void {
    const { allocation } = session
    const { bytes, view } = this.#receiver
    const at = this.#receiver.payload(slot)
    const length = this.#receiver.length(slot)
    const peer = relay.peer(allocation, bytes, this.#receiver.sender(slot))
    if (peer.permitted <= this.#now) {
      this.#counters.add('droppedNoPermission')
      return
    }
    if (!relay.admitsFromPeer(length, this.#now)) {
      this.#counters.add('droppedOverLimit')
      return
    }
    this.#counters.add('bytesFromPeers', length)
    if (peer.channel === undefined || peer.channel.expires <= this.#now) {
      const passed = this.#server!.fromPeer(allocation, peer.endpoint, bytes.slice(at, at + length), this.#now)
      if (!passed) this.#counters.add('droppedNoPermission')
      return
    }
    view.setUint16(at - 4, peer.channel.number)
    view.setUint16(at - 2, length)
    this.#toClients.add(at - 4, length + 4, session.address, 0, session.address.length)
  }
}
