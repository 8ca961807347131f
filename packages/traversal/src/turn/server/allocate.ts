import {
  type Attached,
  addressErrorCode,
  dontFragment,
  evenPort,
  lifetime,
  type Message,
  mobilityTicket,
  reasons,
  requestedAddressFamily,
  requestedTransport,
  reservationToken,
  type StunErrorCode,
  xorMappedAddress,
  xorRelayedAddress,
} from '../../stun/index.ts'
import { Allocation } from './allocation.ts'
import { marked } from './elsewhere.ts'
import { lifetimeOf } from './lifetime.ts'
import { newTicket } from './mobility.ts'
import type { Opened, Relay, RelayWish } from './relays.ts'
import { type Answer, error, type Request, type Settled } from './request.ts'
import { isSameUser, ownerOf } from './same-user.ts'
import { secondFamily, wantsSecondFamily } from './second-family.ts'
import type { TurnServer } from './server.ts'

const UDP = 17
const TCP = 6
/** RFC 8656 section 7.2: at least thirty seconds. Milliseconds. */
const RESERVED_FOR = 30_000

/** Allocate (RFC 8656 section 7.2, RFC 6062 section 5.1, RFC 8016 section 3.1). */
export function allocate(server: TurnServer, request: Request): Answer {
  const { message, client, user } = request
  const existing = server.table.of(client)
  if (existing !== undefined) return again(existing, request)
  const mistake = mistakeIn(server, request)
  if (mistake !== undefined) return error(mistake)
  const wants = message.get(requestedTransport)!
  if (wants === TCP && client.transport !== 'tcp' && client.transport !== 'tls') return error(400)
  if (wants !== UDP && !(wants === TCP && server.options.tcpRelay !== false)) return error(442)
  if (message.has(mobilityTicket) && server.options.mobility === false) return error(405)
  if (isAskedFor(server, message)) return 'later'
  if (server.draining) return error(508)
  const taken = server.quota.take(ownerOf(user), server.limits)
  if (taken !== 'taken') return error(taken === 'user full' ? 486 : 508)
  return counted(server, request, opened(server, request, wants === TCP ? 'tcp' : 'udp'))
}

/** A retransmission whose token another server is asked about: the first one is counted, its answer is on its way. */
function isAskedFor(server: TurnServer, message: Message): boolean {
  const token = message.get(reservationToken)
  return token !== undefined && server.asking.has(tokenText(token))
}

/** What did not come about does not count. */
function counted<T extends Answer>(server: TurnServer, { user }: Request, answer: T): T {
  if (typeof answer === 'object' && 'error' in answer) server.quota.give(ownerOf(user))
  return answer
}

/** A retransmission gets the answer that was lost; anything else on the same 5-tuple is a mistake. */
function again({ answer, transaction, user: owner }: Allocation, { message, user }: Request): Answer {
  const same = isSameUser(owner, user) && transaction.every((byte, index) => byte === message.transaction[index])
  return same && answer !== undefined ? { again: answer } : error(437)
}

/** What is wrong with the attributes, before anything is opened. */
function mistakeIn(server: TurnServer, { message }: Request): StunErrorCode | undefined {
  const transport = message.get(requestedTransport)
  if (transport === undefined || malformed(message)) return 400
  const exclusive = wantsSecondFamily(message) || message.has(evenPort) || message.has(requestedAddressFamily)
  if (message.has(reservationToken) && exclusive) return 400
  if (message.has(requestedAddressFamily) && wantsSecondFamily(message)) return 400
  // It is there for IPv6 alone.
  if (wantsSecondFamily(message) && secondFamily(message) !== 6) return 400
  if (wantsSecondFamily(message) && message.get(evenPort)?.reserve === true) return 400
  if (transport === TCP && [evenPort, reservationToken, dontFragment].some((each) => message.has(each))) return 400
  if (wantsSecondFamily(message) || message.has(reservationToken)) return undefined
  // What is none of the two known ones is not supported rather than wrong; without the attribute it is IPv4.
  const family = message.has(requestedAddressFamily) ? message.get(requestedAddressFamily) : 4
  return family === undefined || !server.options.families.includes(family) ? 440 : undefined
}

/** Attributes that are there and make no sense; a ticket is asked for with an empty one (RFC 8016 section 3.1.1). */
function malformed(message: Message): boolean {
  const readable = [evenPort, reservationToken, dontFragment, lifetime]
  const unreadable = readable.some((each) => message.has(each) && message.get<unknown>(each) === undefined)
  return unreadable || (message.get(mobilityTicket)?.length ?? 0) > 0
}

function opened(server: TurnServer, request: Request, protocol: 'udp' | 'tcp'): Answer {
  const { message } = request
  const token = message.get(reservationToken)
  if (token !== undefined) return redeem(server, request, token)
  return begin(server, request, openRelays(server, request, protocol))
}

