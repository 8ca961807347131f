import type { HandedRelay } from '../datapath/index.ts'
import type { Channel, Client, Identity } from '../turn/server/index.ts'
import type { Policy } from './thread-settings.ts'

/** What threads are told and what they say. All of it can be cloned. */

/** Another thread's ticket or token, that a client showed here. */
export type Wanted =
  | { readonly kind: 'allocation'; readonly ticket: Uint8Array; readonly user: Identity }
  | { readonly kind: 'reservation'; readonly token: Uint8Array }

export function isOrder(command: Command): command is Order {
  return command.kind === 'policy' || command.kind === 'drain'
}

/** An allocation on its way from thread to thread. */
export interface HandedAllocation {
  readonly kind: 'allocation'
  readonly relays: readonly HandedRelay[]
  readonly client: Client
  readonly ticket: string
  /** Milliseconds since 1970. */
  readonly begun: number
  readonly expires: number
  readonly permissions: ReadonlyMap<string, number>
  readonly channels: readonly Pick<Channel, 'number' | 'peer' | 'expires'>[]
}

export type Handed =
  | HandedAllocation
  | { readonly kind: 'reservation'; readonly relay: HandedRelay }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'of somebody else' }

/** What an operator tells a server, and all of its threads; each answers with the notice `obeyed`. */
export type Order =
  | { readonly kind: 'policy'; readonly policy: Policy }
  /** No new allocations. */
  | { readonly kind: 'drain' }

/** What a thread is told. */
export type Command =
  | Order
  | { readonly kind: 'stop' }
  | { readonly kind: 'want'; readonly from: number; readonly id: number; readonly wanted: Wanted }
  | { readonly kind: 'handed'; readonly id: number; readonly handed: Handed }

/** What a thread says. */
export type Notice =
  | { readonly kind: 'ready' }
  | { readonly kind: 'failed'; readonly message: string }
  /** From now on the oldest order holds that was not answered yet. */
  | { readonly kind: 'obeyed' }
  | { readonly kind: 'want'; readonly to: number; readonly id: number; readonly wanted: Wanted }
  | { readonly kind: 'handed'; readonly to: number; readonly id: number; readonly handed: Handed }
  | Securing
  | Happening

/** Of the thread of streams, for who ends TLS: see {@link import('../streams/index.ts').TlsSide}. */
export type Securing =
  | { readonly kind: 'secure'; readonly id: number; readonly socket: number; readonly inside: number }
  | { readonly kind: 'leave'; readonly id: number }

/** What is worth a line of a log. */
export type Happening =
  | ({ readonly kind: 'opened' } & About)
  | ({ readonly kind: 'moved'; readonly before: Client } & About)
  | ({ readonly kind: 'closed' } & About & Closing)
  /** A thread gave back what a crowd of clients had left behind. */
  | { readonly kind: 'tidied'; readonly bytes: number; readonly ms: number }
  | { readonly kind: 'refused'; readonly code: number; readonly count: number; readonly client: Client }

/** An allocation. */
export interface About {
  readonly user: string
  readonly client: Client
  /** `udp 203.0.113.1:50000` */
  readonly relays: readonly string[]
}

export interface Closing {
  readonly reason: 'expired' | 'released' | 'gone' | 'stopped'
  /** How long it lived. */
  readonly seconds: number
  /** Bytes of payload. */
  readonly toPeers: number
  readonly fromPeers: number
}
