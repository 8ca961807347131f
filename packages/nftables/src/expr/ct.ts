import { named, u8, u32be } from '@sallyport/linux'
import { type ExpressionCodec, expression } from './table.ts'

/** enum nft_ct_keys */
export const ctKeys = {
  state: 0, // NFT_CT_STATE
  direction: 1, // NFT_CT_DIRECTION
  status: 2, // NFT_CT_STATUS
  mark: 3, // NFT_CT_MARK
  secmark: 4, // NFT_CT_SECMARK
  expiration: 5, // NFT_CT_EXPIRATION
  helper: 6, // NFT_CT_HELPER
  l3protocol: 7, // NFT_CT_L3PROTOCOL
  src: 8, // NFT_CT_SRC
  dst: 9, // NFT_CT_DST
  protocol: 10, // NFT_CT_PROTOCOL
  proto_src: 11, // NFT_CT_PROTO_SRC
  proto_dst: 12, // NFT_CT_PROTO_DST
  labels: 13, // NFT_CT_LABELS
  pkts: 14, // NFT_CT_PKTS
  bytes: 15, // NFT_CT_BYTES
  avgpkt: 16, // NFT_CT_AVGPKT
  zone: 17, // NFT_CT_ZONE
  eventmask: 18, // NFT_CT_EVENTMASK
  src_ip: 19, // NFT_CT_SRC_IP
  dst_ip: 20, // NFT_CT_DST_IP
  src_ip6: 21, // NFT_CT_SRC_IP6
  dst_ip6: 22, // NFT_CT_DST_IP6
  id: 23, // NFT_CT_ID
} as const
export type CtKey = keyof typeof ctKeys

/** enum ip_conntrack_dir */
export const ctDirections = {
  original: 0, // IP_CT_DIR_ORIGINAL
  reply: 1, // IP_CT_DIR_REPLY
} as const
export type CtDirection = keyof typeof ctDirections

/** Reads what the connection tracking knows into `dreg`, or sets it from `sreg`. */
export interface Ct {
  expr: 'ct'
  dreg?: number
  key: CtKey
  /** Whose tuple, for addresses, ports and counts. */
  direction?: CtDirection
  sreg?: number
}

export const ct: ExpressionCodec<Ct> = expression<Ct>('ct', {
  key: [2, named(u32be, ctKeys), 'NFTA_CT_KEY'],
  dreg: [1, u32be, 'NFTA_CT_DREG'],
  direction: [3, named(u8, ctDirections), 'NFTA_CT_DIRECTION'],
  sreg: [4, u32be, 'NFTA_CT_SREG'],
})
