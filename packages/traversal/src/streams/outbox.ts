import type { CounterCells } from '../datapath/index.ts'
import type { Connection } from './connection.ts'

/** Bytes that are collected before they are written: more than the longest message. */
const SIZE = 80 << 10

/**
 * What goes to clients, collected in one memory for all of them: what one client gets in one turn of the event loop is
 * one write. The memory is used again when the kernel took all of it, as it does for who reads.
 */
export class Outbox {
  readonly #counters: CounterCells
  readonly #queue: number
  #bytes = Buffer.allocUnsafeSlow(SIZE)
  #length = 0
  #to: Connection | undefined
  #scheduled = false

  /** @param queue bytes that may wait for a client before its datagrams are dropped */
  constructor(counters: CounterCells, queue: number) {
    this.#counters = counters
    this.#queue = queue
  }

  /** A message. Answers are never dropped: who asks and does not read is not read from either. */
  message(to: Connection, message: Uint8Array): void {
    if (to.closed || (isData(message) && this.#isFull(to))) return
    const begin = this.#room(to, message.length)
    this.#bytes.set(message, begin)
    this.#counters.add('sentToClients')
  }

  /** A datagram in a channel: `length` bytes at `at`, padded to a multiple of four (RFC 8656 section 12.5). */
  channelData(to: Connection, channel: number, bytes: Uint8Array, at: number, length: number): void {
    if (to.closed || this.#isFull(to)) return
    const padded = (length + 3) & ~3
    const begin = this.#room(to, 4 + padded)
    this.#bytes.writeUInt16BE(channel, begin)
    this.#bytes.writeUInt16BE(length, begin + 2)
    this.#bytes.set(bytes.subarray(at, at + length), begin + 4)
    this.#bytes.fill(0, begin + 4 + length, begin + 4 + padded)
    this.#counters.add('sentToClients')
  }

  /** Writes what is collected. */
  flush(): void {
    const to = this.#to
    const length = this.#length
    this.#to = undefined
    this.#length = 0
    if (to === undefined || to.closed || length === 0) return
    const bytes = this.#bytes.subarray(0, length)
    if (!to.takesAtOnce) {
      to.socket.write(Buffer.from(bytes))
      return
    }
    to.socket.write(bytes)
    if (to.backlog > 0) this.#bytes = Buffer.allocUnsafeSlow(SIZE) // the socket keeps what it could not write
  }

  /** Is more waiting for a client than may be? Then a datagram is lost, and counted. */
  #isFull(to: Connection): boolean {
    const waiting = to.backlog + (this.#to === to ? this.#length : 0)
    if (waiting <= this.#queue) return false
    this.#counters.add('droppedFull')
    return true
  }

  /** Where so many bytes for a client belong. */
  #room(to: Connection, length: number): number {
    if (this.#to !== to || this.#length + length > SIZE) this.flush()
    this.#to = to
    this.#schedule()
    const begin = this.#length
    this.#length += length
    return begin
  }

  #schedule(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    process.nextTick(() => {
      this.#scheduled = false
      this.flush()
    })
  }
}

/** A Data indication: 0x0017. */
function isData(message: Uint8Array): boolean {
  return message[0] === 0 && message[1] === 0x17
}
