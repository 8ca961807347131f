import type { Impairment } from '../link/index.ts'
import type { LinkCounters } from './counters.ts'

/** What the owner of a wire and its thread tell each other. */

export type Direction = 'aToB' | 'bToA'

/** How the thread finds what it works with; descriptors belong to the process, whichever thread uses them. */
export interface ThreadData {
  readonly seed: number
  /** Of the packet socket, with its ring. */
  readonly socket: { readonly fd: number; readonly slots: number }
  /** Of the eventfd that says that there are orders. */
  readonly wakeup: number
  /** One word, 1: end now, without reading any more orders. */
  readonly stopped: SharedArrayBuffer
  /** Milliseconds after which it looks at `stopped` unasked; Infinity where the owner can always wake it. */
  readonly patience: number
}

/** A number for each cable, of the owner's choice. */
export type Order =
  | { readonly kind: 'plug'; readonly cable: number; readonly plan: CablePlan }
  | { readonly kind: 'change'; readonly cable: number; readonly change: Partial<Record<Direction, Impairment>> }
  | { readonly kind: 'counters'; readonly cable: number }
  | { readonly kind: 'unplug'; readonly cable: number }
  | { readonly kind: 'watch'; readonly on: boolean }
  | { readonly kind: 'overruns' }

export interface CablePlan {
  readonly name: string
  /** Indices of the wire's own ends. */
  readonly a: number
  readonly b: number
  readonly aToB: Impairment
  readonly bToA: Impairment
}

/** An order that waits for its answer under a number; 0: for none. */
export interface Request {
  readonly id: number
  readonly order: Order
}

export type Report =
  | { readonly kind: 'answer'; readonly id: number; readonly value: unknown }
  | { readonly kind: 'happening'; readonly happening: Happening }

export interface CableCounters {
  readonly aToB: LinkCounters
  readonly bToA: LinkCounters
}

/** What the wire did to a frame. */
export interface Happening {
  /** The cable's name. */
  readonly cable: string
  readonly direction: Direction
  /** When it was sent into the cable: milliseconds since 1970, with fractions. */
  readonly time: number
  /** `loss` and `queue`: it is gone. `corrupt`: `frame` is as it was before. */
  readonly what: 'loss' | 'queue' | 'duplicate' | 'reorder' | 'corrupt'
  /** A copy from the Ethernet header on, with finished checksums. */
  readonly frame: Uint8Array
}
