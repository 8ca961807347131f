import type { Endpoint } from '../../stun/index.ts'
import type { Allocation } from './allocation.ts'
import { type Client, clientKey } from './client.ts'
import type { Relay } from './relays.ts'

/** A port that is kept for whoever shows the token (RFC 8656 section 7.2). */
interface Reservation {
  readonly relay: Relay
  readonly expires: number
  readonly user: string
}

/** Everything that a server has given out. */
export class AllocationTable {
  readonly #byClient = new Map<string, Allocation>()
  readonly #byTicket = new Map<string, Allocation>()
  readonly #byRelay = new Map<string, Allocation>()
  readonly #connections = new Map<number, Allocation>()
  readonly #reservations = new Map<string, Reservation>()
  readonly #unkept: (user: string) => void

  /** @param unkept a port is not kept any more for a user: somebody has it, or nobody wanted it */
  constructor(unkept: (user: string) => void) {
    this.#unkept = unkept
  }

  get size(): number {
    return this.#byClient.size
  }

  all(): Iterable<Allocation> {
    return this.#byClient.values()
  }

  of(client: Client): Allocation | undefined {
    return this.#byClient.get(clientKey(client))
  }

  /** The allocation whose relay peers reach at that endpoint. */
  at(endpoint: Endpoint): Allocation | undefined {
    return this.#byRelay.get(relayKey(endpoint))
  }

  byTicket(ticket: string): Allocation | undefined {
    return this.#byTicket.get(ticket)
  }

  /** The allocation of a TCP connection's number. */
  ofConnection(id: number): Allocation | undefined {
    const allocation = this.#connections.get(id)
    if (allocation?.connections.has(id)) return allocation
    this.#connections.delete(id)
    return undefined
  }

  forgetRelay({ endpoint }: Relay): void {
    this.#byRelay.delete(relayKey(endpoint))
  }

  forgetConnection(id: number): void {
    this.#connections.delete(id)
  }

  connection(id: number, allocation: Allocation): void {
    this.#connections.set(id, allocation)
  }

  add(allocation: Allocation): void {
    this.#byClient.set(clientKey(allocation.client), allocation)
    for (const { endpoint } of allocation.relays) this.#byRelay.set(relayKey(endpoint), allocation)
  }

  remove(allocation: Allocation): void {
    this.#byClient.delete(clientKey(allocation.client))
    for (const { endpoint } of allocation.relays) this.#byRelay.delete(relayKey(endpoint))
    for (const id of allocation.connections.keys()) this.#connections.delete(id)
    if (allocation.ticket !== undefined) this.#byTicket.delete(allocation.ticket)
  }

  /** The client is somewhere else now (RFC 8016 section 3.2.2). */
  move(allocation: Allocation, client: Client): void {
    this.#byClient.delete(clientKey(allocation.client))
    allocation.client = client
    this.#byClient.set(clientKey(client), allocation)
  }

  ticket(allocation: Allocation, ticket: string): void {
    if (allocation.ticket !== undefined) this.#byTicket.delete(allocation.ticket)
    allocation.ticket = ticket
    this.#byTicket.set(ticket, allocation)
  }

  reserve(token: string, reservation: Reservation): void {
    this.#reservations.set(token, reservation)
  }

  /** Takes a reserved port out; undefined when there is none of that token, or no longer. */
  redeem(token: string, now: number): Relay | undefined {
    const found = this.#reservations.get(token)
    if (found === undefined || found.expires <= now) return undefined
    this.#forget(token, found)
    return found.relay
  }

  /** Takes the reservations out that nobody redeemed in time. */
  *lapsed(now: number): Generator<Relay> {
    for (const [token, reservation] of this.#reservations) {
      if (reservation.expires > now) continue
      this.#forget(token, reservation)
      yield reservation.relay
    }
  }

  #forget(token: string, { user }: Reservation): void {
    this.#reservations.delete(token)
    this.#unkept(user)
  }
}

function relayKey({ address, port }: Endpoint): string {
  return `${address} ${port}`
}
