import { named, u32be } from '@sallyport/linux'
import { type Data, data } from './data.ts'
import { type ExpressionCodec, expression } from './table.ts'

/** enum nft_cmp_ops */
export const cmpOps = {
  eq: 0, // NFT_CMP_EQ
  neq: 1, // NFT_CMP_NEQ
  lt: 2, // NFT_CMP_LT
  lte: 3, // NFT_CMP_LTE
  gt: 4, // NFT_CMP_GT
  gte: 5, // NFT_CMP_GTE
} as const
export type CmpOp = keyof typeof cmpOps

/** Goes on when `sreg` compares so with `data`, byte by byte; ends the rule otherwise. */
export interface Cmp {
  expr: 'cmp'
  sreg: number
  op: CmpOp
  data: Data
}

export const cmp: ExpressionCodec<Cmp> = expression<Cmp>('cmp', {
  sreg: [1, u32be, 'NFTA_CMP_SREG'],
  op: [2, named(u32be, cmpOps), 'NFTA_CMP_OP'],
  data: [3, data, 'NFTA_CMP_DATA'],
})
