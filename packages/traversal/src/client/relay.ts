import { EventEmitter } from 'node:events'
import type { Socket } from 'node:net'
import { canonical } from '../filter/index.ts'
import type { Endpoint, IcmpError } from '../stun/index.ts'
import type { Allocated, Closed, SendOptions, TurnClientEvent, TurnError } from '../turn/client/index.ts'
import { TurnError as RelayError } from '../turn/client/index.ts'
import type { Driver } from './driver.ts'

/** What a relay needs of who opened it. */
export interface RelayParts {
  readonly driver: Driver
  readonly allocated: Allocated
  /** Opens a data connection of RFC 6062. */
  readonly join: (id: number) => Promise<Socket>
  /** Opens another socket to the server. */
  readonly reopen: (local: Partial<Endpoint>) => Promise<void>
}

export interface RelayEvents {
  /** A datagram of a peer. */
  message: [bytes: Uint8Array, peer: Endpoint]
  /** What was sent to a peer met an ICMP error. */
  icmp: [peer: Endpoint, error: IcmpError]
  /** A peer connected to a TCP relay; without a listener it is let be. */
  connection: [socket: Socket, peer: Endpoint]
  /** The server does not relay (any more) to an address that nobody waited to hear of. */
  forbidden: [address: string, error: TurnError]
  /** The last event: the relay is no more. */
  close: [reason: Closed]
}

/** Bytes that may wait for a stream; datagrams beyond are dropped. */
const MOST_BACKLOG = 1 << 20
/** The server has so long to say goodbye. Milliseconds. */
const FAREWELL = 1000

/**
 * A relayed address (RFC 8656) that is used like a socket. Permissions and channels are asked for once and kept for as
 * long as it lives. It has to be closed: the server would keep it for ten minutes.
 */
export class Relay extends EventEmitter<RelayEvents> {
  readonly #parts: RelayParts
  readonly #waiters: Map<string, PromiseWithResolvers<unknown>[]> = new Map()
  readonly #closed: PromiseWithResolvers<Closed> = Promise.withResolvers()
  #reason: Closed | undefined

  /** Made by `allocate`. */
  constructor(parts: RelayParts) {
    super()
    this.#parts = parts
  }

  /** What peers send to; with both families the first, of IPv4. */
  get address(): Endpoint {
    return this.#parts.allocated.relayed[0]!
  }

  /** One, or one of each family. */
  get addresses(): readonly Endpoint[] {
    return this.#parts.allocated.relayed
  }

  /** Ours, as the server saw it. */
  get mapped(): Endpoint | undefined {
    return this.#parts.allocated.mapped
  }

  /** For `reservation` of another `allocate` within thirty seconds; when `evenPort: 'reserve'` was asked for. */
  get reservation(): Uint8Array | undefined {
    return this.#parts.allocated.reservation
  }

  /** Why there is no address of one family when both were asked for. */
  get missing(): Allocated['missing'] {
    return this.#parts.allocated.missing
  }

  /** Why it ended; undefined while it lives. */
  get reason(): Closed | undefined {
    return this.#reason
  }

  /**
   * Sends to a peer; where it has no permission, that is asked for first. False when the datagram was dropped: the relay
   * is closed, or too much waits. Throws RangeError for an address that is none.
   */
  send(bytes: Uint8Array, peer: Endpoint, options: SendOptions = {}): boolean {
    const { driver } = this.#parts
    if ((driver.link?.backlog ?? 0) > MOST_BACKLOG) return false
    return driver.tell((machine, now) => machine.send(bytes, peer, now, options))
  }

