import type { Endpoint } from '@sallyport/lab'
import { formatIp, parseIp } from '@sallyport/linux'

/** IPv4 packets by hand, for what no ordinary socket sends: fragments in a chosen order, other people's sources. */

export interface Ipv4 {
  readonly from: string
  readonly to: string
  readonly protocol: number
  /** Default 64. */
  readonly ttl?: number
  readonly id?: number
  /** Bytes, a multiple of 8; default 0. */
  readonly fragmentOffset?: number
  readonly moreFragments?: boolean
}

/** RFC 791 section 3.1. The kernel fills in total length and checksum (raw(7)). */
export function ipv4(header: Ipv4, payload: Uint8Array): Uint8Array {
  const packet = new Uint8Array(20 + payload.length)
  const view = new DataView(packet.buffer)
  packet[0] = 0x45
  view.setUint16(2, packet.length)
  view.setUint16(4, header.id ?? 0)
  view.setUint16(6, (header.fragmentOffset ?? 0) / 8 + (header.moreFragments ? 0x2000 : 0))
  packet[8] = header.ttl ?? 64
  packet[9] = header.protocol
  packet.set(parseIp(header.from).bytes, 12)
  packet.set(parseIp(header.to).bytes, 16)
  packet.set(payload, 20)
  return packet
}

export const UDP = 17
export const ICMP = 1

/** RFC 768, with its checksum: a NAT that gets it wrong is found out by the receiver's kernel. */
export function udp(from: Endpoint, to: Endpoint, payload: Uint8Array): Uint8Array {
  const datagram = new Uint8Array(8 + payload.length)
  const view = new DataView(datagram.buffer)
  view.setUint16(0, from.port)
  view.setUint16(2, to.port)
  view.setUint16(4, datagram.length)
  datagram.set(payload, 8)
  const pseudo = new Uint8Array(12)
  pseudo.set(parseIp(from.address).bytes)
  pseudo.set(parseIp(to.address).bytes, 4)
  pseudo[9] = UDP
  new DataView(pseudo.buffer).setUint16(10, datagram.length)
  view.setUint16(6, checksum(pseudo, datagram) || 0xffff)
  return datagram
}

/** A UDP datagram in IP fragments of at most `size` bytes of content (a multiple of 8), in their natural order. */
export function fragments(
  { from, to, id, size = 800 }: { from: Endpoint; to: Endpoint; id: number; size?: number },
  payload: Uint8Array,
): Uint8Array[] {
  const datagram = udp(from, to, payload)
  return Array.from({ length: Math.ceil(datagram.length / size) }, (_, n) => {
    const fragmentOffset = n * size
    const moreFragments = fragmentOffset + size < datagram.length
    const header = { from: from.address, to: to.address, protocol: UDP, id, fragmentOffset, moreFragments }
    return ipv4(header, datagram.subarray(fragmentOffset, fragmentOffset + size))
  })
}

/** An ICMP echo request (RFC 792). */
export function echoRequest(id: number, sequence: number): Uint8Array {
  const message = new Uint8Array(16)
  const view = new DataView(message.buffer)
  message[0] = 8
  view.setUint16(4, id)
  view.setUint16(6, sequence)
  view.setUint16(2, checksum(message))
  return message
}

/** RFC 1071. */
function checksum(...parts: readonly Uint8Array[]): number {
  let sum = 0
  for (const part of parts) for (const [at, byte] of part.entries()) sum += at % 2 === 0 ? byte << 8 : byte
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16)
  return ~sum & 0xffff
}

/** An ICMP message as it arrived. */
export interface Icmp {
  readonly from: string
  readonly type: number
  readonly code: number
  /** Of an echo. */
  readonly id: number
  /** Frag needed: the MTU of the next hop. */
  readonly mtu: number
  /** The packet that an error is about, by its own headers. */
  readonly about: { readonly source: Endpoint; readonly destination: Endpoint } | undefined
}

export const ECHO_REPLY = 0
export const UNREACHABLE = 3
export const PORT_UNREACHABLE = 3
export const FRAGMENTATION_NEEDED = 4
export const TIME_EXCEEDED = 11

export function readIcmp(packet: Uint8Array): Icmp {
  const message = packet.subarray((packet[0]! & 15) * 4)
  const view = new DataView(message.buffer, message.byteOffset)
  const isError = message[0] === UNREACHABLE || message[0] === TIME_EXCEEDED
  return {
    from: formatIp(packet.subarray(12, 16)),
    type: message[0]!,
    code: message[1]!,
    id: view.getUint16(4),
    mtu: view.getUint16(6),
    about: isError ? endpointsOf(message.subarray(8)) : undefined,
  }
}

function endpointsOf(packet: Uint8Array): NonNullable<Icmp['about']> {
  const ports = new DataView(packet.buffer, packet.byteOffset + (packet[0]! & 15) * 4)
  return {
    source: { address: formatIp(packet.subarray(12, 16)), port: ports.getUint16(0) },
    destination: { address: formatIp(packet.subarray(16, 20)), port: ports.getUint16(2) },
  }
}
