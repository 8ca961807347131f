import { DatagramReceiver, DatagramSender, sendDatagram, socketAddress } from '@sallyport/linux'
import type { CounterCells, UdpRelay } from '../datapath/index.ts'
import type { Channel } from '../turn/server/index.ts'

/** What is longer goes by itself. */
const SLOT = 2048
const SLOTS = 64

/**
 * Datagrams from a stream to peers: those of one relay are collected, and sent by one call. Their bytes are copied,
 * since where a stream's lie is not known to the kernel.
 */
export class PeerSender {
  readonly #counters: CounterCells
  readonly #memory = new DatagramReceiver({ slots: SLOTS, slotSize: SLOT, headroom: 0 })
  readonly #sender = new DatagramSender({ capacity: SLOTS })
  #relay: UdpRelay | undefined
  #count = 0

  constructor(counters: CounterCells) {
    this.#counters = counters
  }

  /** Adds a datagram for the peer of a channel. */
  add(relay: UdpRelay, channel: Channel, payload: Uint8Array): void {
    channel.address ??= socketAddress(channel.peer.address, channel.peer.port)
    if (payload.length > SLOT) this.#alone(relay, channel.address, payload)
    else this.#collect(relay, channel.address, payload)
  }

  /** Sends what is collected. To be called before a relay is closed: its descriptor may be another's soon. */
  flush(): void {
    const relay = this.#relay
    if (relay === undefined) return
    this.#relay = undefined
    this.#count = 0
    relay.setDontFragment(false)
    this.#sender.flush(relay.fd)
    this.#tell()
  }

  #collect(relay: UdpRelay, address: Uint8Array, payload: Uint8Array): void {
    if (relay !== this.#relay || this.#count === SLOTS) this.flush()
    this.#relay = relay
    const at = this.#memory.payload(this.#count)
    this.#memory.bytes.set(payload, at)
    this.#sender.add(this.#memory, at, payload.length, address, 0, address.length)
    this.#count += 1
  }

  #alone(relay: UdpRelay, address: Uint8Array, payload: Uint8Array): void {
    this.flush()
    relay.setDontFragment(false)
    this.#counters.add(sendDatagram(relay.fd, payload, address) ? 'sentToPeers' : 'droppedFull')
  }

  #tell(): void {
    const { counts } = this.#sender
    this.#counters.add('sentToPeers', counts.sent)
    this.#counters.add('droppedFull', counts.full)
    for (const [, refused] of counts.refused) this.#counters.add('droppedRefused', refused)
    counts.sent = 0
    counts.full = 0
    counts.refused.clear()
  }
}
