import { type DatagramReceiver, DatagramSender } from '@sallyport/linux'
import type { CounterCells } from './counters.ts'
import { tally } from './tally.ts'

const NONE = -1

/**
 * Datagrams to clients that wait in the slots they were received into, from any number of relays: all of them leave
 * through one listening socket, with one call.
 */
export class ClientBatch {
  readonly #receiver: DatagramReceiver
  readonly #sender: DatagramSender
  readonly #counters: CounterCells
  /** The socket that they leave through. */
  #fd = NONE
  #used = 0

  constructor(receiver: DatagramReceiver, counters: CounterCells) {
    this.#receiver = receiver
    this.#sender = new DatagramSender({ capacity: receiver.slots })
    this.#counters = counters
  }

  /** Receives at most `most` datagrams that may leave through `out`; their slots are those before {@link end}. */
  receive(from: number, most: number, out: number): number {
    if (this.#fd !== out || this.#used + most > this.#receiver.slots) this.flush()
    this.#fd = out
    const count = this.#receiver.receive(from, this.#used, most)
    this.#used += count
    return count
  }

  /** The first slot that is free. */
  get end(): number {
    return this.#used
  }

  /** Adds `length` bytes at `at` of the receiver's memory, for the `sockaddr` at `to` of `addresses`. */
  add(at: number, length: number, addresses: Uint8Array, to: number, size: number): void {
    this.#sender.add(this.#receiver, at, length, addresses, to, size)
  }

  /** Sends everything; the slots are free afterwards. */
  flush(): void {
    this.#used = 0
    if (this.#fd === NONE) return
    this.#sender.flush(this.#fd)
    this.#fd = NONE
    tally(this.#sender, this.#counters, 'sentToClients')
  }
}
