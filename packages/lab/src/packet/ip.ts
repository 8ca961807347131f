import { formatIp, parseIp } from '@sallyport/linux'
import { internetChecksum } from './checksum.ts'

/** IANA protocol numbers. */
export const PROTOCOL_ICMP = 1
export const PROTOCOL_TCP = 6
export const PROTOCOL_UDP = 17
export const PROTOCOL_ICMPV6 = 58

/** Place of a fragment in its packet. */
export interface Fragment {
  /** Bytes. */
  readonly offset: number
  readonly more: boolean
}

/** The header of an IPv4 or IPv6 packet, as far as NAT is concerned with it. */
export interface IpHeader {
  readonly family: 4 | 6
  readonly source: string
  readonly destination: string
  /** Of the payload: the last next header in IPv6. */
  readonly protocol: number
  /** TTL or hop limit. */
  readonly ttl: number
  /** IPv4: identification, of every packet; IPv6: that of the fragment header. */
  readonly id?: number
  /** IPv4's DF. */
  readonly dontFragment?: boolean
  /** Absent: a whole packet. */
  readonly fragment?: Fragment
}

export interface IpPacket extends IpHeader {
  readonly payload: Uint8Array
}

/** What a person writes: the rest is TTL 64, identification 0, a whole packet. */
export type IpOptions = Pick<IpHeader, 'source' | 'destination' | 'protocol'> & Partial<Omit<IpHeader, 'family'>>

/** From the version on. Undefined for what is cut off within its headers or is no IP. The payload is a view. */
export function decodeIp(bytes: Uint8Array): IpPacket | undefined {
  const version = (bytes[0] ?? 0) >> 4
  if (version === 4) return decodeIpv4(bytes)
  return version === 6 ? decodeIpv6(bytes) : undefined
}

/** An IPv4 or IPv6 packet, as its addresses say. */
export function encodeIp(header: IpOptions, payload: Uint8Array): Uint8Array {
  return header.source.includes(':') ? encodeIpv6(header, payload) : encodeIpv4(header, payload)
}

function decodeIpv4(bytes: Uint8Array): IpPacket | undefined {
  const header = (bytes[0]! & 15) * 4
  if (header < 20 || bytes.length < header) return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const end = Math.min(bytes.length, Math.max(view.getUint16(2), header)) // what follows is Ethernet's padding
  const flags = view.getUint16(6)
  const fragment = { offset: (flags & 0x1fff) * 8, more: (flags & 0x2000) !== 0 }
  return {
    family: 4,
    source: formatIp(bytes.subarray(12, 16)),
    destination: formatIp(bytes.subarray(16, 20)),
    protocol: bytes[9]!,
    ttl: bytes[8]!,
    id: view.getUint16(4),
    dontFragment: (flags & 0x4000) !== 0,
    ...(fragment.offset > 0 || fragment.more ? { fragment } : {}),
    payload: bytes.subarray(header, end),
  }
}

/** RFC 791 section 3.1, without options. */
function encodeIpv4(options: IpOptions, payload: Uint8Array): Uint8Array {
  const { source, destination, protocol, ttl = 64, id = 0, dontFragment = false, fragment } = options
  const packet = new Uint8Array(20 + payload.length)
  const view = new DataView(packet.buffer)
  packet[0] = 0x45
  view.setUint16(2, packet.length)
  view.setUint16(4, id)
  view.setUint16(6, (dontFragment ? 0x4000 : 0) | (fragment?.more ? 0x2000 : 0) | ((fragment?.offset ?? 0) >> 3))
  packet[8] = ttl
  packet[9] = protocol
  packet.set(parseIp(source).bytes, 12)
  packet.set(parseIp(destination).bytes, 16)
  view.setUint16(10, internetChecksum(packet.subarray(0, 20)))
  packet.set(payload, 20)
  return packet
}

const HOP_BY_HOP = 0
const ROUTING = 43
const FRAGMENT = 44
const DESTINATION_OPTIONS = 60

interface Extensions {
  readonly protocol: number
  readonly at: number
  readonly id?: number
  readonly fragment?: Fragment
}

function decodeIpv6(bytes: Uint8Array): IpPacket | undefined {
  if (bytes.length < 40) return undefined
  const end = Math.min(bytes.length, 40 + bytes[4]! * 256 + bytes[5]!)
  const extensions = skipExtensions(bytes.subarray(0, end))
  if (extensions === undefined) return undefined
  const { at, ...found } = extensions
  return {
    family: 6,
    source: formatIp(bytes.subarray(8, 24)),
    destination: formatIp(bytes.subarray(24, 40)),
    ttl: bytes[7]!,
    ...found,
    payload: bytes.subarray(at, end),
  }
}

/** RFC 8200 section 4. */
function skipExtensions(bytes: Uint8Array): Extensions | undefined {
  let protocol = bytes[6]!
  let at = 40
  let fragmented: Pick<Extensions, 'id' | 'fragment'> = {}
  while ([HOP_BY_HOP, ROUTING, FRAGMENT, DESTINATION_OPTIONS].includes(protocol)) {
    if (bytes.length < at + 8) return undefined
    if (protocol === FRAGMENT) fragmented = fragmentHeader(bytes.subarray(at, at + 8))
    const length = protocol === FRAGMENT ? 8 : (bytes[at + 1]! + 1) * 8
    protocol = bytes[at]!
    at += length
    // Behind the header of a later fragment there is content, whatever the next header says.
    if ((fragmented.fragment?.offset ?? 0) > 0) break
  }
  return at > bytes.length ? undefined : { protocol, at, ...fragmented }
}

function fragmentHeader(bytes: Uint8Array): Pick<Extensions, 'id' | 'fragment'> {
  const view = new DataView(bytes.buffer, bytes.byteOffset)
  const field = view.getUint16(2)
  return { id: view.getUint32(4), fragment: { offset: field & 0xfff8, more: (field & 1) === 1 } }
}

/** RFC 8200 section 3, with a fragment header where one is asked for. */
function encodeIpv6(options: IpOptions, payload: Uint8Array): Uint8Array {
  const { source, destination, protocol, ttl = 64, id = 0, fragment } = options
  const extension = fragment === undefined ? 0 : 8
  const packet = new Uint8Array(40 + extension + payload.length)
  const view = new DataView(packet.buffer)
  packet[0] = 0x60
  view.setUint16(4, extension + payload.length)
  packet[6] = fragment === undefined ? protocol : FRAGMENT
  packet[7] = ttl
  packet.set(parseIp(source).bytes, 8)
  packet.set(parseIp(destination).bytes, 24)
  if (fragment !== undefined) {
    packet[40] = protocol
    view.setUint16(42, fragment.offset | (fragment.more ? 1 : 0))
    view.setUint32(44, id)
  }
  packet.set(payload, 40 + extension)
  return packet
}
