import { parseIp } from '@sallyport/linux'
import {
  decodeIp,
  encodeIp,
  type IpPacket,
  PROTOCOL_ICMP,
  PROTOCOL_ICMPV6,
  PROTOCOL_TCP,
  PROTOCOL_UDP,
  pseudoHeader,
  transportChecksum,
} from '../packet/index.ts'
import { type Addresses, icmp4to6, icmp6to4 } from './siit-icmp.ts'

/** The other family's address for one; undefined when there is none, and the packet is dropped. */
export type AddressMap = (address: string) => string | undefined

/** How addresses are translated, in both directions. */
export interface SiitMaps {
  readonly to4: AddressMap
  readonly to6: AddressMap
}

/** An IPv6 packet as IPv4 (RFC 7915 section 5); undefined when it cannot be. From the IP header on. */
export function translate6to4(bytes: Uint8Array, maps: SiitMaps): Uint8Array | undefined {
  const packet = decodeIp(bytes)
  const addresses = packet?.family === 6 ? mapped(packet, maps.to4) : undefined
  if (packet === undefined || addresses === undefined) return undefined
  const protocol = packet.protocol === PROTOCOL_ICMPV6 ? PROTOCOL_ICMP : packet.protocol
  const embedded = (inner: Uint8Array): Uint8Array | undefined => translate6to4(inner, maps)
  const payload = protocol === PROTOCOL_ICMP ? icmp6to4(packet.payload, embedded) : transport(packet, addresses)
  if (payload === undefined) return undefined
  const header = { ...addresses, protocol, ttl: packet.ttl, ...fragmentOf(packet) }
  // Section 5.1: what is longer than the least MTU of IPv6 must not be fragmented behind its sender's back.
  const dontFragment = packet.fragment === undefined && payload.length + 20 > 1260
  return encodeIp({ ...header, dontFragment, id: (packet.id ?? 0) & 0xffff }, payload)
}

/** An IPv4 packet as IPv6 (RFC 7915 section 4); undefined when it cannot be. From the IP header on. */
export function translate4to6(bytes: Uint8Array, maps: SiitMaps): Uint8Array | undefined {
  const packet = decodeIp(bytes)
  const addresses = packet?.family === 4 ? mapped(packet, maps.to6) : undefined
  if (packet === undefined || addresses === undefined) return undefined
  const protocol = packet.protocol === PROTOCOL_ICMP ? PROTOCOL_ICMPV6 : packet.protocol
  const embedded = (inner: Uint8Array): Uint8Array | undefined => translate4to6(inner, maps)
  const payload =
    protocol === PROTOCOL_ICMPV6 ? icmp4to6(packet.payload, addresses, embedded) : transport(packet, addresses)
  if (payload === undefined) return undefined
  return encodeIp({ ...addresses, protocol, ttl: packet.ttl, id: packet.id ?? 0, ...fragmentOf(packet) }, payload)
}

function mapped({ source, destination }: Addresses, map: AddressMap): Addresses | undefined {
  const [from, to] = [map(source), map(destination)]
  return from === undefined || to === undefined ? undefined : { source: from, destination: to }
}

function fragmentOf({ fragment }: IpPacket): Pick<IpPacket, 'fragment'> {
  return fragment === undefined ? {} : { fragment }
}

/** The same transport with a checksum over the other addresses. ICMP in fragments is not translated (section 4.2). */
function transport(packet: IpPacket, addresses: Addresses): Uint8Array | undefined {
  const at = { [PROTOCOL_UDP]: 6, [PROTOCOL_TCP]: 16 }[packet.protocol]
  if (at === undefined || (packet.fragment?.offset ?? 0) > 0) return packet.payload
  if (packet.payload.length < at + 2) return packet.payload // the end of what an ICMP error quotes
  const payload = Uint8Array.from(packet.payload)
  const view = new DataView(payload.buffer)
  const before = view.getUint16(at)
  if (packet.fragment === undefined) {
    // Anew and not adjusted: a packet that never left this machine may not have its checksum yet.
    view.setUint16(at, 0)
    const sum = transportChecksum(addresses.source, addresses.destination, packet.protocol, payload)
    view.setUint16(at, packet.protocol === PROTOCOL_UDP ? sum || 0xffff : sum)
  } else if (packet.protocol === PROTOCOL_UDP && before === 0)
    return undefined // section 4.5: unknown without the rest
  else view.setUint16(at, adjusted(before, packet, addresses))
  return payload
}

/** RFC 1624: the checksum with one pair of addresses taken out of the sum and another one put in. */
function adjusted(checksum: number, before: Addresses, after: Addresses): number {
  let sum = (~checksum & 0xffff) + ones(after) + (~ones(before) & 0xffff)
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16)
  return ~sum & 0xffff
}

/** Ones' complement sum of both addresses. */
function ones({ source, destination }: Addresses): number {
  const header = pseudoHeader(source, destination, 0, 0)
  const view = new DataView(header.buffer)
  let sum = 0
  for (let at = 0; at < header.length; at += 2) sum += view.getUint16(at)
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16)
  return sum
}

/** An IPv4 address under a /96 (RFC 6052 section 2.2): 192.0.2.1 under 64:ff9b::/96 is 64:ff9b::c000:201. */
export function under(prefix: Uint8Array, address: string): Uint8Array {
  const bytes = new Uint8Array(16)
  bytes.set(prefix.subarray(0, 12))
  bytes.set(parseIp(address).bytes, 12)
  return bytes
}