/** The allocation of the relays that were found for it. */
function begin(server: TurnServer, request: Request, found: Found): Settled {
  const { message, client, user, key, algorithm, now } = request
  if ('failed' in found) return error(found.failed)
  const seconds = Math.max(lifetimeOf(message, server.limits), server.limits.defaultLifetime)
  const parts = { client, user, key, algorithm, relays: found.relays, expires: now + seconds * 1000 }
  const allocation = new Allocation({ ...parts, transaction: Uint8Array.from(message.transaction) })
  server.table.add(allocation)
  for (const relay of found.relays) server.options.relays.assign(relay, allocation)
  server.events.opened?.(allocation)
  const attributes = [
    ...found.relays.map(({ endpoint }) => xorRelayedAddress.of(endpoint)),
    ...found.attributes,
    lifetime.of(seconds),
    xorMappedAddress.of(client.remote),
    ...(message.has(mobilityTicket) ? [mobilityTicket.of(newTicket(server, allocation))] : []),
  ]
  const sent = (bytes: Uint8Array): void => {
    allocation.answer = bytes
  }
  return { success: attributes, sent }
}

interface Relayed {
  readonly relays: readonly Relay[]
  readonly attributes: readonly Attached[]
}
type Found = Relayed | { readonly failed: StunErrorCode }

function openRelays(server: TurnServer, { message, user, now }: Request, protocol: 'udp' | 'tcp'): Found {
  const even = message.get(evenPort)
  // Ports that are kept would otherwise be more than a user may have.
  const keeps = even?.reserve === true
  if (keeps && server.kept.take(ownerOf(user), server.limits) !== 'taken') return { failed: 486 }
  const dual = wantsSecondFamily(message)
  const family = message.get(requestedAddressFamily) ?? 4
  const wish: RelayWish = {
    family,
    protocol,
    ...(even !== undefined && { even: even.reserve ? 'with next' : 'alone' }),
  }
  const first = open(server, wish)
  if (keeps && !('next' in first)) server.kept.give(ownerOf(user))
  if ('failed' in first) return dual ? onlySecond(server, first.failed, protocol) : { failed: codeOf(first.failed) }
  const kept = first.next === undefined ? [] : [reservationToken.of(reserve(server, first.next, ownerOf(user), now))]
  if (!dual) return { relays: [first.relay], attributes: kept }
  const second = additional(server, first.relay, protocol)
  return { relays: [first.relay, ...second.relays], attributes: [...kept, ...second.attributes] }
}

/** The second relay of a dual allocation; without it there is an allocation still, and a word why (section 7.2). */
function additional(server: TurnServer, first: Relay, protocol: 'udp' | 'tcp'): Relayed {
  const family = first.family === 4 ? 6 : 4
  const second = open(server, { family, protocol })
  if ('relay' in second) return { relays: [second.relay], attributes: [] }
  return { relays: [], attributes: [notGiven(family, second.failed)] }
}

/** IPv6 alone, where IPv4 could not be had. */
function onlySecond(server: TurnServer, why: Failure, protocol: 'udp' | 'tcp'): Found {
  const second = open(server, { family: 6, protocol })
  if ('relay' in second) return { relays: [second.relay], attributes: [notGiven(4, why)] }
  return { failed: codeOf(why) }
}

function open(server: TurnServer, wish: RelayWish): Opened {
  return server.options.families.includes(wish.family) ? server.options.relays.open(wish) : { failed: 'no family' }
}

type Failure = Extract<Opened, { failed: unknown }>['failed']

function codeOf(why: Failure): 440 | 508 {
  return why === 'no family' ? 440 : 508
}

function notGiven(family: 4 | 6, why: Failure): Attached {
  return addressErrorCode.of({ family, code: codeOf(why), reason: reasons[codeOf(why)] })
}

/** The relay that was kept, here or by another of the servers of this address. */
function redeem(server: TurnServer, request: Request, token: Uint8Array): Answer {
  const { elsewhere } = server.options
  const owner = token[0]!
  if (elsewhere === undefined || owner === elsewhere.number) {
    return begin(server, request, kept(server.table.redeem(tokenText(token), request.now)))
  }
  const text = tokenText(token)
  server.asking.add(text)
  elsewhere.reservation(owner, token, (relay) => {
    server.asking.delete(text)
    const busy = server.table.of(request.client) !== undefined // by another request, meanwhile
    if (busy && relay !== undefined) server.options.relays.close(relay)
    const answer = busy ? error(437) : begin(server, request, kept(relay))
    server.answerLater(request, counted(server, request, answer))
  })
  return 'later'
}

function kept(relay: Relay | undefined): Found {
  return relay === undefined ? { failed: 508 } : { relays: [relay], attributes: [] }
}

function reserve(server: TurnServer, relay: Relay, user: string, now: number): Uint8Array {
  const token = marked(server.options.random, 8, server.options.elsewhere?.number)
  server.table.reserve(tokenText(token), { relay, user, expires: now + RESERVED_FOR })
  return token
}

export function tokenText(token: Uint8Array): string {
  return Buffer.from(token).toString('hex')
}
