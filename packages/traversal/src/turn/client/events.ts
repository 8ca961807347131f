import type { AddressErrorCode, Attached, Endpoint, IcmpError, Method } from '../../stun/index.ts'
import type { TurnError } from './error.ts'
import type { Answer } from './requests.ts'

/** What the server gave. */
export interface Allocated {
  /** Relayed addresses: one, or one of each family. */
  readonly relayed: readonly Endpoint[]
  /** Ours, as the server sees it. */
  readonly mapped: Endpoint | undefined
  /** Shows the server who may have the next port (EVEN-PORT with `reserve`); good for 30 seconds. */
  readonly reservation: Uint8Array | undefined
  /** Why there is no address of the other family, when both were asked for. */
  readonly missing: AddressErrorCode | undefined
}

export type TurnClientEvent =
  | ({ readonly type: 'allocated' } & Allocated)
  /** A datagram of a peer. */
  | { readonly type: 'data'; readonly peer: Endpoint; readonly bytes: Uint8Array }
  /** What was sent to a peer met an ICMP error (RFC 8656 section 11.6). */
  | { readonly type: 'icmp'; readonly peer: Endpoint; readonly error: IcmpError }
  /** The address may send to the relay, from now on and for as long as the relay lives. */
  | { readonly type: 'permitted'; readonly address: string }
  /** It may not, or not any more. */
  | { readonly type: 'forbidden'; readonly address: string; readonly error: TurnError }
  | { readonly type: 'bound'; readonly peer: Endpoint; readonly channel: number }
  /** There is no channel, or it was lost; data goes without it. */
  | { readonly type: 'unbound'; readonly peer: Endpoint; readonly error: TurnError }
  /** The server is connected to the peer: open a connection of our own to the server, with `id` (RFC 6062). */
  | { readonly type: 'connected'; readonly peer: Endpoint; readonly id: number }
  | { readonly type: 'unconnected'; readonly peer: Endpoint; readonly error: TurnError }
  /** A peer connected to the relay: open a connection within 30 seconds, or let it be. */
  | { readonly type: 'incoming'; readonly peer: Endpoint; readonly id: number }
  /**
   * Other credentials are wanted, since the server refuses ours or they end soon: say `renew`, or `notRenewed` when there
   * are none. What goes by permissions and channels is not held up.
   */
  | { readonly type: 'credentials'; readonly why: 'refused' | 'ending' }
  /** The server knows our new address (RFC 8016). */
  | { readonly type: 'moved' }
  /** Go on at another server, and then say `restart`. `domain` is what its certificate has to be for. */
  | { readonly type: 'redirected'; readonly server: Endpoint; readonly domain: string | undefined }
  | ({ readonly type: 'closed' } & Closed)

/** Why a relay is no more. */
export interface Closed {
  /** `released` by us, `refused` before there was one, `lost` by the server, `disconnected`: the stream ended. */
  readonly why: 'released' | 'refused' | 'lost' | 'disconnected'
  readonly error?: TurnError
}

/** What those that keep something alive may do. */
export interface Upkeep {
  ask(
    operation: Method,
    attributes: readonly Attached[],
    now: number,
    settle: (answer: Answer, now: number) => void,
  ): void
  emit(event: TurnClientEvent): void
}
