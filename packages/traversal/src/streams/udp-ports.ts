import {
  closeDescriptor,
  DatagramReceiver,
  EPOLLERR,
  ErrorQueue,
  keepErrors,
  sendDatagram,
  setDontFragment,
  socketAddress,
} from '@sallyport/linux'
import {
  type Bandwidth,
  type CounterCells,
  endpointAt,
  icmpOf,
  type RelayAddress,
  type RelayPorts,
  UdpRelay,
} from '../datapath/index.ts'
import type { Endpoint } from '../stun/index.ts'
import type { Allocation, Opened, RelayWish, TurnServer } from '../turn/server/index.ts'
import type { Connection } from './connection.ts'
import type { Outbox } from './outbox.ts'
import type { PeerSender } from './peer-sender.ts'
import type { Watch } from './watch.ts'

/** Datagrams of one relay in one turn, so that a busy one leaves room for the others. */
const PER_RELAY = 32
/** So often has a datagram to come alone, until that is what is expected. */
const SINGLES = 16
/** What goes to one client is sent before it is more than this. Bytes. */
const RUN = 64 << 10

/** A UDP relay of a client that talks over a stream. */
export class StreamUdpRelay extends UdpRelay {
  closed = false
  /** The turn in which something was received last, and how often in a row it was a datagram by itself. */
  round = 0
  singles = 0
}

/** What a machine hears from here. */
type Machine = Pick<TurnServer, 'fromPeer' | 'icmpFromPeer'>

/** The UDP relays of clients that talk over streams. */
export class UdpPorts {
  readonly #watch: Watch
  readonly #ports: RelayPorts
  readonly #counters: CounterCells
  readonly #bandwidth: Bandwidth | undefined
  readonly #outbox: Outbox
  readonly #sender: PeerSender
  readonly #machine: () => Machine
  // Slots for the longest datagrams that there are: what a stream carries has no MTU. In front: the head of ChannelData.
  readonly #receiver = new DatagramReceiver({ slots: PER_RELAY, slotSize: 65_536, headroom: 4 })
  readonly #errors = new ErrorQueue()
  /** ChannelData that lies in a row in the receiver's memory, for one client. */
  #begin = 0
  #end = 0

  constructor(parts: {
    readonly watch: Watch
    readonly ports: RelayPorts
    readonly counters: CounterCells
    readonly bandwidth: Bandwidth | undefined
    readonly outbox: Outbox
    readonly sender: PeerSender
    readonly machine: () => Machine
  }) {
    this.#watch = parts.watch
    this.#ports = parts.ports
    this.#counters = parts.counters
    this.#bandwidth = parts.bandwidth
    this.#outbox = parts.outbox
    this.#sender = parts.sender
    this.#machine = parts.machine
  }

  open(family: 4 | 6, even: RelayWish['even'], { address, external = address }: RelayAddress): Opened {
    const bound = this.#ports.open(address, even)
    const [first, second] = bound.map(({ fd, port }) => this.#place(fd, family, { address: external, port }))
    if (first === undefined) return { failed: 'no port' }
    return second === undefined ? { relay: first } : { relay: first, next: second }
  }

  assign(relay: StreamUdpRelay, allocation: Allocation): void {
    const other = allocation.relays.find((each) => each !== relay) as StreamUdpRelay | undefined
    relay.allocation = allocation
    relay.allowance = other?.allowance ?? this.#bandwidth?.allowance(allocation.user.owner ?? allocation.user.name)
  }

  close(relay: StreamUdpRelay): void {
    if (relay.closed) return
    this.#sender.flush()
    relay.closed = true
    this.#watch.remove(relay.fd, relay.ticket)
    closeDescriptor(relay.fd)
  }

  send(relay: StreamUdpRelay, peer: Endpoint, payload: Uint8Array, dontFragment: boolean): void {
    if (relay.closed) return
    if (!relay.admitsToPeer(payload.length, this.#watch.now)) {
      this.#counters.add('droppedOverLimit')
      return
    }
    this.#sender.flush() // in the order in which they came
    relay.setDontFragment(dontFragment)
    this.#counters.add('bytesFromClients', payload.length)
    const sent = sendDatagram(relay.fd, payload, socketAddress(peer.address, peer.port))
    this.#counters.add(sent ? 'sentToPeers' : 'droppedFull')
  }

  #place(fd: number, family: 4 | 6, endpoint: Endpoint): StreamUdpRelay {
    setDontFragment(fd, family, false) // the kernel's default sets DF by itself
    keepErrors(fd, family)
    const ticket = this.#watch.add(fd, { ready: (kinds) => this.#ready(relay, kinds) })
    const relay = new StreamUdpRelay({ family, endpoint, fd, ticket })
    return relay
  }

  #ready(relay: StreamUdpRelay, kinds: number): void {
    const { now } = this.#watch
    if ((kinds & EPOLLERR) !== 0) this.#errorsOf(relay, now)
    const count = this.#receive(relay)
    this.#counters.add('receivedFromPeers', count)
    const { allocation } = relay
    if (allocation === undefined || allocation.closed) return // kept for a reservation: nobody may send to it yet
    for (let slot = 0; slot < count; slot += 1) this.#fromPeer(relay, allocation, slot, now)
    this.#flush(allocation)
    this.#outbox.flush()
  }

