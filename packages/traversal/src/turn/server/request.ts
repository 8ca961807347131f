import type { Attached, IntegrityAlgorithm, Message, StunErrorCode, User } from '../../stun/index.ts'
import type { Client } from './client.ts'

/** A request that is authenticated: who asks, and with what the answer is sealed. */
export interface Request {
  readonly message: Message
  readonly client: Client
  readonly user: User
  readonly key: Uint8Array
  readonly algorithm: IntegrityAlgorithm
  /** Milliseconds since 1970. */
  readonly now: number
  /** Whatever the transport knows the client's connection by; TCP relays join it with a peer's. */
  readonly connection: unknown
}

/** A success with attributes, an error, or the bytes of an earlier answer. */
export type Settled =
  | { readonly success: readonly Attached[]; readonly sent?: (bytes: Uint8Array) => void; readonly after?: () => void }
  | { readonly error: StunErrorCode; readonly attributes?: readonly Attached[] }
  | { readonly again: Uint8Array }

/** How a request is answered: now, or when something else has happened. */
export type Answer = Settled | 'later'

export function success(...attributes: readonly Attached[]): Settled {
  return { success: attributes }
}

export function error(code: StunErrorCode, ...attributes: readonly Attached[]): Settled {
  return { error: code, attributes }
}
