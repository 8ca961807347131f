import { named, u32be } from '@sallyport/linux'
import { type Data, data } from './data.ts'
import { type ExpressionCodec, expression, withoutDefault } from './table.ts'

/** enum nft_bitwise_ops */
export const bitwiseOps = {
  mask_xor: 0, // NFT_BITWISE_MASK_XOR
  lshift: 1, // NFT_BITWISE_LSHIFT
  rshift: 2, // NFT_BITWISE_RSHIFT
  and: 3, // NFT_BITWISE_AND: these three since Linux 6.13
  or: 4, // NFT_BITWISE_OR
  xor: 5, // NFT_BITWISE_XOR
} as const

/**
 * `dreg = (sreg & mask) ^ xor`, or `sreg` shifted by the bits in `data`, or `sreg` and `sreg2` (or `data`) put together
 * bit by bit.
 */
export interface Bitwise {
  expr: 'bitwise'
  sreg: number
  /** For `and`, `or` and `xor`: the other source, instead of `data`. */
  sreg2?: number
  dreg: number
  /** Bytes. */
  len: number
  /** Default: `mask_xor`. */
  op?: keyof typeof bitwiseOps
  mask?: Data
  xor?: Data
  /** For shifts: how many bits, as u32 in host byte order. For `and`, `or` and `xor`: the other operand. */
  data?: Data
}

export const bitwise: ExpressionCodec<Bitwise> = expression<Bitwise>(
  'bitwise',
  {
    sreg: [1, u32be, 'NFTA_BITWISE_SREG'],
    sreg2: [8, u32be, 'NFTA_BITWISE_SREG2'],
    dreg: [2, u32be, 'NFTA_BITWISE_DREG'],
    op: [6, named(u32be, bitwiseOps), 'NFTA_BITWISE_OP'],
    len: [3, u32be, 'NFTA_BITWISE_LEN'],
    mask: [4, data, 'NFTA_BITWISE_MASK'],
    xor: [5, data, 'NFTA_BITWISE_XOR'],
    data: [7, data, 'NFTA_BITWISE_DATA'],
  },
  (bitwise) => withoutDefault(bitwise, 'op', 'mask_xor'),
)
