import { canonical, type PeerFilter } from '../../filter/index.ts'
import {
  type Attached,
  checkFingerprint,
  data,
  type Endpoint,
  encodeMessage,
  failure,
  type IcmpError,
  icmp,
  type Message,
  methods,
  ReplyBudget,
  type StunErrorCode,
  type UserStore,
  unknownAttributes,
  xorMappedAddress,
  xorPeerAddress,
} from '../../stun/index.ts'
import { allocate } from './allocate.ts'
import type { Allocation } from './allocation.ts'
import { channelBind } from './channel-bind.ts'
import type { Client } from './client.ts'
import { connect, connectionBind, onConnected, onConnectionAttempt } from './connect.ts'
import { createPermission } from './create-permission.ts'
import { knownAttributes } from './known.ts'
import { nonceHolder } from './nonce-holder.ts'
import { defaultLimits, type Limits, type TurnServerOptions } from './options.ts'
import { LocalQuota, type Quota } from './quota.ts'
import { refresh } from './refresh.ts'
import { reply, type Sealing } from './reply.ts'
import { type Answer, error, type Request, type Settled } from './request.ts'
import { ownerOf } from './same-user.ts'
import { send } from './send.ts'
import { AllocationTable } from './table.ts'

/** What fits into a message with the peer's address. */
const LONGEST_DATA = 65_500

/** RFC 8656 section 11.5: destination unreachable and time exceeded; of IPv6 packet too big as well. */
const relayedTypes = { 4: [3, 11], 6: [1, 2, 3] } as const

function isRelayed(family: 4 | 6, { type }: IcmpError): boolean {
  return (relayedTypes[family] as readonly number[]).includes(type)
}

type Handler = (server: TurnServer, request: Request) => Answer

/** The requests that need an authenticated user, by method. */
const handlers: ReadonlyMap<number, Handler> = new Map<number, Handler>([
  [methods.allocate, allocate],
  [methods.refresh, refresh],
  [methods.createPermission, createPermission],
  [methods.channelBind, channelBind],
  [methods.connect, connect],
  [methods.connectionBind, connectionBind],
])

/** What happened, for who counts. */
export interface TurnEvents {
  opened?(allocation: Allocation): void
  closed?(allocation: Allocation, why: 'expired' | 'released' | 'gone' | 'stopped'): void
  refused?(code: number, client: Client, message: Message): void
  /** Nothing was said to a client that may be a victim: its budget is spent. */
  silenced?(client: Client): void
  /** A request got its answer: an error's code, or 0 for success. */
  answered?(method: number, code: number): void
  /** It goes on in another server. */
  released?(allocation: Allocation): void
  /** A client goes on from another address (RFC 8016), perhaps with an allocation that came from another server. */
  moved?(allocation: Allocation, before: Client): void
}

/**
 * A TURN server (RFC 8656) as a machine: messages and the time come in, messages and orders to relays go out. Sockets,
 * the clock and randomness belong to who runs it. Data in channels does not come here: who holds the sockets looks the
 * channel up in {@link Allocation} and passes the bytes on.
 */
export class TurnServer {
  options: TurnServerOptions
  limits: Limits
  readonly table: AllocationTable = new AllocationTable((user) => this.kept.give(user))
  readonly quota: Quota
  /** Counts ports that are kept. */
  readonly kept: Quota
  readonly budget: ReplyBudget
  readonly events: TurnEvents
  /** Tokens that another server is asked about just now. */
  readonly asking: Set<string> = new Set()
  /** True: existing allocations live on, new ones are refused (508). */
  draining = false

  constructor(options: TurnServerOptions, events: TurnEvents = {}) {
    this.options = options
    this.limits = { ...defaultLimits, ...options.limits }
    this.quota = options.quota ?? new LocalQuota()
    this.kept = options.kept ?? new LocalQuota()
    this.budget =
      options.budget ?? new ReplyBudget({ seed: new DataView(options.random(4).slice().buffer).getUint32(0) })
    this.events = events
  }

  /**
   * A message from a client. Nothing is thrown for what it may hold; what makes no sense gets an error or, where that
   * would help attackers alone, nothing.
   * @param now milliseconds since 1970
   */
  receive(message: Message, client: Client, now: number, connection?: unknown): void {
    if (checkFingerprint(message) === 'wrong') return
    if (message.class === 'indication') this.#indication(message, client, now)
    else if (message.class === 'request') this.#request(message, client, now, connection)
  }

  /** A datagram that came from a peer to a relay and has no channel; false when nobody is allowed to send it. */
  fromPeer(allocation: Allocation, peer: Endpoint, payload: Uint8Array, now: number): boolean {
    const from = { ...peer, address: canonical(peer.address) }
    if (payload.length > LONGEST_DATA || !this.admits(allocation, from, now)) return false
    this.indicate(allocation, methods.data, [xorPeerAddress.of(from), data.of(payload)])
    return true
  }

