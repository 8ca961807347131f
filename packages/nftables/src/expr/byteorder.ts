import { named, u32be } from '@sallyport/linux'
import { type ExpressionCodec, expression } from './table.ts'

/** enum nft_byteorder_ops */
export const byteorderOps = {
  ntoh: 0, // NFT_BYTEORDER_NTOH
  hton: 1, // NFT_BYTEORDER_HTON
} as const

/** Turns the byte order of the integers in `sreg`. */
export interface Byteorder {
  expr: 'byteorder'
  sreg: number
  dreg: number
  op: keyof typeof byteorderOps
  /** Bytes altogether. */
  len: number
  /** Bytes of one integer: 2, 4 or 8. */
  size: number
}

export const byteorder: ExpressionCodec<Byteorder> = expression<Byteorder>('byteorder', {
  sreg: [1, u32be, 'NFTA_BYTEORDER_SREG'],
  dreg: [2, u32be, 'NFTA_BYTEORDER_DREG'],
  op: [3, named(u32be, byteorderOps), 'NFTA_BYTEORDER_OP'],
  len: [4, u32be, 'NFTA_BYTEORDER_LEN'],
  size: [5, u32be, 'NFTA_BYTEORDER_SIZE'],
})
