import { StreamBuffer } from '@sallyport/linux'
import type { CounterCells } from '../datapath/index.ts'
import type { Connection } from './connection.ts'

/** Bytes that are collected before they are sent: more than the longest message. */
const SIZE = 80 << 10

/** Messages for clients: those that one of them gets in a row are collected, and leave at once. */
export class Outbox {
  readonly #counters: CounterCells
  readonly #queue: number
  readonly #buffer = new StreamBuffer(SIZE)
  #length = 0
  #to: Connection | undefined

  /** @param queue bytes that may wait for a client before its datagrams are dropped */
  constructor(counters: CounterCells, queue: number) {
    this.#counters = counters
    this.#queue = queue
  }

  /** A message. Answers are never dropped: who asks and does not read is not read from either. */
  message(to: Connection, message: Uint8Array): void {
    if (to.stream.mute || (isData(message) && this.isFull(to, message.length))) return
    if (this.#to !== to || this.#length + message.length > SIZE) this.flush()
    this.#to = to
    this.#buffer.bytes.set(message, this.#length)
    this.#length += message.length
    this.#counters.add('sentToClients')
  }

  /** Sends what is collected. */
  flush(): void {
    const to = this.#to
    if (to === undefined) return
    this.#to = undefined
    to.stream.send(this.#buffer, 0, this.#length)
    this.#length = 0
  }

  /** Is more waiting for a client than may be? Then a datagram is lost, and counted. `more`: bytes that wait elsewhere. */
  isFull(to: Connection, more: number): boolean {
    if (to.stream.backlog + (this.#to === to ? this.#length : 0) + more <= this.#queue) return false
    this.#counters.add('droppedFull')
    return true
  }
}

/** A Data indication: 0x0017. */
function isData(message: Uint8Array): boolean {
  return message[0] === 0 && message[1] === 0x17
}
