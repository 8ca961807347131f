import { named, u32be } from '@sallyport/linux'
import { type ExpressionCodec, expression, withoutDefault } from './table.ts'

/** enum nft_hash_types */
export const hashTypes = {
  jenkins: 0, // NFT_HASH_JENKINS
  sym: 1, // NFT_HASH_SYM
} as const

/** A hash of `sreg` (jenkins), or of the flow whichever way it goes (sym): 0 to `modulus` - 1, plus `offset`. */
export interface Hash {
  expr: 'hash'
  sreg?: number
  dreg: number
  /** Bytes of `sreg`. */
  len?: number
  modulus: number
  /** Absent: the kernel draws one. */
  seed?: number
  /** Default: 0. */
  offset?: number
  /** Default: `jenkins`. */
  type?: keyof typeof hashTypes
}

export const hash: ExpressionCodec<Hash> = expression<Hash>(
  'hash',
  {
    sreg: [1, u32be, 'NFTA_HASH_SREG'],
    dreg: [2, u32be, 'NFTA_HASH_DREG'],
    len: [3, u32be, 'NFTA_HASH_LEN'],
    modulus: [4, u32be, 'NFTA_HASH_MODULUS'],
    seed: [5, u32be, 'NFTA_HASH_SEED'],
    offset: [6, u32be, 'NFTA_HASH_OFFSET'],
    type: [7, named(u32be, hashTypes), 'NFTA_HASH_TYPE'],
  },
  (hash) => withoutDefault({ type: 'jenkins', ...hash }, 'offset', 0),
)
