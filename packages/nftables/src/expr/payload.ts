import { named, u32be } from '@sallyport/linux'
import { flags, type UnnamedBit } from './flags.ts'
import { type ExpressionCodec, expression } from './table.ts'

/** enum nft_payload_bases */
export const payloadBases = {
  link: 0, // NFT_PAYLOAD_LL_HEADER
  network: 1, // NFT_PAYLOAD_NETWORK_HEADER
  transport: 2, // NFT_PAYLOAD_TRANSPORT_HEADER
  inner: 3, // NFT_PAYLOAD_INNER_HEADER
  tunnel: 4, // NFT_PAYLOAD_TUN_HEADER: within `inner` (Linux 6.2)
} as const
export type PayloadBase = keyof typeof payloadBases

/** enum nft_payload_csum_types */
export const payloadChecksums = {
  none: 0, // NFT_PAYLOAD_CSUM_NONE
  inet: 1, // NFT_PAYLOAD_CSUM_INET
  sctp: 2, // NFT_PAYLOAD_CSUM_SCTP
} as const

/** enum nft_payload_csum_flags */
export const payloadChecksumFlags = {
  pseudohdr: 1, // NFT_PAYLOAD_L4CSUM_PSEUDOHDR
} as const

/** Reads bytes of the packet into `dreg`, or writes `sreg` into the packet. */
export interface Payload {
  expr: 'payload'
  dreg?: number
  sreg?: number
  base: PayloadBase
  /** Bytes from the beginning of the header. */
  offset: number
  /** Bytes. */
  len: number
  csumType?: keyof typeof payloadChecksums
  /** Bytes from the beginning of the header to its checksum. */
  csumOffset?: number
  /** `pseudohdr`: the transport checksum covers these bytes too. */
  csumFlags?: (keyof typeof payloadChecksumFlags | UnnamedBit)[]
}

export const payload: ExpressionCodec<Payload> = expression<Payload>(
  'payload',
  {
    sreg: [5, u32be, 'NFTA_PAYLOAD_SREG'],
    dreg: [1, u32be, 'NFTA_PAYLOAD_DREG'],
    base: [2, named(u32be, payloadBases), 'NFTA_PAYLOAD_BASE'],
    offset: [3, u32be, 'NFTA_PAYLOAD_OFFSET'],
    len: [4, u32be, 'NFTA_PAYLOAD_LEN'],
    csumType: [6, named(u32be, payloadChecksums), 'NFTA_PAYLOAD_CSUM_TYPE'],
    csumOffset: [7, u32be, 'NFTA_PAYLOAD_CSUM_OFFSET'],
    csumFlags: [8, flags(u32be, payloadChecksumFlags), 'NFTA_PAYLOAD_CSUM_FLAGS'],
  },
  canonical,
)

/** Of a write the kernel dumps the checksum's three attributes even when they say nothing. */
function canonical({ csumFlags = [], ...payload }: Payload): Payload {
  const flags = csumFlags.length > 0 ? { csumFlags } : {}
  const defaults: Partial<Payload> = payload.sreg === undefined ? {} : { csumType: 'none', csumOffset: 0 }
  return { ...defaults, ...payload, ...flags }
}
