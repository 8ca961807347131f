import { createSocket, type RemoteInfo, type Socket } from 'node:dgram'
import { DatagramReceiver, sendDatagram, setDontFragment, socketAddress } from '@sallyport/linux'
import { type Bandwidth, type CounterCells, type RelayAddress, type RelayPorts, UdpRelay } from '../datapath/index.ts'
import type { Endpoint } from '../stun/index.ts'
import type { Allocation, Opened, RelayWish } from '../turn/server/index.ts'
import type { Connection } from './connection.ts'
import type { Outbox } from './outbox.ts'
import type { PeerSender } from './peer-sender.ts'
import { plain } from './plain.ts'

/** A UDP relay whose socket the event loop waits for. */
export class StreamUdpRelay extends UdpRelay {
  readonly socket: Socket
  closed = false

  constructor(parts: { readonly family: 4 | 6; readonly endpoint: Endpoint; readonly fd: number }) {
    super({ ...parts, ticket: 0 })
    this.socket = createSocket(parts.family === 4 ? 'udp4' : 'udp6')
    this.socket.on('error', () => {}) // of a datagram, which is lost
    this.socket.bind({ fd: parts.fd, exclusive: true }) // from here on the socket's to close
    setDontFragment(parts.fd, parts.family, false) // the kernel's default sets DF by itself
  }
}

/** A datagram that comes without a channel: the machine wraps it for the client; false when nobody may send it. */
export type ToClient = (allocation: Allocation, peer: Endpoint, payload: Uint8Array, now: number) => boolean

/** The UDP relays of clients that talk over streams. */
export class UdpPorts {
  readonly #ports: RelayPorts
  readonly #counters: CounterCells
  readonly #bandwidth: Bandwidth | undefined
  readonly #clock: () => number
  readonly #outbox: Outbox
  readonly #sender: PeerSender
  readonly #toClient: ToClient
  // Slots for the longest datagrams that there are: what a stream carries has no MTU.
  readonly #receiver = new DatagramReceiver({ slots: 32, slotSize: 65_536, headroom: 0 })

  constructor(parts: {
    readonly ports: RelayPorts
    readonly counters: CounterCells
    readonly bandwidth: Bandwidth | undefined
    readonly clock: () => number
    readonly outbox: Outbox
    readonly sender: PeerSender
    readonly toClient: ToClient
  }) {
    this.#ports = parts.ports
    this.#counters = parts.counters
    this.#bandwidth = parts.bandwidth
    this.#clock = parts.clock
    this.#outbox = parts.outbox
    this.#sender = parts.sender
    this.#toClient = parts.toClient
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
    relay.socket.close()
  }

  send(relay: StreamUdpRelay, peer: Endpoint, payload: Uint8Array, dontFragment: boolean): void {
    if (relay.closed) return
    if (!relay.admitsToPeer(payload.length, this.#clock())) {
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
    const relay = new StreamUdpRelay({ family, endpoint, fd })
    relay.socket.on('message', (payload, from) => this.#arrived(relay, payload, from))
    return relay
  }

  /** The event loop brought one datagram; what came behind it is taken with one call. */
  #arrived(relay: StreamUdpRelay, payload: Buffer, { address, port }: RemoteInfo): void {
    if (relay.closed) return
    const now = this.#clock()
    this.#fromPeer(relay, socketAddress(plain(address), port), 0, payload, 0, payload.length, now)
    const receiver = this.#receiver
    const count = receiver.receive(relay.fd)
    this.#counters.add('receivedFromPeers', 1 + count)
    for (let slot = 0; slot < count && !relay.closed; slot += 1) {
      const { bytes } = receiver
      this.#fromPeer(relay, bytes, receiver.sender(slot), bytes, receiver.payload(slot), receiver.length(slot), now)
    }
  }

  /** A datagram: `length` bytes at `at`, from the `sockaddr` at `from` of `addresses`. */
  #fromPeer(
    relay: StreamUdpRelay,
    addresses: Uint8Array,
    from: number,
    bytes: Uint8Array,
    at: number,
    length: number,
    now: number,
  ): void {
    const { allocation } = relay
    if (allocation === undefined || allocation.closed) return // kept for a reservation: nobody may send to it yet
    const { channel, endpoint, permitted } = relay.peer(allocation, addresses, from)
    if (permitted <= now) this.#counters.add('droppedNoPermission')
    else if (!relay.admitsFromPeer(length, now)) this.#counters.add('droppedOverLimit')
    else {
      this.#counters.add('bytesFromPeers', length)
      if (channel !== undefined && channel.expires > now) {
        this.#outbox.channelData(allocation.client as Connection, channel.number, bytes, at, length)
      } else if (!this.#toClient(allocation, endpoint, bytes.slice(at, at + length), now)) {
        this.#counters.add('droppedNoPermission')
      }
    }
  }
}
