import { named, u32be, u64be } from '@sallyport/linux'
import { flags, type UnnamedBit } from './flags.ts'
import { type ExpressionCodec, expression, withoutNoFlags } from './table.ts'

/** enum nft_limit_type */
export const limitTypes = {
  pkts: 0, // NFT_LIMIT_PKTS
  pkt_bytes: 1, // NFT_LIMIT_PKT_BYTES
} as const

/** enum nft_limit_flags */
export const limitFlags = {
  inv: 1, // NFT_LIMIT_F_INV
} as const

/** Goes on for `rate` packets or bytes per `unit`, with `inv` for those beyond. */
export interface Limit {
  expr: 'limit'
  rate: bigint
  /** Seconds. */
  unit: bigint
  /** Default: 0 bytes, 5 packets. */
  burst?: number
  /** Default: `pkts`. */
  type?: keyof typeof limitTypes
  flags?: (keyof typeof limitFlags | UnnamedBit)[]
}

const defaultBurst = 5 // NFT_LIMIT_PKT_BURST_DEFAULT of net/netfilter/nft_limit.c

export const limit: ExpressionCodec<Limit> = expression<Limit>(
  'limit',
  {
    rate: [1, u64be, 'NFTA_LIMIT_RATE'],
    unit: [2, u64be, 'NFTA_LIMIT_UNIT'],
    burst: [3, u32be, 'NFTA_LIMIT_BURST'],
    type: [4, named(u32be, limitTypes), 'NFTA_LIMIT_TYPE'],
    flags: [5, flags(u32be, limitFlags), 'NFTA_LIMIT_FLAGS'],
  },
  (limit) => {
    const type = limit.type ?? 'pkts'
    const burst = limit.burst || (type === 'pkts' ? defaultBurst : 0)
    return withoutNoFlags({ ...limit, burst, type })
  },
)
