import { u32be, u64be } from '@sallyport/linux'
import { flags, type UnnamedBit } from './flags.ts'
import { type ExpressionCodec, expression, withoutNoFlags } from './table.ts'

/** enum nft_quota_flags */
export const quotaFlags = {
  inv: 1, // NFT_QUOTA_F_INV
  depleted: 2, // NFT_QUOTA_F_DEPLETED: state, never written
} as const

/** Goes on until `bytes` have passed, with `inv` from then on. */
export interface Quota {
  expr: 'quota'
  bytes: bigint
  flags?: (keyof typeof quotaFlags | UnnamedBit)[]
  /** Bytes that have passed already: state. */
  consumed?: bigint
}

export const quota: ExpressionCodec<Quota> = expression<Quota>(
  'quota',
  {
    bytes: [1, u64be, 'NFTA_QUOTA_BYTES'],
    consumed: [4, u64be, 'NFTA_QUOTA_CONSUMED'],
    flags: [2, flags(u32be, quotaFlags), 'NFTA_QUOTA_FLAGS'],
  },
  ({ consumed: _, ...quota }) =>
    withoutNoFlags({ ...quota, flags: (quota.flags ?? []).filter((flag) => flag !== 'depleted') }),
)
