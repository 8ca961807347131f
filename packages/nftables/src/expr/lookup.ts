import { text, u32be } from '@sallyport/linux'
import { flags, type UnnamedBit } from './flags.ts'
import { type ExpressionCodec, expression, withoutNoFlags } from './table.ts'

/** enum nft_lookup_flags */
export const lookupFlags = {
  inv: 1, // NFT_LOOKUP_F_INV
} as const

/** Goes on when `sreg` is (with `inv`: is not) in the set; of a map, `dreg` gets the value. */
export interface Lookup {
  expr: 'lookup'
  set: string
  sreg: number
  /** 0 (NFT_REG_VERDICT) for a verdict map. */
  dreg?: number
  /** For a set of this batch that the kernel has not named yet. */
  setId?: number
  flags?: (keyof typeof lookupFlags | UnnamedBit)[]
}

export const lookup: ExpressionCodec<Lookup> = expression<Lookup>(
  'lookup',
  {
    sreg: [2, u32be, 'NFTA_LOOKUP_SREG'],
    dreg: [3, u32be, 'NFTA_LOOKUP_DREG'],
    set: [1, text, 'NFTA_LOOKUP_SET'],
    setId: [4, u32be, 'NFTA_LOOKUP_SET_ID'],
    flags: [5, flags(u32be, lookupFlags), 'NFTA_LOOKUP_FLAGS'],
  },
  ({ setId: _, ...lookup }) => withoutNoFlags(lookup),
)
