import { named, u32be } from '@sallyport/linux'
import { type Data, data } from './data.ts'
import { type ExpressionCodec, expression } from './table.ts'

/** enum nft_range_ops */
export const rangeOps = {
  eq: 0, // NFT_RANGE_EQ
  neq: 1, // NFT_RANGE_NEQ
} as const

/** Goes on when `sreg` lies (not) between two values, both inclusive. */
export interface Range {
  expr: 'range'
  sreg: number
  op: keyof typeof rangeOps
  fromData: Data
  toData: Data
}

export const range: ExpressionCodec<Range> = expression<Range>('range', {
  sreg: [1, u32be, 'NFTA_RANGE_SREG'],
  op: [2, named(u32be, rangeOps), 'NFTA_RANGE_OP'],
  fromData: [3, data, 'NFTA_RANGE_FROM_DATA'],
  toData: [4, data, 'NFTA_RANGE_TO_DATA'],
})
