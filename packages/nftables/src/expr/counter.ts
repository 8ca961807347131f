import { u64be } from '@sallyport/linux'
import { type ExpressionCodec, expression } from './table.ts'

/** Counts what passes. Both numbers are state: they say where to begin on writing and where it stands on reading. */
export interface Counter {
  expr: 'counter'
  bytes?: bigint
  packets?: bigint
}

export const counter: ExpressionCodec<Counter> = expression<Counter>(
  'counter',
  {
    bytes: [1, u64be, 'NFTA_COUNTER_BYTES'],
    packets: [2, u64be, 'NFTA_COUNTER_PACKETS'],
  },
  () => ({ expr: 'counter' }),
)
