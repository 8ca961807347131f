import { u32be } from '@sallyport/linux'
import { type Data, data } from './data.ts'
import { type ExpressionCodec, expression } from './table.ts'

/** Puts a constant into `dreg`; a verdict goes to register 0 (NFT_REG_VERDICT) and ends the rule. */
export interface Immediate {
  expr: 'immediate'
  dreg: number
  data: Data
}

export const immediate: ExpressionCodec<Immediate> = expression<Immediate>('immediate', {
  dreg: [1, u32be, 'NFTA_IMMEDIATE_DREG'],
  data: [2, data, 'NFTA_IMMEDIATE_DATA'],
})
