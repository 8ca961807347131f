import { lifetime, mobilityTicket, requestedAddressFamily } from '../../stun/index.ts'
import type { Allocation } from './allocation.ts'
import type { NotFound } from './elsewhere.ts'
import { lifetimeOf } from './lifetime.ts'
import { allocationOfTicket, newTicket } from './mobility.ts'
import { type Answer, error, type Request, type Settled, success } from './request.ts'
import { isSameUser } from './same-user.ts'
import type { TurnServer } from './server.ts'

/** Refresh (RFC 8656 section 8.2; with a ticket from elsewhere, RFC 8016 section 3.2). */
export function refresh(server: TurnServer, request: Request): Answer {
  const { message, client, user } = request
  if (message.has(lifetime) && message.get(lifetime) === undefined) return error(400)
  const ticket = message.get(mobilityTicket)
  const allocation = server.table.of(client)
  if (ticket !== undefined && ticket.length > 0 && allocation === undefined) return moved(server, request, ticket)
  if (allocation === undefined) return error(437)
  if (!isSameUser(allocation.user, user)) return error(441)
  if (mismatched(allocation, request)) return error(443)
  const { refreshed } = allocation
  // A retransmission: another new ticket would make the one worthless that the client took from the first answer.
  if (refreshed !== undefined && same(refreshed.transaction, message.transaction)) return { again: refreshed.answer }
  return prolonged(server, request, allocation)
}

/** The client shows its ticket from another address: the allocation follows, and the old address is forgotten. */
function moved(server: TurnServer, request: Request, ticket: Uint8Array): Answer {
  if (server.options.mobility === false) return error(405)
  const { elsewhere } = server.options
  const owner = ticket[0]!
  if (elsewhere === undefined || owner === elsewhere.number) {
    return follow(server, request, allocationOfTicket(server, ticket, request.user))
  }
  elsewhere.allocation(owner, ticket, request, (found) => {
    server.answerLater(request, arrived(server, request, found))
  })
  return 'later'
}

/** What another server held goes on here, unless the client has begun something else meanwhile. */
function arrived(server: TurnServer, request: Request, found: Allocation | NotFound): Settled {
  // Asked about again, by a retransmission: it is here since the first answer, and 437 would say that it is lost.
  const here = server.table.of(request.client)?.refreshed
  if (here !== undefined && same(here.transaction, request.message.transaction)) return { again: here.answer }
  if (typeof found !== 'string' && server.table.of(request.client) !== undefined) {
    server.close(found, 'gone')
    return error(437)
  }
  return follow(server, request, found)
}

function follow(server: TurnServer, request: Request, allocation: Allocation | NotFound): Settled {
  if (allocation === 'unknown') return error(437)
  if (allocation === 'of somebody else') return error(441)
  if (mismatched(allocation, request)) return error(443)
  if (allocation.protocol === 'tcp' && request.client.transport === 'udp') return error(400)
  const before = allocation.client
  if (server.table.of(before) === allocation) server.table.move(allocation, request.client)
  else server.table.add(Object.assign(allocation, { client: request.client }))
  server.events.moved?.(allocation, before)
  allocation.key = request.key
  allocation.algorithm = request.algorithm
  return prolonged(server, request, allocation)
}

function prolonged(server: TurnServer, request: Request, allocation: Allocation): Settled {
  const { message, now } = request
  const seconds = lifetimeOf(message, server.limits)
  // Of a dual allocation, one half may be meant (section 8.1).
  const family = message.get(requestedAddressFamily)
  // Answered first: over TCP the connection may go with the allocation.
  if (seconds === 0) return { success: [lifetime.of(0)], after: () => server.drop(allocation, family, 'released') }
  allocation.prolong(now + seconds * 1000, family)
  if (!message.has(mobilityTicket) || allocation.ticket === undefined) return success(lifetime.of(seconds))
  const transaction = Uint8Array.from(message.transaction)
  const sent = (answer: Uint8Array): void => {
    allocation.refreshed = { transaction, answer }
  }
  return { success: [lifetime.of(seconds), mobilityTicket.of(newTicket(server, allocation))], sent }
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return a.every((byte, index) => byte === b[index])
}

/** A family that the allocation has no address of (section 8.2). */
function mismatched(allocation: Allocation, { message }: Request): boolean {
  if (!message.has(requestedAddressFamily)) return false
  const family = message.get(requestedAddressFamily)
  return family === undefined || allocation.relay(family) === undefined
}
