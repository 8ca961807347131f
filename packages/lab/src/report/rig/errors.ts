import type { Endpoint } from '@sallyport/linux'
import {
  encodeIcmp,
  encodeIp,
  encodeTcp,
  encodeUdp,
  icmpType,
  internetChecksum,
  PROTOCOL_ICMP,
  PROTOCOL_TCP,
  PROTOCOL_UDP,
  unreachableCode,
} from '../../packet/index.ts'
import type { Protocol } from './flow.ts'
import type { Arrived, Station } from './station.ts'

/** An ICMP error as a check wants it forged. */
export interface Forged {
  /** Default: destination unreachable. */
  readonly type?: number
  /** Default: port unreachable. */
  readonly code?: number
  /** The four bytes behind the checksum: next-hop MTU, length of the original (RFC 4884); default 0. */
  readonly rest?: number
  /** Who says so, when it is not the station itself: a router on the way. */
  readonly source?: string
  /** Behind the packet that it is about: ICMP extensions. */
  readonly extension?: Uint8Array
  /** What to spoil. */
  readonly spoil?: 'icmp checksum' | 'inner ip checksum' | 'inner transport checksum'
  /** IP options of the packet that it is about; a multiple of four bytes. */
  readonly options?: Uint8Array
  /** TTL of the outer packet. */
  readonly ttl?: number
}

/** The packet that an error is about, as its receiver on that side of the NAT would have seen it. */
export interface About {
  readonly protocol: Protocol
  readonly from: Endpoint
  readonly to: Endpoint
}

/** Sends an ICMP error about a packet to that packet's sender. */
export function sendError(station: Station, about: About, forged: Forged = {}): void {
  const { source = station.address, ttl = 64 } = forged
  const message = errorMessage(original(about, forged), forged)
  station.send({ source, destination: about.from.address, protocol: PROTOCOL_ICMP, ttl }, message)
}

/** An ICMP error's message, about a packet that is given as bytes. */
export function errorMessage(packet: Uint8Array, forged: Forged = {}): Uint8Array {
  const { type = icmpType.unreachable, code = unreachableCode.port, rest = 0, extension } = forged
  const message = encodeIcmp(type, code, rest, extension === undefined ? packet : joined(packet, extension))
  if (forged.spoil === 'icmp checksum') message[2]! ^= 0xff
  return message
}

function original({ protocol, from, to }: About, { options, spoil }: Forged): Uint8Array {
  const content = Buffer.from('about this')
  const transport =
    protocol === 'udp' ? encodeUdp(from, to, content) : encodeTcp(from, to, { flags: ['ack'], sequence: 1 }, content)
  if (spoil === 'inner transport checksum') transport[protocol === 'udp' ? 6 : 16]! ^= 0xff
  const number = protocol === 'udp' ? PROTOCOL_UDP : PROTOCOL_TCP
  const plain = encodeIp({ source: from.address, destination: to.address, protocol: number, ttl: 60 }, transport)
  const packet = options === undefined ? plain : withOptions(plain, options)
  if (spoil === 'inner ip checksum') packet[10]! ^= 0xff
  return packet
}

/** The same packet with IP options behind its header (RFC 791 section 3.1). */
function withOptions(packet: Uint8Array, options: Uint8Array): Uint8Array {
  const longer = joined(joined(packet.subarray(0, 20), options), packet.subarray(20))
  const header = 20 + options.length
  const view = new DataView(longer.buffer)
  longer[0] = 0x40 | (header / 4)
  view.setUint16(2, longer.length)
  view.setUint16(10, 0)
  view.setUint16(10, internetChecksum(longer.subarray(0, header)))
  return longer
}

export function joined(one: Uint8Array, two: Uint8Array): Uint8Array {
  const both = new Uint8Array(one.length + two.length)
  both.set(one)
  both.set(two, one.length)
  return both
}

export function isIcmp({ transport }: Arrived, type?: number, code?: number): boolean {
  if (transport?.kind !== 'icmp') return false
  return (type === undefined || transport.type === type) && (code === undefined || transport.code === code)
}

/** The endpoints of the packet that an error is about, as they arrived. */
export function aboutOf({ about }: Arrived): { readonly from: Endpoint; readonly to: Endpoint } | undefined {
  const inner = about?.transport
  if (about === undefined || inner === undefined || inner.kind === 'icmp') return undefined
  return {
    from: { address: about.source, port: inner.sourcePort },
    to: { address: about.destination, port: inner.destinationPort },
  }
}
