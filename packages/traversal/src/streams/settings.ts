import type { Bandwidth, CounterCells, PortRange, RelayAddress } from '../datapath/index.ts'
import type { Endpoint, Message } from '../stun/index.ts'
import type { Client, TurnEvents, TurnServerOptions } from '../turn/server/index.ts'

/** Where a server of streams listens. */
export interface StreamAddress extends Endpoint {
  readonly transport: 'tcp' | 'tls'
}

/** How many may connect. */
export interface ClientLimits {
  /** Connections from one IPv4 address, or one /64 of IPv6; default 256. */
  readonly perAddress: number
  /** Connections in all; default 16,384. */
  readonly total: number
}

/** How much one server of streams takes on. */
export interface StreamLimits extends ClientLimits {
  /** Milliseconds without a whole message after which a connection without an allocation is closed; default 30,000. */
  readonly idle: number
  /** Milliseconds for the handshake of TLS; default 10,000. */
  readonly handshake: number
  /** Bytes that may wait for a client that reads slowly: datagrams beyond are dropped; default 256 KiB. */
  readonly queue: number
}

export const defaultStreamLimits: StreamLimits = {
  perAddress: 256,
  total: 16_384,
  idle: 30_000,
  handshake: 10_000,
  queue: 256 << 10,
}

/** What a server of streams relays with. */
export interface StreamRelay {
  /** For the machine; sockets and randomness are ours. */
  readonly turn: Omit<TurnServerOptions, 'relays' | 'send' | 'random' | 'families'>
  readonly addresses: readonly RelayAddress[]
  readonly ports: PortRange
  readonly bandwidth?: Bandwidth
  /** Hears of what happened. */
  readonly events?: TurnEvents
}

/** A socket that clients connect to. */
export interface StreamListener extends StreamAddress {
  readonly fd: number
}

/** What ends TLS for clients: a connection goes there, and its plain bytes come back by a pair of streams. */
export interface TlsSide {
  /** `socket`: the client's connection; `inside`: the end of the pair for its plain bytes. Both are its to close. */
  secure(id: number, socket: number, inside: number): void
  /** The server has no more to do with it: what was sent to it may still leave, and that is all. */
  leave(id: number): void
}

export interface StreamSettings {
  readonly listeners: readonly StreamListener[]
  /** Without it, there must be no listener of TLS. */
  readonly tls?: TlsSide | undefined
  /** Without it, `stun` answers. */
  readonly relay?: StreamRelay | undefined
  /** Answers messages where there is no relay; undefined: no answer. */
  readonly stun?: ((message: Message, client: Client) => Uint8Array | undefined) | undefined
  readonly counters: CounterCells
  readonly limits?: Partial<StreamLimits>
  /** Milliseconds since 1970. */
  readonly clock: () => number
  /** Bytes that nobody can guess. */
  readonly random: (bytes: number) => Uint8Array
}
