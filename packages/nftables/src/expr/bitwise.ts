import { named, u32be } from '@sallyport/linux'
import { type Data, data } from './data.ts'
import { type ExpressionCodec, expression, withoutDefault } from './table.ts'

/** enum nft_bitwise_ops */
export const bitwiseOps = {
  mask_xor: 0, // NFT_BITWISE_MASK_XOR
  lshift: 1, // NFT_BITWISE_LSHIFT
  rshift: 2, // NFT_BITWISE_RSHIFT
} as const

/** `dreg = (sreg & mask) ^ xor`, or `sreg` shifted by the bits in `data`. */
export interface Bitwise {
  expr: 'bitwise'
  sreg: number
  dreg: number
  /** Bytes. */
  len: number
  /** Default: `mask_xor`. */
  op?: keyof typeof bitwiseOps
  mask?: Data
  xor?: Data
  /** For shifts: how many bits, as u32 in host byte order. */
  data?: Data
}

export const bitwise: ExpressionCodec<Bitwise> = expression<Bitwise>(
  'bitwise',
  {
    sreg: [1, u32be, 'NFTA_BITWISE_SREG'],
    dreg: [2, u32be, 'NFTA_BITWISE_DREG'],
    op: [6, named(u32be, bitwiseOps), 'NFTA_BITWISE_OP'],
    len: [3, u32be, 'NFTA_BITWISE_LEN'],
    mask: [4, data, 'NFTA_BITWISE_MASK'],
    xor: [5, data, 'NFTA_BITWISE_XOR'],
    data: [7, data, 'NFTA_BITWISE_DATA'],
  },
  (bitwise) => withoutDefault(bitwise, 'op', 'mask_xor'),
)
