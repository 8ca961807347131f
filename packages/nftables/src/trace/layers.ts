import { formatIp } from '@sallyport/linux'

/** An Ethernet header (IEEE 802.3), with the tags of 802.1Q in front of the type. */
export interface LinkLayer {
  /** `02:00:00:00:00:01` */
  readonly source: string
  readonly destination: string
  /** EtherType of what is inside: 0x0800 IPv4, 0x86dd IPv6, 0x0806 ARP. */
  readonly type: number
  /** VLAN ids, the outer one first. */
  readonly vlans: readonly number[]
}

/** RFC 791 */
export interface Ipv4Layer {
  readonly version: 4
  readonly source: string
  readonly destination: string
  /** Number of the protocol inside. */
  readonly protocol: number
  readonly ttl: number
  readonly dscp: number
  readonly ecn: number
  readonly id: number
  /** Bytes, with the header. */
  readonly length: number
  readonly dontFragment: boolean
  readonly moreFragments: boolean
  /** Bytes. */
  readonly fragmentOffset: number
}

/** RFC 8200 */
export interface Ipv6Layer {
  readonly version: 6
  readonly source: string
  readonly destination: string
  /** Number of what is inside: of an extension header if there are some. */
  readonly nextHeader: number
  readonly hopLimit: number
  readonly dscp: number
  readonly ecn: number
  readonly flowLabel: number
  /** Bytes, without the header. */
  readonly length: number
}

/** RFC 826, for IPv4 over Ethernet. */
export interface ArpLayer {
  readonly version: 'arp'
  readonly operation: 'request' | 'reply' | number
  readonly senderHardware: string
  readonly sender: string
  readonly targetHardware: string
  readonly target: string
}

export type NetworkLayer = Ipv4Layer | Ipv6Layer | ArpLayer

export type TcpFlag = 'fin' | 'syn' | 'rst' | 'psh' | 'ack' | 'urg' | 'ece' | 'cwr'

/** RFC 9293 */
export interface TcpLayer {
  readonly protocol: 'tcp'
  readonly sourcePort: number
  readonly destinationPort: number
  readonly sequence: number
  readonly acknowledgement: number
  readonly flags: readonly TcpFlag[]
  readonly window: number
}

/** RFC 768; the other protocols that begin with ports. */
export interface PortsLayer {
  readonly protocol: 'udp' | 'udplite' | 'dccp' | 'sctp'
  readonly sourcePort: number
  readonly destinationPort: number
}

/** RFC 792, RFC 4443 */
export interface IcmpLayer {
  readonly protocol: 'icmp' | 'icmpv6'
  readonly type: number
  readonly code: number
  /** Of echo requests and replies. */
  readonly id?: number
  readonly sequence?: number
}

/** Anything else. */
export interface OtherLayer {
  readonly protocol: number
}

export type TransportLayer = TcpLayer | PortsLayer | IcmpLayer | OtherLayer

const TPID_8021Q = 0x8100
const TPID_8021AD = 0x88a8

/** Undefined for what is cut off. */
export function decodeLink(bytes: Uint8Array): LinkLayer | undefined {
  if (bytes.length < 14) return undefined
  const vlans: number[] = []
  let at = 12
  while ([TPID_8021Q, TPID_8021AD].includes(u16(bytes, at)) && bytes.length >= at + 6) {
    vlans.push(u16(bytes, at + 2) & 0xfff)
    at += 4
  }
  return { source: mac(bytes, 6), destination: mac(bytes, 0), type: u16(bytes, at), vlans }
}

/** `isArp`: what the header in front of it says. Undefined for what is cut off, and for other protocols. */
export function decodeNetwork(bytes: Uint8Array, isArp = false): NetworkLayer | undefined {
  if (isArp) return decodeArp(bytes)
  const version = (bytes[0] ?? 0) >> 4
  if (version === 4) return decodeIpv4(bytes)
  return version === 6 ? decodeIpv6(bytes) : undefined
}

function decodeIpv4(bytes: Uint8Array): Ipv4Layer | undefined {
  if (bytes.length < 20) return undefined
  const fragment = u16(bytes, 6)
  return {
    version: 4,
    source: formatIp(bytes.subarray(12, 16)),
    destination: formatIp(bytes.subarray(16, 20)),
    protocol: bytes[9]!,
    ttl: bytes[8]!,
    dscp: bytes[1]! >> 2,
    ecn: bytes[1]! & 3,
    id: u16(bytes, 4),
    length: u16(bytes, 2),
    dontFragment: (fragment & 0x4000) !== 0,
    moreFragments: (fragment & 0x2000) !== 0,
    fragmentOffset: (fragment & 0x1fff) * 8,
  }
}

