import {
  attributes,
  type Codec,
  type Field,
  i32be,
  Malformed,
  mapped,
  type Names,
  named,
  raw,
  text,
  u8,
  u16be,
  u32be,
  u64be,
} from '@sallyport/linux'
import { ctDirections, type Family, flags, type UnnamedBit, type VerdictCode, verdictCodes } from '../expr/index.ts'
import { nfMessage } from '../messages/header.ts'

/** enum nft_trace_types */
export const traceTypes = {
  policy: 1, // NFT_TRACETYPE_POLICY
  return: 2, // NFT_TRACETYPE_RETURN
  rule: 3, // NFT_TRACETYPE_RULE
} as const
export type TraceType = keyof typeof traceTypes

/** enum ip_conntrack_status of linux/netfilter/nf_conntrack_common.h */
export const ctStatusFlags = {
  expected: 0x1, // IPS_EXPECTED
  seen_reply: 0x2, // IPS_SEEN_REPLY
  assured: 0x4, // IPS_ASSURED
  confirmed: 0x8, // IPS_CONFIRMED
  snat: 0x10, // IPS_SRC_NAT
  dnat: 0x20, // IPS_DST_NAT
  seq_adjust: 0x40, // IPS_SEQ_ADJUST
  snat_done: 0x80, // IPS_SRC_NAT_DONE
  dnat_done: 0x100, // IPS_DST_NAT_DONE
  dying: 0x200, // IPS_DYING
  fixed_timeout: 0x400, // IPS_FIXED_TIMEOUT
  template: 0x800, // IPS_TEMPLATE
  nat_clash: 0x1000, // IPS_NAT_CLASH
  helper: 0x2000, // IPS_HELPER
  offload: 0x4000, // IPS_OFFLOAD
  hw_offload: 0x8000, // IPS_HW_OFFLOAD
} as const

/** NF_CT_STATE_BIT of the same header. */
export const ctStates: Names<CtState> = { invalid: 1, established: 2, related: 4, new: 8, untracked: 64 }
export type CtState = 'invalid' | 'established' | 'related' | 'new' | 'untracked'

/** What became of the packet: see {@link TracedVerdict}. */
interface WireVerdict {
  code: TracedVerdict
  chain?: string
}

/** A verdict with what it says beside its name. */
export interface TracedVerdict {
  readonly verdict: VerdictCode
  /** Of `queue`. */
  readonly queue?: number
  /** Of `jump` and `goto`. */
  readonly chain?: string
}

/** One step of a packet as the kernel tells of it: enum nft_trace_attributes. */
export interface TraceMessage {
  family: Family
  table?: string
  chain?: string
  /** Absent at the end of a chain. */
  ruleHandle?: bigint
  type: TraceType
  verdict?: TracedVerdict
  /** The same for all steps of one packet, and perhaps for a later one. */
  id: number
  linkHeader?: Uint8Array
  networkHeader?: Uint8Array
  transportHeader?: Uint8Array
  /** Interface by number, and its ARPHRD_*. */
  iif?: number
  iifType?: number
  oif?: number
  oifType?: number
  mark?: number
  nfproto?: number
  policy?: 'drop' | 'accept'
  ctId?: number
  ctDirection?: keyof typeof ctDirections
  ctStatus?: (keyof typeof ctStatusFlags | UnnamedBit)[]
  ctState?: (CtState | UnnamedBit)[]
}

const NF_VERDICT_MASK = 0xff
const NF_VERDICT_QBITS = 16

const verdictNames = new Map<number, VerdictCode>(
  Object.entries(verdictCodes).map(([name, code]) => [code, name as VerdictCode]),
)

/** NFTA_VERDICT_CODE of a verdict that was given: above the lowest byte it has the number of a queue, or an errno. */
const code: Field<TracedVerdict> = mapped(
  i32be,
  (number): TracedVerdict => {
    const verdict = verdictNames.get(number < 0 ? number : number & NF_VERDICT_MASK)
    if (verdict === undefined) throw new Malformed(`${number} is no verdict`)
    return verdict === 'queue' ? { verdict, queue: number >>> NF_VERDICT_QBITS } : { verdict }
  },
  ({ verdict, queue = 0 }) => verdictCodes[verdict] | (queue << NF_VERDICT_QBITS),
)

const wireVerdict: Codec<WireVerdict> = attributes<WireVerdict>('verdict', {
  code: [1, code, 'NFTA_VERDICT_CODE'],
  chain: [2, text, 'NFTA_VERDICT_CHAIN'],
})

const verdict: Field<TracedVerdict> = mapped(
  wireVerdict,
  ({ code, chain }) => ({ ...code, ...(chain !== undefined && { chain }) }),
  ({ chain, ...code }) => ({ code, ...(chain !== undefined && { chain }) }),
)

/** NFT_MSG_TRACE, in the kernel's order. */
export const traceMessage: Codec<TraceMessage> = nfMessage<TraceMessage>('trace', {
  nfproto: [15, u32be, 'NFTA_TRACE_NFPROTO'],
  type: [4, named(u32be, traceTypes), 'NFTA_TRACE_TYPE'],
  id: [6, u32be, 'NFTA_TRACE_ID'],
  chain: [2, text, 'NFTA_TRACE_CHAIN'],
  table: [1, text, 'NFTA_TRACE_TABLE'],
  ruleHandle: [3, u64be, 'NFTA_TRACE_RULE_HANDLE'],
  verdict: [5, verdict, 'NFTA_TRACE_VERDICT'],
  policy: [16, named(u32be, { drop: 0, accept: 1 }), 'NFTA_TRACE_POLICY'],
  mark: [14, u32be, 'NFTA_TRACE_MARK'],
  iif: [10, u32be, 'NFTA_TRACE_IIF'],
  iifType: [11, u16be, 'NFTA_TRACE_IIFTYPE'],
  oif: [12, u32be, 'NFTA_TRACE_OIF'],
  oifType: [13, u16be, 'NFTA_TRACE_OIFTYPE'],
  networkHeader: [8, raw, 'NFTA_TRACE_NETWORK_HEADER'],
  transportHeader: [9, raw, 'NFTA_TRACE_TRANSPORT_HEADER'],
  linkHeader: [7, raw, 'NFTA_TRACE_LL_HEADER'],
  ctState: [21, flags(u32be, ctStates), 'NFTA_TRACE_CT_STATE'],
  ctDirection: [19, named(u8, ctDirections), 'NFTA_TRACE_CT_DIRECTION'],
  ctId: [18, u32be, 'NFTA_TRACE_CT_ID'],
  ctStatus: [20, flags(u32be, ctStatusFlags), 'NFTA_TRACE_CT_STATUS'],
})
