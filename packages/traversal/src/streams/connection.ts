import type { Socket } from 'node:net'
import { type Endpoint, StreamReader } from '../stun/index.ts'
import type { Allocation, Client } from '../turn/server/index.ts'
import { plain } from './plain.ts'

/** Whoever reads what clients say. */
export interface Audience {
  /** Whole messages and ChannelData of a client come one by one. */
  frame(from: Connection, bytes: Uint8Array): void
  /** All that had come is told. */
  told(from: Connection): void
  /** Bytes that are neither; the connection is closed. */
  broken(from: Connection): void
  ended(connection: Connection): void
}

/** A client's connection over TCP or TLS. It is the {@link Client} of the machine, too. */
export class Connection implements Client {
  readonly transport: 'tcp' | 'tls'
  readonly remote: Endpoint
  readonly local: Endpoint
  readonly socket: Socket
  /** What it has on the server. */
  allocation: Allocation | undefined
  /** When its last whole message came. Milliseconds. */
  heard: number
  readonly #reader = new StreamReader()
  readonly #queue: number
  #joined = false
  #read: ((bytes: Buffer) => void) | undefined

  /** @param queue bytes that may wait to be written before the client is not read from any more */
  constructor(socket: Socket, transport: 'tcp' | 'tls', queue: number, now: number) {
    this.socket = socket
    this.transport = transport
    this.remote = { address: plain(socket.remoteAddress!), port: socket.remotePort! }
    this.local = { address: plain(socket.localAddress!), port: socket.localPort! }
    this.#queue = queue
    this.heard = now
  }

  /** True when nothing can be written any more. */
  get closed(): boolean {
    return !this.socket.writable
  }

  /** True when it carries a peer's bytes, and messages no more (RFC 6062 section 5.4). */
  get joined(): boolean {
    return this.#joined
  }

  /** Bytes that wait to be written. */
  get backlog(): number {
    return this.socket.writableLength
  }

  /** True when what is written most likely goes right to the kernel. */
  get takesAtOnce(): boolean {
    return this.transport === 'tcp' && this.backlog === 0
  }

  /** Begins to read. */
  listen(audience: Audience): void {
    const { socket } = this
    this.#read = (bytes) => this.#take(bytes, audience)
    socket.on('data', this.#read)
    socket.on('drain', () => {
      if (!this.#joined) socket.resume()
    })
    socket.on('end', () => {
      if (!this.#joined) socket.end() // once what it asked before is answered
    })
    socket.on('error', () => {}) // followed by close
    socket.on('close', () => audience.ended(this))
  }

  /** Ends the talk of messages; gives what came behind the last one. */
  join(): Uint8Array {
    this.#joined = true
    this.socket.pause()
    if (this.#read !== undefined) this.socket.off('data', this.#read)
    return this.#reader.rest()
  }

  #take(bytes: Buffer, audience: Audience): void {
    for (const frame of this.#reader.push(bytes)) {
      audience.frame(this, frame)
      if (this.#joined || this.closed) break
    }
    audience.told(this)
    if (this.#joined) return
    if (this.#reader.broken) audience.broken(this)
    else if (this.backlog > this.#queue && this.socket.writableNeedDrain) this.socket.pause()
  }
}
