import { named, u32be } from '@sallyport/linux'
import { type ExpressionCodec, expression, withoutDefault } from './table.ts'

/** enum nft_ng_types */
export const numgenTypes = {
  incremental: 0, // NFT_NG_INCREMENTAL
  random: 1, // NFT_NG_RANDOM
} as const

/** A number from 0 to `modulus` - 1, plus `offset`, in host byte order. */
export interface Numgen {
  expr: 'numgen'
  dreg: number
  modulus: number
  type: keyof typeof numgenTypes
  /** Default: 0. */
  offset?: number
}

export const numgen: ExpressionCodec<Numgen> = expression<Numgen>(
  'numgen',
  {
    dreg: [1, u32be, 'NFTA_NG_DREG'],
    modulus: [2, u32be, 'NFTA_NG_MODULUS'],
    type: [3, named(u32be, numgenTypes), 'NFTA_NG_TYPE'],
    offset: [4, u32be, 'NFTA_NG_OFFSET'],
  },
  (numgen) => withoutDefault(numgen, 'offset', 0),
)
