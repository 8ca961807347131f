import {
  attributes,
  type Codec,
  type Field,
  i32,
  Malformed,
  raw,
  text,
  type Unknown,
  u8,
  u16,
  u16be,
  u32,
  u64,
} from '../bytes/index.ts'
import { type FixedHeader, fixedHeader, message } from '../netlink/message.ts'
import { hardwareAddress, ip } from './fields.ts'

/** RTM_*LINK, linux/rtnetlink.h and linux/if_link.h. */

export const RTM_NEWLINK = 16
export const RTM_DELLINK = 17
export const RTM_GETLINK = 18

// ifi_flags, linux/if.h
export const IFF_UP = 0x1
export const IFF_LOOPBACK = 0x8
export const IFF_RUNNING = 0x40

// IFLA_OPERSTATE, linux/if.h
const IF_OPER_UNKNOWN = 0
const IF_OPER_UP = 6

/** struct ifinfomsg. `change` says which bits of `flags` a request is about. */
export interface LinkHeader {
  readonly family: number
  readonly type: number
  readonly index: number
  readonly flags: number
  readonly change: number
}

export const linkHeader: FixedHeader<LinkHeader> = fixedHeader<LinkHeader>('ifinfomsg', 16, {
  family: [0, u8],
  type: [2, u16], // ARPHRD_*
  index: [4, i32],
  flags: [8, u32],
  change: [12, u32],
})

/** What a link has counted since it was made: the first fields of struct rtnl_link_stats64. */
export interface LinkCounters {
  readonly rxPackets: bigint
  readonly txPackets: bigint
  readonly rxBytes: bigint
  readonly txBytes: bigint
  readonly rxErrors: bigint
  readonly txErrors: bigint
  readonly rxDropped: bigint
  readonly txDropped: bigint
}

// Kernels append to the struct; what is behind these is left alone.
export const linkCounters: FixedHeader<LinkCounters> = fixedHeader<LinkCounters>('rtnl_link_stats64', 64, {
  rxPackets: [0, u64],
  txPackets: [8, u64],
  rxBytes: [16, u64],
  txBytes: [24, u64],
  rxErrors: [32, u64],
  txErrors: [40, u64],
  rxDropped: [48, u64],
  txDropped: [56, u64],
})

/** IFLA_LINKINFO: `data` is laid out as `kind` says, see {@link vethData} and the others. */
export interface LinkInfo extends Unknown {
  kind?: string
  data?: Uint8Array
}

export const linkInfo: Codec<LinkInfo> = attributes<LinkInfo>('linkinfo', {
  kind: [1, text, 'IFLA_INFO_KIND'],
  data: [2, raw, 'IFLA_INFO_DATA'],
})

export interface LinkAttributes extends Unknown {
  hardwareAddress?: string
  broadcast?: string
  name?: string
  mtu?: number
  lower?: number
  queueing?: string
  master?: number
  queueLength?: number
  operationalState?: number
  info?: LinkInfo
  alias?: string
  counters?: LinkCounters
  group?: number
  namespaceFd?: number
  transmitQueues?: number
  receiveQueues?: number
  carrier?: number
  lowerNamespaceId?: number
  gsoMaxSegments?: number
  gsoMaxSize?: number
}

export type LinkMessage = LinkHeader & LinkAttributes

export const link: Codec<LinkMessage> = message(
  'link',
  linkHeader,
  attributes<LinkAttributes>('link', {
    hardwareAddress: [1, hardwareAddress, 'IFLA_ADDRESS'],
    broadcast: [2, hardwareAddress, 'IFLA_BROADCAST'],
    name: [3, text, 'IFLA_IFNAME'],
    mtu: [4, u32, 'IFLA_MTU'],
    lower: [5, u32, 'IFLA_LINK'],
    queueing: [6, text, 'IFLA_QDISC'],
    master: [10, u32, 'IFLA_MASTER'],
    queueLength: [13, u32, 'IFLA_TXQLEN'],
    operationalState: [16, u8, 'IFLA_OPERSTATE'],
    info: [18, linkInfo, 'IFLA_LINKINFO'],
    alias: [20, text, 'IFLA_IFALIAS'],
    counters: [23, linkCounters, 'IFLA_STATS64'],
    group: [27, u32, 'IFLA_GROUP'],
    namespaceFd: [28, u32, 'IFLA_NET_NS_FD'],
    transmitQueues: [31, u32, 'IFLA_NUM_TX_QUEUES'],
    receiveQueues: [32, u32, 'IFLA_NUM_RX_QUEUES'],
    carrier: [33, u8, 'IFLA_CARRIER'],
    lowerNamespaceId: [37, i32, 'IFLA_LINK_NETNSID'],
    gsoMaxSegments: [40, u32, 'IFLA_GSO_MAX_SEGS'],
    gsoMaxSize: [41, u32, 'IFLA_GSO_MAX_SIZE'],
  }),
)