function decodeIpv6(bytes: Uint8Array): Ipv6Layer | undefined {
  if (bytes.length < 40) return undefined
  const trafficClass = ((bytes[0]! & 15) << 4) | (bytes[1]! >> 4)
  return {
    version: 6,
    source: formatIp(bytes.subarray(8, 24)),
    destination: formatIp(bytes.subarray(24, 40)),
    nextHeader: bytes[6]!,
    hopLimit: bytes[7]!,
    dscp: trafficClass >> 2,
    ecn: trafficClass & 3,
    flowLabel: ((bytes[1]! & 15) << 16) | u16(bytes, 2),
    length: u16(bytes, 4),
  }
}

const ETHERNET_IPV4 = 0x00010800 // hardware type 1, protocol type 0x0800

function decodeArp(bytes: Uint8Array): ArpLayer | undefined {
  if (bytes.length < 28 || u32(bytes, 0) !== ETHERNET_IPV4 || u16(bytes, 4) !== 0x0604) return undefined
  const operation = u16(bytes, 6)
  return {
    version: 'arp',
    operation: operation === 1 ? 'request' : operation === 2 ? 'reply' : operation,
    senderHardware: mac(bytes, 8),
    sender: formatIp(bytes.subarray(14, 18)),
    targetHardware: mac(bytes, 18),
    target: formatIp(bytes.subarray(24, 28)),
  }
}

const FRAGMENT = 44
const extensions: readonly number[] = [0, 43, FRAGMENT, 60] // hop-by-hop, routing, fragment, destination options

/** What `bytes`, which begin behind the network header and its extensions, are; undefined when cut off or unknown. */
export function decodeTransport(bytes: Uint8Array, protocol: number): TransportLayer | undefined {
  if (protocol === 6) return decodeTcp(bytes)
  if (protocol === 17 || protocol === 136 || protocol === 33 || protocol === 132) return decodePorts(bytes, protocol)
  if (protocol === 1 || protocol === 58) return decodeIcmp(bytes, protocol)
  return { protocol }
}

/**
 * The protocol of the transport header; undefined where it is not to be seen: in later fragments, and behind IPv6
 * extension headers, of which `bytes` has only what follows the network header.
 */
export function transportProtocol(network: NetworkLayer | undefined): number | undefined {
  if (network === undefined || network.version === 'arp') return undefined
  if (network.version === 4) return network.fragmentOffset === 0 ? network.protocol : undefined
  return extensions.includes(network.nextHeader) ? undefined : network.nextHeader
}

const tcpFlags: readonly TcpFlag[] = ['fin', 'syn', 'rst', 'psh', 'ack', 'urg', 'ece', 'cwr']

function decodeTcp(bytes: Uint8Array): TcpLayer | undefined {
  if (bytes.length < 16) return undefined
  return {
    protocol: 'tcp',
    sourcePort: u16(bytes, 0),
    destinationPort: u16(bytes, 2),
    sequence: u32(bytes, 4),
    acknowledgement: u32(bytes, 8),
    flags: tcpFlags.filter((_, bit) => (bytes[13]! & (1 << bit)) !== 0),
    window: u16(bytes, 14),
  }
}

const withPorts: Readonly<Record<number, PortsLayer['protocol']>> = {
  17: 'udp',
  33: 'dccp',
  132: 'sctp',
  136: 'udplite',
}

function decodePorts(bytes: Uint8Array, protocol: number): PortsLayer | undefined {
  if (bytes.length < 4) return undefined
  return { protocol: withPorts[protocol]!, sourcePort: u16(bytes, 0), destinationPort: u16(bytes, 2) }
}

const echoes: Readonly<Record<number, readonly number[]>> = { 1: [0, 8], 58: [128, 129] }

function decodeIcmp(bytes: Uint8Array, protocol: number): IcmpLayer | undefined {
  if (bytes.length < 4) return undefined
  const [type, code] = [bytes[0]!, bytes[1]!]
  const isEcho = echoes[protocol]!.includes(type) && bytes.length >= 8
  const echo = isEcho ? { id: u16(bytes, 4), sequence: u16(bytes, 6) } : {}
  return { protocol: protocol === 1 ? 'icmp' : 'icmpv6', type, code, ...echo }
}

function mac(bytes: Uint8Array, at: number): string {
  return Array.from(bytes.subarray(at, at + 6), (byte) => byte.toString(16).padStart(2, '0')).join(':')
}

function u16(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 8) | bytes[at + 1]!
}

function u32(bytes: Uint8Array, at: number): number {
  return ((u16(bytes, at) << 16) | u16(bytes, at + 2)) >>> 0
}
