import type { Icmp, Packet, Tcp } from '../packet/index.ts'

/** Enough of a payload to tell packets apart that differ in nothing else. */
const LOOKED_AT = 256

/**
 * What a NAT leaves as it is: the same text for a packet before and after a router. Two packets may share one (a
 * datagram that was sent again); what they have in addresses, and their order, tells them apart.
 */
export function fingerprint(packet: Packet): string {
  const { protocol, transport, fragment } = packet
  const part = fragment === undefined ? '' : ` at ${fragment.offset}`
  switch (transport?.kind) {
    case 'tcp':
      return tcpPrint(transport)
    case 'icmp':
      return `${identity(packet)} ${icmpPrint(transport, packet)}${part}`
    case 'udp':
      return `${identity(packet)} udp ${hash(transport.payload)}${part}`
    default:
      return `${identity(packet)} ${protocol} ${hash(packet.payload)}${part}`
  }
}

/** The identification of RFC 791 stays the same on all of the way. */
function identity({ family, id }: Packet): string {
  return family === 4 ? `ip ${id}` : 'ip6'
}

/** Without the identification: segments are cut and joined on the way (GSO, GRO). */
function tcpPrint({ sequence, acknowledgement, flags, payload }: Tcp): string {
  return `tcp ${sequence} ${acknowledgement} ${flags} ${hash(payload)}`
}

/** Errors carry addresses, which a NAT translates; echoes an identifier, which it may translate. */
function icmpPrint({ type, code, rest, payload }: Icmp, { about }: Packet): string {
  if (about !== undefined) return `error ${type} ${code} about ${about.protocol} ${about.id} ${payload.length}`
  return `icmp ${type} ${code} ${rest & 0xffff} ${hash(payload)}`
}

/** FNV-1a of the beginning, and the length. */
function hash(bytes: Uint8Array): string {
  let sum = 0x811c9dc5
  const end = Math.min(bytes.length, LOOKED_AT)
  for (let at = 0; at < end; at += 1) sum = Math.imul(sum ^ bytes[at]!, 0x01000193)
  return `${bytes.length} ${sum >>> 0}`
}
