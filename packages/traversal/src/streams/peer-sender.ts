import { DatagramSender, socketAddress } from '@sallyport/linux'
import { type CounterCells, tally, type UdpRelay } from '../datapath/index.ts'
import type { Channel } from '../turn/server/index.ts'
import type { Inbox } from './inbox.ts'

/**
 * Datagrams from a stream to peers: those of one relay are collected, and sent by one call from where they were received.
 * What goes to one peer in a row is one datagram for the kernel, with segmentation offload.
 */
export class PeerSender {
  readonly #counters: CounterCells
  readonly #inbox: Inbox
  readonly #sender = new DatagramSender()
  #relay: UdpRelay | undefined

  constructor(counters: CounterCells, inbox: Inbox) {
    this.#counters = counters
    this.#inbox = inbox
  }

  /** Adds a datagram for the peer of a channel: `length` bytes at `at` of the inbox, which stay until {@link flush}. */
  add(relay: UdpRelay, channel: Channel, at: number, length: number): void {
    channel.address ??= socketAddress(channel.peer.address, channel.peer.port)
    if (relay !== this.#relay || this.#sender.room === 0) this.flush()
    this.#relay = relay
    this.#sender.add(this.#inbox.buffer, at, length, channel.address, 0, channel.address.length)
  }

  /** Sends what is collected. To be called before a relay is closed: its descriptor may be another's soon. */
  flush(): void {
    const relay = this.#relay
    if (relay === undefined) return
    this.#relay = undefined
    relay.setDontFragment(false)
    this.#sender.flush(relay.fd)
    tally(this.#sender, this.#counters, 'sentToPeers')
  }
}
