import {
  closeDescriptor,
  EAGAIN,
  EPOLLERR,
  EPOLLHUP,
  EPOLLIN,
  EPOLLOUT,
  endSending,
  type InArena,
  type StreamBuffer,
  sendFrom,
} from '@sallyport/linux'
import { Backlog } from './backlog.ts'
import type { Watch, Watcher } from './watch.ts'

/** Who a stream belongs to. */
export interface StreamOwner {
  /** True: does not read yet, and does not want to when the connection is over by then. */
  readonly impatient?: boolean
  /** There is something to {@link Stream.receive}: bytes, or the end. */
  readable(): void
  /** All that waited to be sent is. */
  drained(): void
  /** It is closed, by whomever. `failed`: the connection broke. */
  closed(failed: boolean): void
}

/**
 * A connection by its descriptor: bytes are sent at once, and what the kernel does not take waits; each direction ends by
 * itself. It never calls its owner while the owner sends.
 */
export class Stream implements Watcher {
  readonly fd: number
  owner: StreamOwner
  readonly #watch: Watch
  readonly #ticket: number
  readonly #backlog = new Backlog()
  #kinds: number
  #reading: boolean
  /** The other end has ended; nothing comes any more. */
  #ended = false
  /** Nothing more is to be sent: 'soon', when what waits has gone. */
  #ending: 'no' | 'soon' | 'done' = 'no'
  /** The connection is over in both directions; what came before may still be received. */
  #over = false
  #broken = false
  #queued = false
  #closed = false

  /** @param reading false: nothing is received before {@link resume} */
  constructor(fd: number, watch: Watch, owner: StreamOwner, reading = true) {
    this.fd = fd
    this.owner = owner
    this.#watch = watch
    this.#reading = reading
    this.#kinds = reading ? EPOLLIN : 0
    this.#ticket = watch.add(fd, this, this.#kinds)
  }

  get closed(): boolean {
    return this.#closed
  }

  get ended(): boolean {
    return this.#ended
  }

  /** True when nothing that is sent would arrive. */
  get mute(): boolean {
    return this.#closed || this.#over || this.#broken || this.#ending !== 'no'
  }

  /** Bytes that wait to be sent. */
  get backlog(): number {
    return this.#backlog.length
  }

  /** Takes at most `most` bytes; returns how many, 0 for none. Afterwards it may be {@link ended}, or closed. */
  receive(buffer: StreamBuffer, at: number, most: number): number {
    if (this.#closed || this.#ended) return 0
    const result = buffer.receive(this.fd, at, most)
    if (result > 0) return result
    if (result === 0) this.#end()
    else if (result !== -EAGAIN) this.close(true)
    return 0
  }

  send(from: InArena, at: number, length: number): void {
    if (this.mute) return
    const sent = this.#backlog.length > 0 ? -EAGAIN : sendFrom(from, this.fd, at, length)
    if (sent === length) return
    if (sent < 0 && sent !== -EAGAIN) this.#breakOff()
    else this.#keep(from, at + Math.max(sent, 0), length - Math.max(sent, 0))
  }

  pause(): void {
    this.#reading = false
    this.#update()
  }

  resume(): void {
    if (this.#reading || this.#closed) return
    this.#reading = true
    this.#update()
    if (this.#over) this.#queue()
  }

  /** Ends the sending, behind what waits; when the other end has ended as well, closes. */
  end(): void {
    if (this.#ending !== 'no' || this.#closed) return
    this.#ending = 'soon'
    this.#endIfDrained()
  }

  close(failed = false): void {
    if (this.#closed) return
    this.#closed = true
    this.#backlog.clear()
    this.#watch.remove(this.fd, this.#ticket)
    closeDescriptor(this.fd)
    this.owner.closed(failed)
  }

  ready(kinds: number): void {
    if (kinds === 0) this.#queued = false
    if (this.#broken) this.close(true)
    if (this.#closed) return
    if ((kinds & (EPOLLERR | EPOLLHUP)) !== 0) this.#hangUp()
    if ((kinds & EPOLLOUT) !== 0 && !this.#over) this.#flush()
    if (this.#reading && !this.#ended && !this.#closed && (this.#over || (kinds & EPOLLIN) !== 0)) this.owner.readable()
    if (this.#over && !this.#closed) this.#goOn()
  }

  #keep(from: InArena, at: number, length: number): void {
    this.#backlog.add(from, at, length)
    this.#update()
  }

  /** Nothing can be sent any more. The kernel would tell so again and again. */
  #hangUp(): void {
    this.#over = true
    this.#watch.remove(this.fd, this.#ticket)
    const waited = this.#backlog.length > 0
    this.#backlog.clear()
    if (waited) this.owner.drained()
  }

  /** Of a connection that is over there may be bytes left, for an owner who takes them when it can. */
  #goOn(): void {
    if (this.#ended) this.close(this.#ending !== 'done')
    else if (this.#reading) this.#queue()
    else if (this.owner.impatient === true) this.close(true)
  }

  #end(): void {
    this.#ended = true
    if (this.#ending === 'done') this.close()
    else this.#update()
  }

  #flush(): void {
    if (!this.#backlog.flush(this.fd)) this.#breakOff()
    if (this.#broken || this.#backlog.length > 0) return
    this.#update()
    this.#endIfDrained()
    if (!this.#closed) this.owner.drained()
  }

  #endIfDrained(): void {
    if (this.#ending !== 'soon' || this.#backlog.length > 0) return
    this.#ending = 'done'
    if (this.#ended) this.close()
    else if (!this.#over) endSending(this.fd)
  }

  /** It is closed with the next turn, so that nobody is called who is just sending. */
  #breakOff(): void {
    this.#broken = true
    this.#queue()
  }

  /** To be called once more with the next turn. */
  #queue(): void {
    if (!this.#queued) this.#watch.again(this)
    this.#queued = true
  }

  #update(): void {
    if (this.#closed || this.#over) return
    const kinds = (this.#reading && !this.#ended ? EPOLLIN : 0) | (this.#backlog.length > 0 ? EPOLLOUT : 0)
    if (kinds === this.#kinds) return
    this.#kinds = kinds
    this.#watch.change(this.fd, this.#ticket, kinds)
  }
}
