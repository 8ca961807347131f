import { decodeEthernet, ETHERTYPE_IPV4, ETHERTYPE_IPV6 } from './ethernet.ts'
import { decodeIcmp, type Icmp } from './icmp.ts'
import { decodeIp, type IpPacket, PROTOCOL_ICMP, PROTOCOL_ICMPV6, PROTOCOL_TCP, PROTOCOL_UDP } from './ip.ts'
import { decodeTcp, type Tcp } from './tcp.ts'
import { decodeUdp, type Udp } from './udp.ts'

/** An IP packet with what it carries. */
export interface Packet extends IpPacket {
  /** Absent: another protocol, a fragment but the first, or cut off within its header. */
  readonly transport?: Udp | Tcp | Icmp
  /** What an ICMP error is about, by its own headers; its addresses are of the packet that caused the error. */
  readonly about?: Packet
}

/** The IP packet of an Ethernet frame; undefined when there is none. All bytes are views of the frame. */
export function decodeFrame(frame: Uint8Array): Packet | undefined {
  const ethernet = decodeEthernet(frame)
  if (ethernet === undefined) return undefined
  const isIp = ethernet.type === ETHERTYPE_IPV4 || ethernet.type === ETHERTYPE_IPV6
  return isIp ? decodePacket(ethernet.payload) : undefined
}

/** From the IP header on. Undefined when it is no IP, or cut off within its headers. */
export function decodePacket(bytes: Uint8Array): Packet | undefined {
  return decode(bytes, decodeTcp)
}

function decode(bytes: Uint8Array, tcp: (bytes: Uint8Array) => Tcp | undefined): Packet | undefined {
  const ip = decodeIp(bytes)
  if (ip === undefined) return undefined
  const transport = (ip.fragment?.offset ?? 0) > 0 ? undefined : decodeTransport(ip, tcp)
  if (transport === undefined) return ip
  const about = transport.kind === 'icmp' && isError(ip, transport) ? decode(transport.payload, firstBytes) : undefined
  return { ...ip, transport, ...(about === undefined ? {} : { about }) }
}

function decodeTransport({ protocol, payload }: IpPacket, tcp: typeof decodeTcp): Udp | Tcp | Icmp | undefined {
  switch (protocol) {
    case PROTOCOL_UDP:
      return decodeUdp(payload)
    case PROTOCOL_TCP:
      return tcp(payload)
    case PROTOCOL_ICMP:
    case PROTOCOL_ICMPV6:
      return decodeIcmp(payload)
    default:
      return undefined
  }
}

/** An ICMP error may hold no more than the first eight bytes of a segment (RFC 792): its ports and sequence number. */
function firstBytes(bytes: Uint8Array): Tcp | undefined {
  if (bytes.length < 8) return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  return {
    kind: 'tcp',
    sourcePort: view.getUint16(0),
    destinationPort: view.getUint16(2),
    sequence: view.getUint32(4),
    acknowledgement: 0,
    flags: [],
    window: 0,
    payload: new Uint8Array(),
  }
}

/** RFC 1122 section 3.2.2; ICMPv6 errors have types below 128 (RFC 4443 section 2.1). */
function isError({ family }: IpPacket, { type }: Icmp): boolean {
  return family === 6 ? type < 128 : [3, 4, 5, 11, 12].includes(type)
}
