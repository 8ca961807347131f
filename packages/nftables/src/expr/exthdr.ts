import { named, u8, u32be } from '@sallyport/linux'
import { flags, type UnnamedBit } from './flags.ts'
import { type ExpressionCodec, expression, withoutDefault, withoutNoFlags } from './table.ts'

/** enum nft_exthdr_op */
export const exthdrOps = {
  ipv6: 0, // NFT_EXTHDR_OP_IPV6
  tcpopt: 1, // NFT_EXTHDR_OP_TCPOPT
  ipv4: 2, // NFT_EXTHDR_OP_IPV4
  sctp: 3, // NFT_EXTHDR_OP_SCTP
  dccp: 4, // NFT_EXTHDR_OP_DCCP
} as const

/** enum nft_exthdr_flags */
export const exthdrFlags = {
  present: 1, // NFT_EXTHDR_F_PRESENT
} as const

/** Reads from an extension header or option into `dreg`, or writes `sreg` there; with neither, removes the option. */
export interface Exthdr {
  expr: 'exthdr'
  dreg?: number
  /** Number of the header or option. */
  type: number
  offset: number
  len: number
  flags?: (keyof typeof exthdrFlags | UnnamedBit)[]
  /** Default: `ipv6`. */
  op?: keyof typeof exthdrOps
  sreg?: number
}

export const exthdr: ExpressionCodec<Exthdr> = expression<Exthdr>(
  'exthdr',
  {
    dreg: [1, u32be, 'NFTA_EXTHDR_DREG'],
    sreg: [7, u32be, 'NFTA_EXTHDR_SREG'],
    type: [2, u8, 'NFTA_EXTHDR_TYPE'],
    offset: [3, u32be, 'NFTA_EXTHDR_OFFSET'],
    len: [4, u32be, 'NFTA_EXTHDR_LEN'],
    op: [6, named(u32be, exthdrOps), 'NFTA_EXTHDR_OP'],
    flags: [5, flags(u32be, exthdrFlags), 'NFTA_EXTHDR_FLAGS'],
  },
  (exthdr) => withoutNoFlags(withoutDefault(exthdr, 'op', 'ipv6')),
  sendable,
)

/** What removes an option says which, and no more; what writes one has no flags. */
function sendable(exthdr: Exthdr): Exthdr {
  if (exthdr.dreg !== undefined || exthdr.sreg !== undefined) return withoutNoFlags(exthdr)
  const { offset: _, len: __, flags: ___, ...rest } = exthdr
  return rest as Exthdr
}