  /** Of a relay whose datagrams come one by one, one is taken by the shorter way; if more came, they come next turn. */
  #receive(relay: StreamUdpRelay): number {
    const { round } = this.#watch
    const single = relay.singles >= SINGLES && relay.round !== round - 1
    const count = single ? this.#receiver.receiveOne(relay.fd) : this.#receiver.receive(relay.fd)
    relay.singles = count > 1 ? 0 : relay.singles + 1
    relay.round = round
    return count
  }

  /** What routers and peers say about datagrams that a relay sent (RFC 8656 section 11.5). */
  #errorsOf(relay: StreamUdpRelay, now: number): void {
    for (let count = 0; count < PER_RELAY; count += 1) {
      const error = this.#errors.read(relay.fd)
      if (error === undefined) return
      if (relay.allocation === undefined) continue
      this.#machine().icmpFromPeer(relay.allocation, endpointAt(error.to, 0), icmpOf(error), now)
    }
  }

  #fromPeer(relay: StreamUdpRelay, allocation: Allocation, slot: number, now: number): void {
    const { bytes } = this.#receiver
    const at = this.#receiver.payload(slot)
    const length = this.#receiver.length(slot)
    const { channel, endpoint, permitted } = relay.peer(allocation, bytes, this.#receiver.sender(slot))
    if (permitted <= now) this.#counters.add('droppedNoPermission')
    else if (!relay.admitsFromPeer(length, now)) this.#counters.add('droppedOverLimit')
    else {
      this.#counters.add('bytesFromPeers', length)
      if (channel !== undefined && channel.expires > now) this.#collect(allocation, channel.number, at, length)
      else {
        this.#flush(allocation) // in the order in which they came
        const passed = this.#machine().fromPeer(allocation, endpoint, bytes.slice(at, at + length), now)
        if (!passed) this.#counters.add('droppedNoPermission')
      }
    }
  }

  /** Makes ChannelData of a datagram, padded to a multiple of four (RFC 8656 section 12.5), behind that before it. */
  #collect(allocation: Allocation, channel: number, payload: number, length: number): void {
    const size = 4 + ((length + 3) & ~3)
    if (this.#end - this.#begin + size > RUN) this.#flush(allocation)
    if (this.#outbox.isFull(allocation.client as Connection, this.#end - this.#begin)) return
    const { bytes, view } = this.#receiver
    const at = payload - 4
    view.setUint16(at, channel)
    view.setUint16(at + 2, length)
    for (let pad = payload + length; pad < at + size; pad += 1) bytes[pad] = 0
    if (this.#end === this.#begin) this.#begin = this.#end = at
    else bytes.copyWithin(this.#end, at, at + size)
    this.#end += size
    this.#counters.add('sentToClients')
  }

  #flush({ client }: Allocation): void {
    if (this.#end === this.#begin) return
    this.#outbox.flush()
    const { stream } = client as Connection
    stream.send(this.#receiver, this.#begin, this.#end - this.#begin)
    this.#end = this.#begin
  }
}
