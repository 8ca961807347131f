import { u32be, u64be } from '@sallyport/linux'
import { type ExpressionCodec, expression } from './table.ts'

/** Remembers when it was last reached. All of it is state. */
export interface Last {
  expr: 'last'
  /** 1 when it was ever reached. */
  set?: number
  /** Milliseconds ago. */
  msecs?: bigint
}

export const last: ExpressionCodec<Last> = expression<Last>(
  'last',
  {
    set: [1, u32be, 'NFTA_LAST_SET'],
    msecs: [2, u64be, 'NFTA_LAST_MSECS'],
  },
  () => ({ expr: 'last' }),
)
