import type { Endpoint } from '../../stun/index.ts'
import type { Allocation } from './allocation.ts'

/** What an allocation wants of a relay port. */
export interface RelayWish {
  readonly family: 4 | 6
  readonly protocol: 'udp' | 'tcp'
  /** An even port (EVEN-PORT), and with it the next one, to be kept for a reservation. */
  readonly even?: 'alone' | 'with next'
  /** A port that was kept. */
  readonly reserved?: Relay
}

/** A port that peers send to: opaque to the machine, a socket to who opens it. */
export interface Relay {
  readonly family: 4 | 6
  readonly protocol: 'udp' | 'tcp'
  /** As peers see it. */
  readonly endpoint: Endpoint
}

/** Relays that were opened: the first is the allocation's, the second, if asked for, is to be kept. */
export type Opened = { readonly relay: Relay; readonly next?: Relay } | { readonly failed: 'no port' | 'no family' }

/**
 * The ports of a server, and connections of TCP relays. All of it happens at once, or says later how it went by
 * {@link import('./server.ts').TurnServer.connected}.
 */
export interface Relays {
  open(wish: RelayWish): Opened
  close(relay: Relay): void
  /** From now on what comes to a relay belongs to that allocation. */
  assign(relay: Relay, allocation: Allocation): void
  /** Sends a datagram to a peer. `dontFragment`: with DF. Lost when the socket's buffer is full. */
  send(relay: Relay, peer: Endpoint, payload: Uint8Array, dontFragment: boolean): void
  /** Begins a TCP connection from a relay to a peer (RFC 6062). */
  connect(relay: Relay, peer: Endpoint, id: number): void
  /** Joins a client's data connection and a peer's connection: bytes go through from here on. */
  join(id: number, client: unknown): void
  /** Gives up a peer's connection. */
  disconnect(id: number): void
}
