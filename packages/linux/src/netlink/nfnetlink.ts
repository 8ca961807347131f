import { u8, u16be } from '../bytes/index.ts'
import { type FixedHeader, fixedHeader } from './message.ts'

/** What all of netfilter's netlink protocols share (linux/netfilter/nfnetlink.h). */

// The subsystems that we talk to: the upper byte of nlmsg_type
export const NFNL_SUBSYS_CTNETLINK = 1
export const NFNL_SUBSYS_CTNETLINK_EXP = 2
export const NFNL_SUBSYS_ULOG = 4
export const NFNL_SUBSYS_NFTABLES = 10

// enum nfnetlink_groups: multicast groups of NETLINK_NETFILTER
export const NFNLGRP_CONNTRACK_NEW = 1
export const NFNLGRP_CONNTRACK_UPDATE = 2
export const NFNLGRP_CONNTRACK_DESTROY = 3
export const NFNLGRP_NFTABLES = 7
export const NFNLGRP_NFTRACE = 9

/** The only version of nfgenmsg so far. */
export const NFNETLINK_V0 = 0

/** sizeof(struct nfgenmsg). */
export const NFGENMSG_LENGTH = 4

// enum of nfgen_family that conntrack and nflog use (linux/netfilter.h); the same numbers as AF_*
export const NFPROTO_UNSPEC = 0
export const NFPROTO_IPV4 = 2
export const NFPROTO_IPV6 = 10

/** struct nfgenmsg: stands between nlmsghdr and the attributes of every nfnetlink message. */
export interface NfGenMessage {
  /** An address family (AF_*, NFPROTO_*); 0 is unspecified. */
  readonly family: number
  /** NFNETLINK_V0. */
  readonly version: number
  /** res_id: the log group, the subsystem of a batch, the low 16 bits of nf_tables' generation. */
  readonly resourceId: number
}

/** struct nfgenmsg; bytes behind the first four are not looked at. */
export const nfGenMessage: FixedHeader<NfGenMessage> = fixedHeader<NfGenMessage>('nfgenmsg', NFGENMSG_LENGTH, {
  family: [0, u8],
  version: [1, u8],
  resourceId: [2, u16be],
})

/** nlmsg_type of a message of a subsystem: `(NFNL_SUBSYS_x << 8) | message`. */
export function nfMessageType(subsystem: number, message: number): number {
  return subsystem * 256 + message
}

/** NFNL_SUBSYS_ID: which subsystem a nlmsg_type belongs to. */
export function nfSubsystem(type: number): number {
  return type >> 8
}

/** NFNL_MSG_TYPE: the subsystem's own number of a message. */
export function nfMessage(type: number): number {
  return type & 0xff
}
