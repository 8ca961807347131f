import type { Allocation } from './allocation.ts'
import { marked, type NotFound } from './elsewhere.ts'
import { type Identity, isSameUser } from './same-user.ts'
import type { TurnServer } from './server.ts'

/** RFC 8016: a ticket lets a client go on with its allocation from another address. */

/** A new ticket for an allocation; the one before is worth nothing from now on. */
export function newTicket(server: TurnServer, allocation: Allocation): Uint8Array {
  // No zeros: coturn's client keeps a ticket as a text of C, which ends at the first of them.
  const random = (bytes: number): Uint8Array => server.options.random(bytes).map((byte) => byte || 0xff)
  const ticket = marked(random, 24, server.options.elsewhere?.number)
  server.table.ticket(allocation, ticketText(ticket))
  return ticket
}

/** The allocation of a ticket, if it belongs to the user that shows it. */
export function allocationOfTicket(server: TurnServer, ticket: Uint8Array, user: Identity): Allocation | NotFound {
  const allocation = server.table.byTicket(ticketText(ticket))
  if (allocation === undefined) return 'unknown'
  return isSameUser(allocation.user, user) ? allocation : 'of somebody else'
}

function ticketText(ticket: Uint8Array): string {
  return Buffer.from(ticket).toString('base64')
}
