import type { PeerFilter } from '../../filter/index.ts'
import type { Authenticator, ReplyBudget } from '../../stun/index.ts'
import type { Client } from './client.ts'
import type { Elsewhere } from './elsewhere.ts'
import type { Quota } from './quota.ts'
import type { Relays } from './relays.ts'

/** How long and how much; times in seconds. */
export interface Limits {
  /** Lifetime that an allocation gets when none is asked for; default 600 (RFC 8656 section 7.2). */
  readonly defaultLifetime: number
  /** The most that a client gets; default 3600. */
  readonly maxLifetime: number
  /** Allocations of one user; default 10. */
  readonly perUser: number
  /** Allocations of the whole server; default 10,000. */
  readonly total: number
  /** Permissions of one allocation; default 256. */
  readonly permissions: number
  /** Channels of one allocation; default 256. */
  readonly channels: number
  /** TCP connections of one allocation; default 64. */
  readonly connections: number
}

export const defaultLimits: Limits = {
  defaultLifetime: 600,
  maxLifetime: 3600,
  perUser: 10,
  total: 10_000,
  permissions: 256,
  channels: 256,
  connections: 64,
}

/** What a server is told, and what it asks of the world. */
export interface TurnServerOptions {
  readonly authenticator: Authenticator
  readonly filter: PeerFilter
  readonly relays: Relays
  /** Bytes that nobody can guess: tickets, reservation tokens, connection IDs. */
  readonly random: (bytes: number) => Uint8Array
  /** A message for a client, over whatever it talks by. Lost over UDP when the socket's buffer is full. */
  readonly send: (client: Client, message: Uint8Array) => void
  /** Families that there are relay addresses of. Who asks for none gets IPv4, or 440 (RFC 8656 section 7.2). */
  readonly families: readonly (4 | 6)[]
  readonly limits?: Partial<Limits>
  /** SOFTWARE; default: none, since it helps attackers more than others. */
  readonly software?: string
  /** RFC 8016; default true. */
  readonly mobility?: boolean
  /** RFC 6062; default true. */
  readonly tcpRelay?: boolean
  /** What bounds replies to sources that may be forged; default: one of its own, with the default numbers. */
  readonly budget?: ReplyBudget
  /** What counts allocations; default: this server alone. */
  readonly quota?: Quota
  /** What counts ports that are kept for a token (EVEN-PORT); default: this server alone. */
  readonly kept?: Quota
  /** Other servers on the same addresses; default: there are none. */
  readonly elsewhere?: Elsewhere
}
