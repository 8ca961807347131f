import { canonical } from '../../filter/index.ts'
import {
  type Attached,
  checkFingerprint,
  connectionId,
  data,
  decodeMessage,
  dontFragment,
  type Endpoint,
  encodeMessage,
  icmp,
  type Message,
  type Method,
  methods,
  xorPeerAddress,
} from '../../stun/index.ts'
import { decodeChannelData, encodeChannelData, looksLikeChannelData } from './channel-data.ts'
import { Channels } from './channels.ts'
import { TurnError } from './error.ts'
import type { Allocated, TurnClientEvent, Upkeep } from './events.ts'
import { AllocationKeeper, type TurnClientState } from './keeper.ts'
import { understood } from './known.ts'
import type { TurnClientOptions } from './options.ts'
import { Permissions, type Waiting } from './permissions.ts'
import type { Answer } from './requests.ts'
import type { Credentials, LongTermSession } from './session.ts'

/** What a machine wants to be done. */
export interface TurnClientOutput {
  /** For the server, in order. Each is one datagram, or one piece of the stream. */
  readonly datagrams: readonly { readonly to: Endpoint; readonly bytes: Uint8Array }[]
  readonly events: readonly TurnClientEvent[]
}

export interface SendOptions {
  /** With DF set by the relay; goes without a channel. */
  readonly dontFragment?: boolean
}

/** Datagrams that wait while we move to another address. */
const HELD = 64

/**
 * A client of TURN (RFC 8656, 6062, 8016) as a machine: bytes from the server and the time come in, bytes and events
 * come out. It asks for one allocation and keeps it, its permissions and its channels for as long as it is let.
 * Times are milliseconds of any clock that only goes forward.
 */
export class TurnClient {
  readonly #options: TurnClientOptions
  readonly #isStream: boolean
  readonly #keeper: AllocationKeeper
  readonly #permissions: Permissions
  readonly #channels: Channels
  readonly #held: Waiting[] = []
  #silentSince: number
  #deadline = 0
  #datagrams: { to: Endpoint; bytes: Uint8Array }[] = []
  #events: TurnClientEvent[] = []
  /** Datagrams that were nothing for us: from elsewhere, no STUN, not sealed, answers to nothing. */
  dropped = 0

  /** Asks for the allocation with the first {@link poll}. Throws RangeError for a name or password that cannot be. */
  constructor(options: TurnClientOptions, now: number) {
    this.#options = options
    this.#isStream = (options.transport ?? 'udp') !== 'udp'
    this.#silentSince = now
    const emit = (event: TurnClientEvent): void => this.#emit(event)
    const moved = (at: number): void => this.#release(at)
    this.#keeper = new AllocationKeeper(options, { emit, moved }, now)
    const upkeep: Upkeep = { ask: (...request) => this.#ask(...request), emit }
    this.#permissions = new Permissions(upkeep, (waiting) => this.#indicate(waiting))
    this.#channels = new Channels(upkeep, options.channelAfter ?? 8, ({ peer, auto }, asked, at) =>
      this.#permissions.granted(peer.address, asked, auto, at),
    )
  }

  get state(): TurnClientState {
    return this.#keeper.state
  }

  /** Where requests go. */
  get server(): Endpoint {
    return this.#keeper.server
  }

  /** Undefined before the server gave it. */
  get allocated(): Allocated | undefined {
    return this.#keeper.allocated
  }

  /** For the data connections of a TCP relay. */
  get session(): LongTermSession {
    return this.#keeper.session
  }

  /** Whether {@link move} is of use. */
  get isMobile(): boolean {
    return this.#keeper.ticket !== undefined
  }

  /** When to {@link poll} next; infinite: not before something else happens. */
  get deadline(): number {
    return this.#datagrams.length > 0 || this.#events.length > 0 ? 0 : this.#deadline
  }

