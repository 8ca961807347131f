import { named, u8, u32be } from '@sallyport/linux'
import { type ExpressionCodec, expression } from './table.ts'

/** enum nft_reject_types */
export const rejectTypes = {
  icmp_unreach: 0, // NFT_REJECT_ICMP_UNREACH
  tcp_rst: 1, // NFT_REJECT_TCP_RST
  icmpx_unreach: 2, // NFT_REJECT_ICMPX_UNREACH
} as const

/** enum nft_reject_inet_code: what `icmpx_unreach` says, to IPv4 and IPv6 alike. */
export const rejectCodes = {
  no_route: 0, // NFT_REJECT_ICMPX_NO_ROUTE
  port_unreach: 1, // NFT_REJECT_ICMPX_PORT_UNREACH
  host_unreach: 2, // NFT_REJECT_ICMPX_HOST_UNREACH
  admin_prohibited: 3, // NFT_REJECT_ICMPX_ADMIN_PROHIBITED
} as const

/** Answers with a TCP reset or an ICMP error and drops the packet. */
export interface Reject {
  expr: 'reject'
  type: keyof typeof rejectTypes
  /** Code of ICMP, ICMPv6, or one of {@link rejectCodes} for `icmpx_unreach`. */
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
