import {
  attributes,
  type Codec,
  type Field,
  type Flags,
  flagSet,
  Malformed,
  mapped,
  type Names,
  named,
  raw,
  text,
  type Unknown,
  u8,
  u16be,
  u32be,
  u64be,
} from '../bytes/index.ts'
import type { Protocol } from './protocol.ts'
import { type Family, type Tuple, tuple } from './tuple.ts'

/** What conntrack has found out about a flow, in nft's words (`ct status`) where it has some. */
export type StatusFlag =
  | 'expected'
  | 'seen-reply'
  | 'assured'
  | 'confirmed'
  | 'snat'
  | 'dnat'
  | 'seq-adjust'
  | 'snat-done'
  | 'dnat-done'
  | 'dying'
  | 'fixed-timeout'
  | 'template'
  | 'untracked'
  | 'helper'
  | 'offload'
  | 'hw-offload'

/** enum ip_conntrack_status, linux/netfilter/nf_conntrack_common.h. */
export const FLOW_STATUS: Names<StatusFlag> = {
  expected: 1 << 0, // IPS_EXPECTED
  'seen-reply': 1 << 1, // IPS_SEEN_REPLY
  assured: 1 << 2, // IPS_ASSURED
  confirmed: 1 << 3, // IPS_CONFIRMED
  snat: 1 << 4, // IPS_SRC_NAT
  dnat: 1 << 5, // IPS_DST_NAT
  'seq-adjust': 1 << 6, // IPS_SEQ_ADJUST
  'snat-done': 1 << 7, // IPS_SRC_NAT_DONE
  'dnat-done': 1 << 8, // IPS_DST_NAT_DONE
  dying: 1 << 9, // IPS_DYING
  'fixed-timeout': 1 << 10, // IPS_FIXED_TIMEOUT
  template: 1 << 11, // IPS_TEMPLATE
  untracked: 1 << 12, // IPS_UNTRACKED
  helper: 1 << 13, // IPS_HELPER
  offload: 1 << 14, // IPS_OFFLOAD
  'hw-offload': 1 << 15, // IPS_HW_OFFLOAD
}

const status: Field<Flags<StatusFlag>> = flagSet(u32be, FLOW_STATUS)

/** Packets and bytes of one direction; there when net.netfilter.nf_conntrack_acct is 1. */
export interface FlowCounters extends Unknown {
  readonly packets: bigint
  readonly bytes: bigint
}

interface CounterAttributes extends Unknown {
  packets?: bigint
  bytes?: bigint
}

export const counterAttributes: Codec<CounterAttributes> = attributes<CounterAttributes>('counters', {
  packets: [1, u64be, 'CTA_COUNTERS_PACKETS'],
  bytes: [2, u64be, 'CTA_COUNTERS_BYTES'],
})

const counters: Field<FlowCounters> = mapped(
  counterAttributes,
  ({ packets = 0n, bytes = 0n, ...rest }): FlowCounters => ({ packets, bytes, ...rest }),
  (value) => value,
)

/** How far a TCP connection is, as conntrack sees it. */
export type TcpState =
  | 'none'
  | 'syn-sent'
  | 'syn-recv'
  | 'established'
  | 'fin-wait'
  | 'close-wait'
  | 'last-ack'
  | 'time-wait'
  | 'close'
  | 'syn-sent2'

/** enum tcp_conntrack, linux/netfilter/nf_conntrack_tcp.h. */
export const TCP_STATES: Names<TcpState> = {
  none: 0, // TCP_CONNTRACK_NONE
  'syn-sent': 1, // TCP_CONNTRACK_SYN_SENT
  'syn-recv': 2, // TCP_CONNTRACK_SYN_RECV
  established: 3, // TCP_CONNTRACK_ESTABLISHED
  'fin-wait': 4, // TCP_CONNTRACK_FIN_WAIT
  'close-wait': 5, // TCP_CONNTRACK_CLOSE_WAIT
  'last-ack': 6, // TCP_CONNTRACK_LAST_ACK
  'time-wait': 7, // TCP_CONNTRACK_TIME_WAIT
  close: 8, // TCP_CONNTRACK_CLOSE
  'syn-sent2': 9, // TCP_CONNTRACK_SYN_SENT2, simultaneous open
}

/** What conntrack follows of a TCP connection. */
export interface TcpInfo extends Unknown {
  readonly state?: TcpState
  readonly originalWindowScale?: number
  readonly replyWindowScale?: number
  /** struct nf_ct_tcp_flags: flags (IP_CT_TCP_FLAG_*) and mask. */
  readonly originalFlags?: Uint8Array
  readonly replyFlags?: Uint8Array
}

