import { type Endpoint, frameLength, NO_FRAME } from '../stun/index.ts'
import type { Allocation, Client } from '../turn/server/index.ts'
import { type Inbox, Rest } from './inbox.ts'
import { Stream, type StreamOwner } from './stream.ts'
import type { Watch } from './watch.ts'

/** Whoever reads what clients say. */
export interface Audience {
  /** Where clients' bytes are received. */
  readonly inbox: Inbox
  /** Whole messages and ChannelData of a client come one by one: `length` bytes at `at` of the inbox, no padding. */
  frame(from: Connection, at: number, length: number): void
  /** All that had come is told. */
  told(from: Connection): void
  /** Bytes that are neither; the connection is closed. */
  broken(from: Connection): void
  ended(connection: Connection): void
}

/** How a client came in. */
export interface Arrival extends Client {
  readonly transport: 'tcp' | 'tls'
  readonly fd: number
}

/** A client's connection over TCP or TLS. It is the {@link Client} of the machine, too. */
export class Connection implements Client, StreamOwner {
  readonly transport: 'tcp' | 'tls'
  readonly remote: Endpoint
  readonly local: Endpoint
  readonly stream: Stream
  /** What it has on the server. */
  allocation: Allocation | undefined
  /** When its last whole message came. Milliseconds. */
  heard: number
  readonly #audience: Audience
  readonly #rest = new Rest()
  readonly #queue: number
  #joined = false
  /** Where in the inbox the next message begins, and where what came ends. */
  #next = 0
  #end = 0

  /** @param queue bytes that may wait to be sent before the client is not read from any more */
  constructor({ fd, transport, remote, local }: Arrival, watch: Watch, audience: Audience, queue: number, now: number) {
    this.transport = transport
    this.remote = remote
    this.local = local
    this.#audience = audience
    this.#queue = queue
    this.heard = now
    this.stream = new Stream(fd, watch, this)
  }

  /** True when it carries a peer's bytes, and messages no more (RFC 6062 section 5.4). */
  get joined(): boolean {
    return this.#joined
  }

  /** Ends the talk of messages; gives what came behind the one that is being told of: `length` bytes of the inbox. */
  join(): { readonly at: number; readonly length: number } {
    this.#joined = true
    return { at: this.#next, length: this.#end - this.#next }
  }

  readable(): void {
    const { inbox } = this.#audience
    const count = inbox.receive(this.stream)
    if (count > 0) this.#take(inbox.begin, count)
    // Once what it asked before is answered.
    if (this.stream.ended && !this.#joined) this.stream.end()
  }

  drained(): void {
    this.stream.resume()
  }

  closed(): void {
    this.#audience.ended(this)
  }

  #take(begin: number, count: number): void {
    const { buffer } = this.#audience.inbox
    if (!this.#rest.suffices(count)) {
      this.#rest.add(buffer, begin, count)
      return
    }
    this.#next = this.#rest.take(buffer, begin)
    this.#end = begin + count
    const whole = this.#tell()
    this.#audience.told(this)
    if (this.#joined) return
    if (!whole) this.#audience.broken(this)
    else if (this.#next < this.#end) this.#rest.add(buffer, this.#next, this.#end - this.#next)
    if (this.stream.backlog > this.#queue) this.stream.pause()
  }

  /** Tells of all that is whole; false when what comes behind begins no message. */
  #tell(): boolean {
    const { view } = this.#audience.inbox.buffer
    while (this.#end - this.#next >= 4 && !this.stream.mute) {
      const at = this.#next
      const length = frameLength(view, at, this.#end - at)
      if (length === NO_FRAME) return false
      const padded = (length + 3) & ~3
      if (this.#end - at < padded) return true
      this.#next = at + padded
      this.#audience.frame(this, at, length)
      if (this.#joined) return true
    }
    return true
  }
}