  /** A datagram, or one message of a stream. Nothing is thrown for what it may hold. */
  handle(bytes: Uint8Array, from: Endpoint, now: number): void {
    if (!this.#take(bytes, from, now)) this.dropped += 1
    this.#deadline = 0
  }

  /** Does what is due. To be called after anything else, and when {@link deadline} is there. */
  poll(now: number): TurnClientOutput {
    if (now >= this.#deadline) this.#maintain(now)
    const output = { datagrams: this.#datagrams, events: this.#events }
    this.#datagrams = []
    this.#events = []
    return output
  }

  /**
   * A datagram to a peer, by its channel if there is one. Where the address has no permission it is asked for first,
   * and the datagram waits. False when it was given up: the relay is closed, or too many wait.
   * Throws RangeError for an address that is none, or more data than a message holds.
   */
  send(bytes: Uint8Array, peer: Endpoint, now: number, options: SendOptions = {}): boolean {
    if (bytes.length > 65_507) throw new RangeError(`${bytes.length} bytes are more than a datagram holds`)
    if (this.state === 'closed' || this.state === 'releasing' || this.#options.relay === 'tcp') return false
    const to = { address: canonical(peer.address), port: peer.port }
    const waiting = { peer: to, bytes, dontFragment: options.dontFragment ?? false }
    if (this.state === 'moving') return this.#held.length < HELD && this.#held.push(waiting) > 0
    return this.#sendNow(waiting, now)
  }

  /** Lets addresses send to the relay; `permitted` or `forbidden` says how it went, for each. */
  permit(addresses: readonly string[], now: number): void {
    for (const address of addresses) this.#permissions.want(canonical(address), now)
    this.#deadline = 0
  }

  /** Binds a channel to a peer; `bound` or `unbound` says how it went. */
  channel(peer: Endpoint, now: number): void {
    this.#channels.want({ address: canonical(peer.address), port: peer.port }, now, false)
    this.#deadline = 0
  }

  /** Keeps the permission of an address no longer; it ends within five minutes. */
  forget(address: string): void {
    this.#permissions.forget(canonical(address))
  }

  /** Keeps the channel of a peer no longer. */
  unbind(peer: Endpoint, now: number): void {
    this.#channels.forget(keyOf({ address: canonical(peer.address), port: peer.port }), now)
    this.#deadline = 0
  }

  /** Has the server connect to a peer (RFC 6062 section 4.3); `connected` or `unconnected` says how it went. */
  connect(peer: Endpoint, now: number): void {
    const to = { address: canonical(peer.address), port: peer.port }
    if (this.#options.relay !== 'tcp') {
      this.#emit({ type: 'unconnected', peer: to, error: new TurnError('connect', 'relay') })
      return
    }
    this.#ask('connect', [xorPeerAddress.of(to)], now, ({ message, failed }) => {
      const id = message?.get(connectionId)
      if (failed === undefined && id !== undefined) this.#emit({ type: 'connected', peer: to, id })
      else this.#emit({ type: 'unconnected', peer: to, error: failed ?? new TurnError('connect', 'malformed') })
    })
  }

  /**
   * Our address is another one from now on (RFC 8016 section 3.2); `moved` says when the server knows. Datagrams wait
   * so long. False, and nothing happens, without a ticket.
   */
  move(now: number): boolean {
    this.#deadline = 0
    return this.#keeper.move(now)
  }

  /**
   * Other credentials, after the event `credentials`; those that are the same are none.
   * Throws RangeError for a name or password that cannot be.
   * @param asked when they were asked for: their `ttl` counts from then on; default: now
   */
  renew(credentials: Credentials, now: number, asked: number = now): void {
    this.#keeper.renew(credentials, asked, now)
    this.#deadline = 0
  }

  /** Nobody gives others, for now: they are asked for again in five seconds. Without an allocation it is the end. */
  notRenewed(now: number, cause?: unknown): void {
    this.#keeper.notRenewed(now, cause)
    this.#deadline = 0
  }

  /** Begins at another server, after `redirected`. */
  restart(server: Endpoint, now: number): void {
    if (this.state === 'redirected') this.#keeper.restart(server, now)
    this.#deadline = 0
  }

  /** The stream to the server ended; over TCP and TLS the allocation ended with it. */
  disconnected(now: number, error?: TurnError): void {
    const why = this.state === 'releasing' ? 'released' : 'disconnected'
    this.#keeper.close({ why, ...(error && { error }) }, now)
  }

  /** Gives the allocation back; `closed` says when. */
  release(now: number): void {
    if (this.state === 'closed' || this.state === 'releasing') return
    this.#deadline = 0
    this.#keeper.release(now)
  }

  #take(bytes: Uint8Array, from: Endpoint, now: number): boolean {
    if (from.port !== this.server.port || from.address !== this.server.address) return false
    if (this.state === 'closed') return false
    if (looksLikeChannelData(bytes)) return this.#onChannelData(bytes, now)
    const message = decodeMessage(bytes)
    if (message === undefined || checkFingerprint(message) === 'wrong') return false
    if (message.class === 'success' || message.class === 'error') return this.#keeper.requests.receive(message, now)
    return message.class === 'indication' && this.#onIndication(message, now)
  }

  #onChannelData(bytes: Uint8Array, now: number): boolean {
    const decoded = decodeChannelData(bytes)
    const channel = decoded && this.#channels.from(decoded.channel)
    if (decoded === undefined || channel === undefined) return false
    channel.used = now
    const permission = this.#permissions.get(channel.peer.address)
    if (permission !== undefined) permission.used = now
    this.#emit({ type: 'data', peer: channel.peer, bytes: decoded.data })
    return true
  }