export const tcpInfo: Codec<TcpInfo> = attributes<TcpInfo>('tcp', {
  state: [1, named(u8, TCP_STATES), 'CTA_PROTOINFO_TCP_STATE'],
  originalWindowScale: [2, u8, 'CTA_PROTOINFO_TCP_WSCALE_ORIGINAL'],
  replyWindowScale: [3, u8, 'CTA_PROTOINFO_TCP_WSCALE_REPLY'],
  originalFlags: [4, raw, 'CTA_PROTOINFO_TCP_FLAGS_ORIGINAL'],
  replyFlags: [5, raw, 'CTA_PROTOINFO_TCP_FLAGS_REPLY'],
})

/** State of the layer 4 protocol; sctp and dccp are kept, unread. */
export interface ProtocolInfo extends Unknown {
  readonly tcp?: TcpInfo
}

export const protocolInfo: Codec<ProtocolInfo> = attributes<ProtocolInfo>('protocol info', {
  tcp: [1, tcpInfo, 'CTA_PROTOINFO_TCP'],
})

/** The helper that reads along (ftp, sip, …); `info` is its own. */
export interface FlowHelper extends Unknown {
  readonly name?: string
  readonly info?: Uint8Array
}

export const flowHelper: Codec<FlowHelper> = attributes<FlowHelper>('helper', {
  name: [1, text, 'CTA_HELP_NAME'],
  info: [2, raw, 'CTA_HELP_INFO'],
})

/** Nanoseconds since 1970; there when net.netfilter.nf_conntrack_timestamp is 1. */
export interface FlowTimes extends Unknown {
  readonly start?: bigint
  readonly stop?: bigint
}

export const flowTimes: Codec<FlowTimes> = attributes<FlowTimes>('timestamp', {
  start: [1, u64be, 'CTA_TIMESTAMP_START'],
  stop: [2, u64be, 'CTA_TIMESTAMP_STOP'],
})

/** Attributes of a flow as one message carries them: events leave out what did not change. */
export interface FlowAttributes extends Unknown {
  readonly original?: Tuple
  readonly reply?: Tuple
  readonly status?: Flags<StatusFlag>
  readonly protocolInfo?: ProtocolInfo
  readonly helper?: FlowHelper
  /** Seconds until the flow is forgotten when nothing more is seen of it. */
  readonly timeout?: number
  readonly mark?: number
  readonly originalCounters?: FlowCounters
  readonly replyCounters?: FlowCounters
  /** References that the kernel holds to it. */
  readonly use?: number
  /** A hash of the flow's tuple and of its place in memory: a later flow with equal tuples most likely has another. */
  readonly id?: number
  /** The flow that this one was expected by (an ftp control connection, …). */
  readonly master?: Tuple
  readonly zone?: number
  readonly times?: FlowTimes
  /** 128 bits, `ct label`. */
  readonly labels?: Uint8Array
}

export const flowAttributes: Codec<FlowAttributes> = attributes<FlowAttributes>('flow', {
  original: [1, tuple, 'CTA_TUPLE_ORIG'],
  reply: [2, tuple, 'CTA_TUPLE_REPLY'],
  status: [3, status, 'CTA_STATUS'],
  mark: [8, u32be, 'CTA_MARK'],
  id: [12, u32be, 'CTA_ID'],
  use: [11, u32be, 'CTA_USE'],
  timeout: [7, u32be, 'CTA_TIMEOUT'],
  protocolInfo: [4, protocolInfo, 'CTA_PROTOINFO'],
  helper: [5, flowHelper, 'CTA_HELP'],
  originalCounters: [9, counters, 'CTA_COUNTERS_ORIG'],
  replyCounters: [10, counters, 'CTA_COUNTERS_REPLY'],
  times: [20, flowTimes, 'CTA_TIMESTAMP'],
  zone: [18, u16be, 'CTA_ZONE'],
  master: [14, tuple, 'CTA_TUPLE_MASTER'],
  labels: [22, raw, 'CTA_LABELS'],
})

/** One tracked flow. What is not optional here is in every message, or has a default. */
export interface Flow extends FlowAttributes {
  /** Of the original direction. */
  readonly family: Family
  readonly protocol: Protocol
  /** As the first packet came in. */
  readonly original: Tuple
  /** As answers come in: where they differ from the mirrored original, NAT has been at work. */
  readonly reply: Tuple
  readonly status: Flags<StatusFlag>
  readonly id: number
  /** Default 0. */
  readonly mark: number
  /** Default 0. */
  readonly zone: number
}

/** A flow from its attributes; throws {@link Malformed} when it has no tuples or no id. */
export function toFlow(values: FlowAttributes): Flow {
  const { original, reply, id } = values
  if (original === undefined || reply === undefined) throw new Malformed('a flow without both tuples')
  if (id === undefined) throw new Malformed('a flow without CTA_ID')
  const { family, protocol } = original
  return { mark: 0, zone: 0, status: new Set(), ...values, family, protocol, original, reply, id }
}