/** IFLA_INFO_DATA of kind veth: the other end, as a link of its own. */
export interface VethData extends Unknown {
  peer?: LinkMessage
}

export const vethData: Codec<VethData> = attributes<VethData>('veth', {
  peer: [1, inAttribute(link), 'VETH_INFO_PEER'],
})

/** IFLA_INFO_DATA of kind bridge. Times in hundredths of a second. */
export interface BridgeData extends Unknown {
  forwardDelay?: number
  ageingTime?: number
  stp?: number
  vlanFiltering?: number
  multicastSnooping?: number
}

export const bridgeData: Codec<BridgeData> = attributes<BridgeData>('bridge', {
  forwardDelay: [1, u32, 'IFLA_BR_FORWARD_DELAY'],
  ageingTime: [4, u32, 'IFLA_BR_AGEING_TIME'],
  stp: [5, u32, 'IFLA_BR_STP_STATE'],
  vlanFiltering: [7, u8, 'IFLA_BR_VLAN_FILTERING'],
  multicastSnooping: [23, u8, 'IFLA_BR_MCAST_SNOOPING'],
})

/** IFLA_INFO_DATA of kind vxlan. */
export interface VxlanData extends Unknown {
  id?: number
  remote?: string
  lower?: number
  local?: string
  learning?: number
  port?: number
}

export const vxlanData: Codec<VxlanData> = attributes<VxlanData>('vxlan', {
  id: [1, u32, 'IFLA_VXLAN_ID'],
  remote: [2, ip, 'IFLA_VXLAN_GROUP'],
  lower: [3, u32, 'IFLA_VXLAN_LINK'],
  local: [4, ip, 'IFLA_VXLAN_LOCAL'],
  learning: [7, u8, 'IFLA_VXLAN_LEARNING'],
  port: [15, u16be, 'IFLA_VXLAN_PORT'],
})

/** A message as the content of an attribute: it starts with its header, so that it isn't a nest (NLA_F_NESTED). */
function inAttribute<T>(codec: Codec<T>): Field<T> {
  return { write: codec.write, read: codec.read, pathAt: codec.pathAt }
}

const IFNAMSIZ = 16

/** Refuses names that the kernel would (dev_valid_name), before anything is sent. Throws RangeError. */
export function checkLinkName(name: string): string {
  const bytes = Buffer.byteLength(name)
  if (bytes >= IFNAMSIZ) {
    throw new RangeError(`link name '${name}' has ${bytes} bytes; Linux takes ${IFNAMSIZ - 1} at most (IFNAMSIZ)`)
  }
  if (name === '' || name === '.' || name === '..' || /[/:\s\0]/.test(name)) {
    throw new RangeError(`link name '${name}' is not one: no '/', ':' or white space in it, not empty, '.' or '..'`)
  }
  return name
}

/** A link as the kernel has it. */
export interface Link {
  readonly index: number
  readonly name: string
  /** 'veth', 'bridge', 'vxlan', …; undefined for hardware and lo. */
  readonly kind: string | undefined
  /** Administratively up (IFF_UP). */
  readonly up: boolean
  /** Up, and there is somebody at the other end (IFF_RUNNING). */
  readonly running: boolean
  /** The kernel has seen to what a carrier that came or went means, too: IF_OPER_UP. What has none is `unknown` for ever. */
  readonly state: 'up' | 'down' | 'unknown'
  readonly mtu: number
  readonly hardwareAddress: string | undefined
  /** Index of the bridge it is a port of. */
  readonly master: number | undefined
  /** Index of the link below, or of a veth's other end; that may be in another namespace. */
  readonly lower: number | undefined
  readonly counters: LinkCounters | undefined
}

/** RFC 2863 ifOperStatus; 1 to 5 are ways of not being up. */
function stateOf(operationalState: number = IF_OPER_UNKNOWN): Link['state'] {
  if (operationalState === IF_OPER_UNKNOWN) return 'unknown'
  return operationalState === IF_OPER_UP ? 'up' : 'down'
}

/** What a person wants to know of a RTM_NEWLINK; throws {@link Malformed} without a name and MTU. */
export function linkOf(message: LinkMessage): Link {
  const { index, flags, name, mtu, master, lower, counters } = message
  if (name === undefined || mtu === undefined) throw new Malformed(`link ${index} has no IFLA_IFNAME or IFLA_MTU`)
  return {
    index,
    name,
    kind: message.info?.kind,
    up: (flags & IFF_UP) !== 0,
    running: (flags & IFF_RUNNING) !== 0,
    state: stateOf(message.operationalState),
    mtu,
    hardwareAddress: message.hardwareAddress,
    master,
    lower,
    counters,
  }
}
