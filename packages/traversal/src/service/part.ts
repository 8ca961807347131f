import type { AnswerCells, Counters } from '../datapath/index.ts'
import type { Happening, Order } from './messages.ts'

/** A part of a server that has allocations of its own: the threads of UDP, the streams of TCP and TLS. */
export interface Part extends AsyncDisposable {
  readonly counters: Counters
  readonly answers: readonly AnswerCells[]
  /** Rejects when the part ended without being told to; else it waits for ever. */
  readonly failure: Promise<never>
  /** Resolves when the order holds: nothing is answered any more as before. */
  order(order: Order): Promise<void>
}

/** Hears what happens in a part. */
export type Hear = (happening: Happening) => void
