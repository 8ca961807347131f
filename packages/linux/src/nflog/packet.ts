import {
  attributes,
  type Codec,
  type Field,
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
import { type Flow, type FlowAttributes, flowAttributes, toFlow } from '../conntrack/flow.ts'
import { fixedHeader, message } from '../netlink/message.ts'
import { type NfGenMessage, nfGenMessage } from '../netlink/nfnetlink.ts'

/** struct nfulnl_msg_packet_hdr. */
export interface PacketHeader {
  /** EtherType: 0x0800, 0x86dd. */
  readonly etherType: number
  /** NF_INET_*, NF_BR_*, NF_NETDEV_*: depends on the family. */
  readonly hook: number
}

const packetHeader: Field<PacketHeader> = fixedHeader<PacketHeader>('nfulnl_msg_packet_hdr', 4, {
  etherType: [0, u16be],
  hook: [2, u8],
})

/** struct nfulnl_msg_packet_timestamp as microseconds since 1970. */
const timestamp: Field<bigint> = mapped(
  fixedHeader<{ seconds: bigint; microseconds: bigint }>('nfulnl_msg_packet_timestamp', 16, {
    seconds: [0, u64be],
    microseconds: [8, u64be],
  }),
  ({ seconds, microseconds }) => seconds * 1_000_000n + microseconds,
  (time) => ({ seconds: time / 1_000_000n, microseconds: time % 1_000_000n }),
)

/** struct nfulnl_msg_packet_hw: the sender's link layer address, eight bytes at most. */
const hardwareAddress: Field<Uint8Array> = {
  write: (out, value) => {
    if (value.length > 8) throw new RangeError(`a hardware address of ${value.length} bytes; nfnetlink_log holds 8`)
    out.u16be(value.length)
    out.u16be(0)
    out.bytes(value)
    for (let at = value.length; at < 8; at += 1) out.u8(0)
  },
  read: (bytes) => {
    if (bytes.length < 12) throw new Malformed(`${bytes.length} bytes where nfulnl_msg_packet_hw has 12`)
    const length = u16be.read(bytes)
    if (length > 8) throw new Malformed(`a hardware address of ${length} bytes in a field of 8`)
    return Uint8Array.from(bytes.subarray(4, 4 + length))
  },
}

/** How a packet stands to its flow. */
export type ConntrackInfo = 'established' | 'related' | 'new' | 'established-reply' | 'related-reply'

/** enum ip_conntrack_info, linux/netfilter/nf_conntrack_common.h. */
export const CONNTRACK_INFO: Names<ConntrackInfo> = {
  established: 0, // IP_CT_ESTABLISHED
  related: 1, // IP_CT_RELATED
  new: 2, // IP_CT_NEW
  'established-reply': 3, // IP_CT_ESTABLISHED_REPLY
  'related-reply': 4, // IP_CT_RELATED_REPLY
}

/** One packet as its message has it. */
export interface PacketAttributes extends Unknown {
  readonly header?: PacketHeader
  readonly mark?: number
  /** Microseconds since 1970; when the packet arrived, if it did. */
  readonly timestamp?: bigint
  /** Interface indices; the physical ones are ports of a bridge. */
  readonly inputInterface?: number
  readonly outputInterface?: number
  readonly physicalInput?: number
  readonly physicalOutput?: number
  readonly hardwareAddress?: Uint8Array
  readonly payload?: Uint8Array
  readonly prefix?: string
  /** Owner of the local socket. */
  readonly uid?: number
  readonly sequence?: number
  readonly globalSequence?: number
  readonly gid?: number
  /** ARPHRD_* and the link layer header. */
  readonly hardwareType?: number
  readonly hardwareHeader?: Uint8Array
  readonly hardwareHeaderLength?: number
  readonly conntrack?: FlowAttributes
  readonly conntrackInfo?: ConntrackInfo
  readonly layer2Header?: Uint8Array
}

export const packetAttributes: Codec<PacketAttributes> = attributes<PacketAttributes>('packet', {
  header: [1, packetHeader, 'NFULA_PACKET_HDR'],
  prefix: [10, text, 'NFULA_PREFIX'],
  inputInterface: [4, u32be, 'NFULA_IFINDEX_INDEV'],
  outputInterface: [5, u32be, 'NFULA_IFINDEX_OUTDEV'],
  physicalInput: [6, u32be, 'NFULA_IFINDEX_PHYSINDEV'],
  physicalOutput: [7, u32be, 'NFULA_IFINDEX_PHYSOUTDEV'],
  mark: [2, u32be, 'NFULA_MARK'],
  hardwareAddress: [8, hardwareAddress, 'NFULA_HWADDR'],
  hardwareType: [15, u16be, 'NFULA_HWTYPE'],
  hardwareHeaderLength: [17, u16be, 'NFULA_HWLEN'],
  hardwareHeader: [16, raw, 'NFULA_HWHEADER'],
  timestamp: [3, timestamp, 'NFULA_TIMESTAMP'],
  uid: [11, u32be, 'NFULA_UID'],
  gid: [14, u32be, 'NFULA_GID'],
  sequence: [12, u32be, 'NFULA_SEQ'],
  globalSequence: [13, u32be, 'NFULA_SEQ_GLOBAL'],
  conntrack: [18, flowAttributes, 'NFULA_CT'],
  conntrackInfo: [19, named(u32be, CONNTRACK_INFO), 'NFULA_CT_INFO'],
  layer2Header: [21, raw, 'NFULA_L2HDR'],
  payload: [9, raw, 'NFULA_PAYLOAD'],
})

/** The body of NFULNL_MSG_PACKET; res_id is the group. */
export const packetMessage: Codec<NfGenMessage & PacketAttributes> = message(
  'nflog packet',
  nfGenMessage,
  packetAttributes,
)

/** Where in its way through the kernel a packet was logged. */
export type LogHook =
  | 'prerouting'
  | 'input'
  | 'forward'
  | 'output'
  | 'postrouting'
  | 'ingress'
  | 'egress'
  | `hook ${number}`

/** One logged packet. */
export interface LoggedPacket extends Omit<PacketAttributes, 'header' | 'conntrack'> {
  /** NFPROTO_*: 2 IPv4, 10 IPv6, 5 netdev, 7 bridge. */
  readonly family: number
  readonly group: number
  readonly hook: LogHook
  readonly etherType: number
  /** What the rule says; default ''. */
  readonly prefix: string
  /** The packet from its IP header on, as far as it was asked for. */
  readonly payload: Uint8Array
  /** Default 0. */
  readonly mark: number
  /** The packet's flow, when the kernel can attach it and there is one. */
  readonly conntrack?: Flow
}

/** Reads the body of NFULNL_MSG_PACKET; throws Malformed. */
export function decodePacket(body: Uint8Array): LoggedPacket {
  const { family, version: _, resourceId, header, conntrack, ...values } = packetMessage.decode(body)
  if (header === undefined) throw new Malformed('a packet without NFULA_PACKET_HDR')
  return {
    prefix: '',
    payload: new Uint8Array(),
    mark: 0,
    ...values,
    family,
    group: resourceId,
    hook: hookName(family, header.hook),
    etherType: header.etherType,
    ...(conntrack !== undefined && { conntrack: toFlow(conntrack) }),
  }
}

const NFPROTO_NETDEV = 5
// enum nf_inet_hooks; nf_bridge_hooks are the same up to 4
const INET_HOOKS: readonly LogHook[] = ['prerouting', 'input', 'forward', 'output', 'postrouting', 'ingress']
const NETDEV_HOOKS: readonly LogHook[] = ['ingress', 'egress'] // enum nf_dev_hooks

function hookName(family: number, hook: number): LogHook {
  return (family === NFPROTO_NETDEV ? NETDEV_HOOKS : INET_HOOKS)[hook] ?? `hook ${hook}`
}
