import { attributes, type Codec, type Unknown, u16be, u32be } from '../bytes/index.ts'
import { message } from '../netlink/message.ts'
import { NFNL_SUBSYS_CTNETLINK, type NfGenMessage, nfGenMessage, nfMessageType } from '../netlink/nfnetlink.ts'
import { type Flow, type FlowAttributes, flowAttributes, toFlow } from './flow.ts'
import { type Tuple, tuple } from './tuple.ts'

// enum cntl_msg_types, linux/netfilter/nfnetlink_conntrack.h
export const IPCTNL_MSG_CT_NEW = 0
export const IPCTNL_MSG_CT_GET = 1
export const IPCTNL_MSG_CT_DELETE = 2
export const IPCTNL_MSG_CT_GET_STATS = 5

/** nlmsg_type of a message of ctnetlink. */
export function conntrackType(message: number): number {
  return nfMessageType(NFNL_SUBSYS_CTNETLINK, message)
}

/** The body of IPCTNL_MSG_CT_NEW and IPCTNL_MSG_CT_DELETE as the kernel sends them. */
export const flowMessage: Codec<NfGenMessage & FlowAttributes> = message('conntrack', nfGenMessage, flowAttributes)

/** The flow that such a body is about; throws Malformed. */
export function decodeFlow(body: Uint8Array): Flow {
  const { family: _, version: __, resourceId: ___, ...values } = flowMessage.decode(body)
  return toFlow(values)
}

/** What a question or an order names flows by. */
export interface FlowQuery extends Unknown {
  readonly original?: Tuple
  readonly mark?: number
  /** Which bits of `mark` count. */
  readonly markMask?: number
  readonly id?: number
  readonly zone?: number
}

export const flowQuery: Codec<FlowQuery> = attributes<FlowQuery>('flow', {
  original: [1, tuple, 'CTA_TUPLE_ORIG'],
  mark: [8, u32be, 'CTA_MARK'],
  markMask: [21, u32be, 'CTA_MARK_MASK'],
  id: [12, u32be, 'CTA_ID'],
  zone: [18, u16be, 'CTA_ZONE'],
})

/** The body of IPCTNL_MSG_CT_GET and IPCTNL_MSG_CT_DELETE as we send them. */
export const queryMessage: Codec<NfGenMessage & FlowQuery> = message('conntrack', nfGenMessage, flowQuery)

/** How full the table of this namespace is. */
export interface ConntrackStats extends Unknown {
  readonly entries?: number
  readonly maxEntries?: number
}

export const statsAttributes: Codec<ConntrackStats> = attributes<ConntrackStats>('conntrack stats', {
  entries: [1, u32be, 'CTA_STATS_GLOBAL_ENTRIES'],
  maxEntries: [2, u32be, 'CTA_STATS_GLOBAL_MAX_ENTRIES'],
})

/** The body of IPCTNL_MSG_CT_GET_STATS. */
export const statsMessage: Codec<NfGenMessage & ConntrackStats> = message('conntrack', nfGenMessage, statsAttributes)
