import { named, u8, u32be } from '@sallyport/linux'
import { flags, type UnnamedBit } from './flags.ts'
import { type ExpressionCodec, expression, withoutDefault, withoutNoFlags } from './table.ts'

/** NF_OSF_TTL_* of linux/netfilter/nfnetlink_osf.h */
export const osfTtls = {
  true: 0, // NF_OSF_TTL_TRUE: as in the fingerprint
  less: 1, // NF_OSF_TTL_LESS
  nocheck: 2, // NF_OSF_TTL_NOCHECK
} as const

/** enum nft_osf_flags */
export const osfFlags = {
  version: 1, // NFT_OSF_F_VERSION
} as const

/** The name of the operating system that sent this SYN packet, NFT_OSF_MAXGENRELEN bytes, into `dreg`. */
export interface Osf {
  expr: 'osf'
  dreg: number
  /** Default: `true`. */
  ttl?: keyof typeof osfTtls
  /** `version`: the name is followed by it, as in `Linux:3.0`. */
  flags?: (keyof typeof osfFlags | UnnamedBit)[]
}

export const osf: ExpressionCodec<Osf> = expression<Osf>(
  'osf',
  {
    dreg: [1, u32be, 'NFTA_OSF_DREG'],
    ttl: [2, named(u8, osfTtls), 'NFTA_OSF_TTL'],
    flags: [3, flags(u32be, osfFlags), 'NFTA_OSF_FLAGS'],
  },
  (osf) => withoutDefault(withoutNoFlags(osf), 'ttl', 'true'),
  withoutNoFlags,
)