  /**
   * An ICMP error about something that was sent to a peer (RFC 8656 section 11.5): for permitted peers alone, and of the
   * types alone that the RFC names.
   */
  icmpFromPeer(allocation: Allocation, peer: Endpoint, error: IcmpError, now: number): boolean {
    const from = { ...peer, address: canonical(peer.address) }
    if (!isRelayed(from.address.includes(':') ? 6 : 4, error) || !this.admits(allocation, from, now)) return false
    this.indicate(allocation, methods.data, [xorPeerAddress.of(from), icmp.of(error)])
    return true
  }

  /** May this peer send to the allocation? The filter is asked again: a reload may have changed it. */
  admits(allocation: Allocation, peer: Endpoint, now: number): boolean {
    if (allocation.closed || !allocation.permits(peer.address, now)) return false
    return this.options.filter.allows(peer.address, peer.port)
  }

  /** A connection to a peer came about or did not (RFC 6062 section 5.2). */
  connected(id: number, ok: boolean, now: number): void {
    onConnected(this, id, ok, now)
  }

  /** A peer connected to a TCP relay; returns its number, or undefined when it is not allowed and has to be closed. */
  attempted(allocation: Allocation, peer: Endpoint, now: number): number | undefined {
    return onConnectionAttempt(this, allocation, peer, now)
  }

  /** A peer's connection ended by itself: the peer may connect, or be connected to, once more. */
  disconnected(id: number): void {
    this.table.ofConnection(id)?.connections.delete(id)
    this.table.forgetConnection(id)
  }

  /**
   * Other users, another filter, other limits from now on. Allocations stay, also those of users who are gone: their next
   * request is refused. Permissions and channels for peers that are denied now end at once.
   */
  change({ users, filter, limits }: { users: UserStore; filter: PeerFilter; limits: Partial<Limits> }): void {
    this.options = { ...this.options, authenticator: this.options.authenticator.withUsers(users), filter }
    this.limits = { ...defaultLimits, ...limits }
    for (const allocation of this.table.all()) this.#cutOff(allocation)
  }

  /** The client's connection is gone: over TCP and TLS, its allocation goes with it (RFC 8656 section 3.1). */
  gone(client: Client): void {
    const allocation = this.table.of(client)
    if (allocation !== undefined && allocation.ticket === undefined) this.close(allocation, 'gone')
  }

  /** Ends what has lived its time. To be called about once a second. */
  sweep(now: number): void {
    for (const allocation of this.table.all()) {
      for (const { family } of allocation.ended(now)) this.drop(allocation, family, 'expired')
      if (!allocation.closed) this.#sweep(allocation, now)
    }
    for (const relay of this.table.lapsed(now)) this.options.relays.close(relay)
  }

  close(allocation: Allocation, why: 'expired' | 'released' | 'gone' | 'stopped'): void {
    if (allocation.closed) return
    allocation.closed = true
    this.table.remove(allocation)
    this.quota.give(ownerOf(allocation.user))
    for (const id of allocation.connections.keys()) this.options.relays.disconnect(id)
    for (const relay of allocation.relays) this.options.relays.close(relay)
    this.events.closed?.(allocation, why)
  }

  /** Ends the half of a dual allocation that is of a family; of others, or without a family, all of it. */
  drop(allocation: Allocation, family: 4 | 6 | undefined, why: 'expired' | 'released'): void {
    const relay = family && allocation.relay(family)
    if (relay === undefined || allocation.relays.length === 1) this.close(allocation, why)
    else {
      allocation.forget(relay)
      this.table.forgetRelay(relay)
      this.options.relays.close(relay)
    }
  }

  /** Lets go of an allocation that goes on in another server; its relays stay open, and it stays counted. */
  release(allocation: Allocation): void {
    allocation.closed = true
    this.table.remove(allocation)
    this.events.released?.(allocation)
  }

  /** Ends everything. */
  stop(): void {
    for (const allocation of [...this.table.all()]) this.close(allocation, 'stopped')
    for (const relay of this.table.lapsed(Number.POSITIVE_INFINITY)) this.options.relays.close(relay)
  }

  /** Sends an indication to the client of an allocation; nobody answers it. */
  indicate(allocation: Allocation, method: number, attributes: readonly Attached[]): void {
    const header = { class: 'indication', method, transaction: this.options.random(12) } as const
    this.options.send(allocation.client, encodeMessage(header, attributes))
  }

  /** Sends the answer of a request that took its time. */
  answerLater(request: Request, answer: Settled): void {
    this.#settle(request, answer)
  }

  /** Forgets a connection of an allocation and has it closed. */
  disconnect(allocation: Allocation, id: number): void {
    allocation.connections.delete(id)
    this.table.forgetConnection(id)
    this.options.relays.disconnect(id)
  }

