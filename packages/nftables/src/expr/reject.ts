import { named, u8, u32be } from '@sallyport/linux'
import { type ExpressionCodec, expression } from './table.ts'

/** enum nft_reject_types */
export const rejectTypes = {
  icmp_unreach: 0, // NFT_REJECT_ICMP_UNREACH
  tcp_rst: 1, // NFT_REJECT_TCP_RST
  icmpx_unreach: 2, // NFT_REJECT_ICMPX_UNREACH
} as const

/** Answers with a TCP reset or an ICMP error and drops the packet. */
export interface Reject {
  expr: 'reject'
  type: keyof typeof rejectTypes
  /** Code of ICMP, ICMPv6, or of enum nft_reject_inet_code for `icmpx_unreach`. */
  icmpCode?: number
}

export const reject: ExpressionCodec<Reject> = expression<Reject>(
  'reject',
  {
    type: [1, named(u32be, rejectTypes), 'NFTA_REJECT_TYPE'],
    icmpCode: [2, u8, 'NFTA_REJECT_ICMP_CODE'],
  },
  (reject) => (reject.type === 'tcp_rst' ? { expr: 'reject', type: 'tcp_rst' } : reject),
)
