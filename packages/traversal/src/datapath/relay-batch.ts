import { type DatagramReceiver, DatagramSender } from '@sallyport/linux'
import type { Channel } from '../turn/server/index.ts'
import type { CounterCells } from './counters.ts'
import { tally } from './tally.ts'
import type { UdpRelay } from './udp-relay.ts'

const NONE = -1

/**
 * Channel data of one batch, kept apart by relay: each relay sends all that is its own with one call, and what goes to
 * one peer lies in a row for segmentation offload, however mixed it came. The order within a relay stays.
 */
export class RelayBatch {
  readonly #receiver: DatagramReceiver
  readonly #sender: DatagramSender
  readonly #counters: CounterCells
  /** By slot: where its payload goes, how long it is, and the slot that its relay sends next. */
  readonly #channels: (Channel | undefined)[]
  readonly #sizes: Uint16Array
  readonly #next: Int16Array
  readonly #relays: UdpRelay[] = []
  #count = 0

  constructor(receiver: DatagramReceiver, counters: CounterCells) {
    this.#receiver = receiver
    this.#sender = new DatagramSender({ capacity: receiver.slots })
    this.#counters = counters
    this.#channels = Array.from({ length: receiver.slots }, () => undefined)
    this.#sizes = new Uint16Array(receiver.slots)
    this.#next = new Int16Array(receiver.slots)
  }

  /** Puts in the channel data of a slot: `size` bytes behind its four of the header. */
  add(relay: UdpRelay, slot: number, size: number, channel: Channel): void {
    this.#channels[slot] = channel
    this.#sizes[slot] = size
    this.#next[slot] = NONE
    if (relay.firstSlot === NONE) {
      relay.firstSlot = slot
      this.#relays[this.#count] = relay
      this.#count += 1
    } else this.#next[relay.lastSlot] = slot
    relay.lastSlot = slot
  }

  /** Sends everything, before the slots are used again, and before a relay may be closed. */
  flush(): void {
    if (this.#count === 0) return
    for (let index = 0; index < this.#count; index += 1) this.#send(this.#relays[index]!)
    this.#count = 0
    tally(this.#sender, this.#counters, 'sentToPeers')
  }

  #send(relay: UdpRelay): void {
    for (let slot = relay.firstSlot; slot !== NONE; slot = this.#next[slot]!) {
      const { address } = this.#channels[slot]!
      const at = this.#receiver.payload(slot) + 4
      this.#sender.add(this.#receiver, at, this.#sizes[slot]!, address!, 0, address!.length)
    }
    relay.firstSlot = NONE
    this.#sender.flush(relay.fd)
  }
}