  #sweep(allocation: Allocation, now: number): void {
    allocation.sweep(now)
    for (const { id, state, expires } of allocation.connections.values()) {
      if (state === 'joined' || expires > now) continue
      if (state === 'connecting') this.connected(id, false, now)
      else this.disconnect(allocation, id)
    }
  }

  /** Ends whatever an allocation has with peers that are denied now. */
  #cutOff(allocation: Allocation): void {
    const { filter } = this.options
    for (const address of allocation.permissions.keys()) if (!filter.allows(address)) allocation.forbid(address)
    for (const { number, peer } of allocation.channels.values()) {
      if (!filter.allows(peer.address, peer.port)) allocation.unbind(number)
    }
    for (const { id, peer } of allocation.connections.values()) {
      if (!filter.allows(peer.address, peer.port)) this.disconnect(allocation, id)
    }
  }

  #indication(message: Message, client: Client, now: number): void {
    if (message.method !== methods.send || message.unknown(knownAttributes).length > 0) return
    const allocation = this.table.of(client)
    if (allocation !== undefined) send(this, allocation, message, now)
  }

  #request(message: Message, client: Client, now: number, connection: unknown): void {
    const handler = handlers.get(message.method)
    if (handler !== undefined) this.#gated(handler, message, client, now, connection)
    // Of other methods nothing is said (RFC 8489 section 6.3).
    else if (message.method === methods.binding) this.#binding(message, client, now)
  }

  /** The one answer that needs no user: it opens nothing. */
  #binding(message: Message, client: Client, now: number): void {
    const unknown = message.unknown(knownAttributes)
    if (unknown.length > 0) {
      this.#toStranger(message, client, this.#refusal(message, client, 420, [unknownAttributes.of(unknown)]), now)
      return
    }
    this.events.answered?.(methods.binding, 0)
    const bytes = this.#reply(message, 'success', [xorMappedAddress.of(client.remote)])
    if (this.budget.bindings) this.#toStranger(message, client, bytes, now)
    else this.options.send(client, bytes)
  }

  #gated(handler: Handler, message: Message, client: Client, now: number, connection: unknown): void {
    const goesOn = message.method !== methods.allocate // its time counts at the beginning: draft-uberti-behave-turn-rest
    const identity = this.options.authenticator.check(message, nonceHolder(client), now, goesOn)
    if (identity.ok) {
      if (client.transport === 'udp') this.budget.prove(this.budget.sourceOf(client.remote.address), now)
      const request = { message, client, now, connection, ...identity }
      const unknown = message.unknown(knownAttributes)
      // After the authentication, so that the answer is sealed (RFC 8489 section 6.3).
      const answer = unknown.length > 0 ? error(420, unknownAttributes.of(unknown)) : handler(this, request)
      if (answer !== 'later') this.#settle(request, answer)
      return
    }
    this.events.refused?.(identity.code, client, message)
    const sent = this.#toStranger(message, client, this.#reply(message, 'error', identity.attributes), now)
    if (sent) this.events.answered?.(message.method, identity.code)
  }

  /** A reply to somebody who has shown no nonce of ours: over UDP the address may be forged, of a victim. */
  #toStranger({ bytes: asked }: Message, client: Client, bytes: Uint8Array, now: number): boolean {
    const free = client.transport !== 'udp' || bytes.length <= asked.length
    const admitted = free || this.budget.admits(this.budget.sourceOf(client.remote.address), bytes.length, now)
    if (admitted) this.options.send(client, bytes)
    else this.events.silenced?.(client)
    return admitted
  }

  #settle(request: Request, answer: Settled): void {
    this.options.send(request.client, this.#bytesOf(request, answer))
    if ('success' in answer) answer.after?.()
  }

  #bytesOf(request: Request, answer: Settled): Uint8Array {
    const { message, client } = request
    if ('again' in answer) return answer.again
    if ('error' in answer) return this.#refusal(message, client, answer.error, answer.attributes, request)
    this.events.answered?.(message.method, 0)
    const bytes = this.#reply(message, 'success', answer.success, request)
    answer.sent?.(bytes)
    return bytes
  }

  #refusal(
    message: Message,
    client: Client,
    code: StunErrorCode,
    attributes: readonly Attached[] = [],
    sealing?: Sealing,
  ): Uint8Array {
    this.events.refused?.(code, client, message)
    this.events.answered?.(message.method, code)
    return this.#reply(message, 'error', [failure(code), ...attributes], sealing)
  }

  #reply(message: Message, kind: 'success' | 'error', attributes: readonly Attached[], sealing?: Sealing): Uint8Array {
    return reply(message, kind, attributes, { sealing, name: this.options.software })
  }
}
