import { named, u32be } from '@sallyport/linux'
import { type ExpressionCodec, expression } from './table.ts'

/** enum nft_meta_keys */
export const metaKeys = {
  len: 0, // NFT_META_LEN
  protocol: 1, // NFT_META_PROTOCOL
  priority: 2, // NFT_META_PRIORITY
  mark: 3, // NFT_META_MARK
  iif: 4, // NFT_META_IIF
  oif: 5, // NFT_META_OIF
  iifname: 6, // NFT_META_IIFNAME
  oifname: 7, // NFT_META_OIFNAME
  iiftype: 8, // NFT_META_IIFTYPE
  oiftype: 9, // NFT_META_OIFTYPE
  skuid: 10, // NFT_META_SKUID
  skgid: 11, // NFT_META_SKGID
  nftrace: 12, // NFT_META_NFTRACE
  rtclassid: 13, // NFT_META_RTCLASSID
  secmark: 14, // NFT_META_SECMARK
  nfproto: 15, // NFT_META_NFPROTO
  l4proto: 16, // NFT_META_L4PROTO
  bri_iifname: 17, // NFT_META_BRI_IIFNAME
  bri_oifname: 18, // NFT_META_BRI_OIFNAME
  pkttype: 19, // NFT_META_PKTTYPE
  cpu: 20, // NFT_META_CPU
  iifgroup: 21, // NFT_META_IIFGROUP
  oifgroup: 22, // NFT_META_OIFGROUP
  cgroup: 23, // NFT_META_CGROUP
  prandom: 24, // NFT_META_PRANDOM
  secpath: 25, // NFT_META_SECPATH
  iifkind: 26, // NFT_META_IIFKIND
  oifkind: 27, // NFT_META_OIFKIND
  bri_iifpvid: 28, // NFT_META_BRI_IIFPVID
  bri_iifvproto: 29, // NFT_META_BRI_IIFVPROTO
  time_ns: 30, // NFT_META_TIME_NS
  time_day: 31, // NFT_META_TIME_DAY
  time_hour: 32, // NFT_META_TIME_HOUR
  sdif: 33, // NFT_META_SDIF
  sdifname: 34, // NFT_META_SDIFNAME
  bri_broute: 35, // NFT_META_BRI_BROUTE (Linux 6.4)
  bri_iifhwaddr: 37, // NFT_META_BRI_IIFHWADDR (Linux 6.18)
} as const
export type MetaKey = keyof typeof metaKeys

/** Reads what the kernel knows about the packet into `dreg`, or sets it from `sreg`. */
export interface Meta {
  expr: 'meta'
  dreg?: number
  key: MetaKey
  sreg?: number
}

export const meta: ExpressionCodec<Meta> = expression<Meta>('meta', {
  key: [2, named(u32be, metaKeys), 'NFTA_META_KEY'],
  dreg: [1, u32be, 'NFTA_META_DREG'],
  sreg: [3, u32be, 'NFTA_META_SREG'],
})