  /** Data and ConnectionAttempt; about peers alone that we want to hear (RFC 8656 section 11.4). */
  #onIndication(message: Message, now: number): boolean {
    const peer = message.get(xorPeerAddress)
    const permission = peer && this.#permissions.get(peer.address)
    if (peer === undefined || permission === undefined || message.unknown(understood).length > 0) return false
    permission.used = now
    if (message.method === methods.data) return this.#onData(message, peer)
    const id = message.get(connectionId)
    if (message.method !== methods.connectionAttempt || id === undefined) return false
    this.#emit({ type: 'incoming', peer, id })
    return true
  }

  #onData(message: Message, peer: Endpoint): boolean {
    const bytes = message.get(data)
    const error = message.get(icmp)
    if (error !== undefined) this.#emit({ type: 'icmp', peer, error })
    else if (bytes !== undefined) this.#emit({ type: 'data', peer, bytes })
    return error !== undefined || bytes !== undefined
  }

  #sendNow(waiting: Waiting, now: number): boolean {
    const { peer, bytes } = waiting
    const key = keyOf(peer)
    const channel = waiting.dontFragment ? undefined : this.#channels.to(key, now)
    if (channel !== undefined) {
      channel.used = now
      this.#put(encodeChannelData({ channel: channel.number, data: bytes }, this.#isStream))
      return true
    }
    const permission = this.#permissions.wantToSend(peer.address, now)
    if (permission === undefined) return false
    if (permission.lease.isDue(now)) this.#deadline = 0
    permission.used = now
    if (!permission.lease.isAlive(now)) return this.#permissions.delay(permission, waiting)
    if (this.#channels.sent(peer, key, now)) this.#deadline = 0
    this.#indicate(waiting)
    return true
  }

  #indicate({ peer, bytes, dontFragment: df }: Waiting): void {
    const header = { class: 'indication', method: methods.send, transaction: this.#options.random(12) } as const
    this.#put(encodeMessage(header, [xorPeerAddress.of(peer), ...(df ? [dontFragment.of(true)] : []), data.of(bytes)]))
  }

  #maintain(now: number): void {
    if (this.state === 'alive') this.#upkeep(now)
    this.#keeper.requests.poll(now, (bytes) => this.#put(bytes))
    const isOver = this.state === 'closed' || this.state === 'releasing'
    if (!isOver) this.#keeper.renewal.poll(now)
    if (this.#datagrams.length > 0) this.#silentSince = now
    const kept = [
      ...(isOver ? [] : [this.#keeper.renewal]),
      ...(this.state === 'alive' ? [this.#permissions, this.#channels] : []),
    ]
    const deadlines = [this.#keeper, this.#keeper.requests, ...kept].map(({ deadline }) => deadline)
    this.#deadline = Math.min(...deadlines, this.#keepaliveAt())
  }

  #upkeep(now: number): void {
    this.#keeper.poll(now)
    this.#channels.poll(now) // before the permissions: a channel is one
    this.#permissions.poll(now)
    if (now < this.#keepaliveAt() || this.#datagrams.length > 0) return
    const header = { class: 'indication', method: methods.binding, transaction: this.#options.random(12) } as const
    this.#put(encodeMessage(header, []))
  }

  #keepaliveAt(): number {
    const seconds = this.#options.keepalive ?? (this.#isStream ? 0 : 15)
    return seconds === 0 || this.state !== 'alive' ? Number.POSITIVE_INFINITY : this.#silentSince + seconds * 1000
  }

  #ask(
    operation: Method,
    attributes: readonly Attached[],
    now: number,
    settle: (a: Answer, now: number) => void,
  ): void {
    this.#deadline = 0
    if (this.state === 'closed') {
      settle({ failed: new TurnError(operation, 'closed') }, now)
      return
    }
    this.#keeper.requests.ask(operation, attributes, now, (answer, later) => {
      settle(answer, later)
      // The server has no such allocation (RFC 8656 section 5): it was started anew, or forgot us.
      if (answer.failed?.code === 437) this.#keeper.close({ why: 'lost', error: answer.failed }, later)
    })
  }

  /** What waited while we moved. */
  #release(now: number): void {
    for (const waiting of this.#held.splice(0)) this.#sendNow(waiting, now)
  }

  #put(bytes: Uint8Array): void {
    this.#datagrams.push({ to: this.server, bytes })
  }

  #emit(event: TurnClientEvent): void {
    this.#events.push(event)
    this.#deadline = 0
  }
}

function keyOf({ address, port }: Endpoint): string {
  return `${address} ${port}`
}
