import { formatIp } from '../address/ip.ts'
import { protocolName } from '../conntrack/protocol.ts'
import type { Tuple } from '../conntrack/tuple.ts'

/**
 * The tuple of a packet from its own headers (RFC 791, RFC 8200): what conntrack files it under, if it does. Undefined
 * for what is cut off, is no IP packet, or is a fragment but the first. An ICMP error has the tuple of the error itself.
 */
export function packetTuple(packet: Uint8Array): Tuple | undefined {
  const version = (packet[0] ?? 0) >> 4
  const found = version === 4 ? ipv4Payload(packet) : version === 6 ? ipv6Payload(packet) : undefined
  if (found === undefined) return undefined
  const layer4 = layer4Parts(found.protocol, packet.subarray(found.offset))
  return layer4 && { ...found.addresses, protocol: protocolName(found.protocol), ...layer4 }
}

interface Found {
  readonly addresses: Pick<Tuple, 'family' | 'source' | 'destination'>
  readonly protocol: number
  readonly offset: number
}

function ipv4Payload(packet: Uint8Array): Found | undefined {
  const offset = (packet[0]! & 15) * 4
  if (offset < 20 || packet.length < offset || (u16(packet, 6) & 0x1fff) !== 0) return undefined
  const addresses = { source: formatIp(packet.subarray(12, 16)), destination: formatIp(packet.subarray(16, 20)) }
  return { addresses: { family: 'ipv4', ...addresses }, protocol: packet[9]!, offset }
}

const HOP_BY_HOP = 0
const ROUTING = 43
const FRAGMENT = 44
const DESTINATION_OPTIONS = 60

function ipv6Payload(packet: Uint8Array): Found | undefined {
  if (packet.length < 40) return undefined
  const addresses = { source: formatIp(packet.subarray(8, 24)), destination: formatIp(packet.subarray(24, 40)) }
  let protocol = packet[6]!
  let offset = 40
  while ([HOP_BY_HOP, ROUTING, FRAGMENT, DESTINATION_OPTIONS].includes(protocol)) {
    if (packet.length < offset + 8) return undefined
    if (protocol === FRAGMENT && u16(packet, offset + 2) >> 3 !== 0) return undefined
    const length = protocol === FRAGMENT ? 8 : (packet[offset + 1]! + 1) * 8
    protocol = packet[offset]!
    offset += length
  }
  return { addresses: { family: 'ipv6', ...addresses }, protocol, offset }
}

const WITH_PORTS = [6, 17, 33, 132, 136] // tcp, udp, dccp, sctp, udplite
const ICMP = 1
const ICMPV6 = 58

function layer4Parts(protocol: number, bytes: Uint8Array): Partial<Tuple> | undefined {
  if (WITH_PORTS.includes(protocol)) {
    return bytes.length < 4 ? undefined : { sourcePort: u16(bytes, 0), destinationPort: u16(bytes, 2) }
  }
  if (protocol !== ICMP && protocol !== ICMPV6) return {}
  return bytes.length < 8 ? undefined : { icmpType: bytes[0]!, icmpCode: bytes[1]!, icmpId: u16(bytes, 4) }
}

function u16(bytes: Uint8Array, at: number): number {
  return bytes[at]! * 256 + bytes[at + 1]!
}