  /** Lets addresses send to the relay. Throws {@link TurnError} when the server refuses one (403) or the relay ends. */
  async permit(addresses: string | readonly string[]): Promise<void> {
    const all = [addresses].flat().map((address) => canonical(address))
    const answers = all.map((address) => this.#wait(`permit ${address}`))
    this.#parts.driver.tell((machine, now) => machine.permit(all, now))
    await Promise.all(answers)
  }

  /** Binds a channel to a peer, which spares 32 bytes in each datagram; gives its number. Throws {@link TurnError}. */
  async channel(peer: Endpoint): Promise<number> {
    const answer = this.#wait(`channel ${keyOf(peer)}`)
    this.#parts.driver.tell((machine, now) => machine.channel(peer, now))
    return (await answer) as number
  }

  /** A TCP connection to a peer, from a TCP relay (RFC 6062). Throws {@link TurnError}: 403, 446, 447, … */
  async connect(peer: Endpoint): Promise<Socket> {
    const answer = this.#wait(`connect ${keyOf(peer)}`)
    this.#parts.driver.tell((machine, now) => machine.connect(peer, now))
    return await this.#parts.join((await answer) as number)
  }

  /**
   * Goes on from another local address or port, with the same relay (RFC 8016); needs `mobility: true`. Throws
   * {@link TurnError} when the server does not do that.
   */
  async move(local: Partial<Endpoint> = {}): Promise<void> {
    if (!this.#parts.driver.machine.isMobile) throw new RelayError('refresh', 405)
    await this.#parts.reopen(local)
    const answer = this.#wait('move')
    this.#parts.driver.tell((machine, now) => machine.move(now))
    await answer
  }

  /** Gives the relay back. Waits for the server's word, but not long; then, and when it was closed before, it is done. */
  async close(): Promise<void> {
    const timer = setTimeout(() => this.#parts.driver.tell((machine, now) => machine.disconnected(now)), FAREWELL)
    this.#parts.driver.tell((machine, now) => machine.release(now))
    await this.#closed.promise
    clearTimeout(timer)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  /** What the machine says. @internal */
  handle(event: TurnClientEvent): void {
    if (event.type === 'data') this.emit('message', event.bytes, event.peer)
    else if (event.type === 'icmp') this.emit('icmp', event.peer, event.error)
    else if (event.type === 'permitted') this.#settle(`permit ${event.address}`)
    else if (event.type === 'bound') this.#settle(`channel ${keyOf(event.peer)}`, event.channel)
    else if (event.type === 'unbound') this.#fail(`channel ${keyOf(event.peer)}`, event.error)
    else if (event.type === 'connected') this.#settle(`connect ${keyOf(event.peer)}`, event.id)
    else if (event.type === 'unconnected') this.#fail(`connect ${keyOf(event.peer)}`, event.error)
    else if (event.type === 'forbidden') this.#onForbidden(event.address, event.error)
    else if (event.type === 'incoming') this.#onIncoming(event.peer, event.id)
    else if (event.type === 'moved') this.#onMoved()
    else if (event.type === 'closed') this.#onClosed(event)
  }

  #onForbidden(address: string, error: TurnError): void {
    if (!this.#fail(`permit ${address}`, error)) this.emit('forbidden', address, error)
  }

  #onIncoming(peer: Endpoint, id: number): void {
    if (this.listenerCount('connection') === 0) return
    this.#parts.join(id).then(
      (socket) => this.emit('connection', socket, peer),
      () => undefined, // the peer went away before we came; there is nothing to show
    )
  }

  #onMoved(): void {
    this.#parts.driver.settle()
    this.#settle('move')
  }

  #onClosed({ why, error }: Closed): void {
    this.#reason = { why, ...(error && { error }) }
    this.#parts.driver.stop()
    for (const key of [...this.#waiters.keys()]) this.#fail(key, error ?? new RelayError('refresh', 'closed'))
    this.#closed.resolve(this.#reason)
    this.emit('close', this.#reason)
  }

  #wait(key: string): Promise<unknown> {
    if (this.#reason !== undefined) return Promise.reject(this.#reason.error ?? new RelayError('refresh', 'closed'))
    const waiter = Promise.withResolvers<unknown>()
    this.#waiters.set(key, [...(this.#waiters.get(key) ?? []), waiter])
    return waiter.promise
  }

  #settle(key: string, value?: unknown): void {
    for (const waiter of this.#take(key)) waiter.resolve(value)
  }

  /** False when nobody waited. */
  #fail(key: string, error: TurnError): boolean {
    const waiters = this.#take(key)
    for (const waiter of waiters) waiter.reject(error)
    return waiters.length > 0
  }

  #take(key: string): PromiseWithResolvers<unknown>[] {
    const waiters = this.#waiters.get(key) ?? []
    this.#waiters.delete(key)
    return waiters
  }
}

function keyOf({ address, port }: Endpoint): string {
  return `${canonical(address)} ${port}`
}
