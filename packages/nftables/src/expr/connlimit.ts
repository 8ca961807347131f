import { u32be } from '@sallyport/linux'
import { flags, type UnnamedBit } from './flags.ts'
import { type ExpressionCodec, expression, withoutNoFlags } from './table.ts'

/** enum nft_connlimit_flags */
export const connlimitFlags = {
  inv: 1, // NFT_CONNLIMIT_F_INV
} as const

/** Goes on up to `count` connections, with `inv` for those beyond. */
export interface Connlimit {
  expr: 'connlimit'
  count: number
  flags?: (keyof typeof connlimitFlags | UnnamedBit)[]
}

export const connlimit: ExpressionCodec<Connlimit> = expression<Connlimit>(
  'connlimit',
  {
    count: [1, u32be, 'NFTA_CONNLIMIT_COUNT'],
    flags: [2, flags(u32be, connlimitFlags), 'NFTA_CONNLIMIT_FLAGS'],
  },
  (connlimit) => withoutNoFlags(connlimit),
)
