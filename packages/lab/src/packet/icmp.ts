import { internetChecksum, transportChecksum } from './checksum.ts'
import { PROTOCOL_ICMPV6 } from './ip.ts'

/** ICMP types (RFC 792). */
export const icmpType = { echoReply: 0, unreachable: 3, echo: 8, timeExceeded: 11, parameterProblem: 12 } as const
/** Codes of ICMP's Destination Unreachable (RFC 792, RFC 1191, RFC 1812 section 5.2.7.1). */
export const unreachableCode = {
  net: 0,
  host: 1,
  protocol: 2,
  port: 3,
  fragmentationNeeded: 4,
  prohibited: 13,
} as const
/** ICMPv6 types (RFC 4443, RFC 4861). */
export const icmp6Type = {
  unreachable: 1,
  packetTooBig: 2,
  timeExceeded: 3,
  parameterProblem: 4,
  echo: 128,
  echoReply: 129,
  routerSolicitation: 133,
  routerAdvertisement: 134,
  neighbourSolicitation: 135,
  neighbourAdvertisement: 136,
} as const

/** An ICMP or ICMPv6 message. */
export interface Icmp {
  readonly kind: 'icmp'
  readonly type: number
  readonly code: number
  /** The four bytes behind the checksum: identifier and sequence number of an echo, MTU of some errors. */
  readonly rest: number
  readonly payload: Uint8Array
}

/** Undefined for what is cut off within the header. The payload is a view. */
export function decodeIcmp(bytes: Uint8Array): Icmp | undefined {
  if (bytes.length < 8) return undefined
  const rest = new DataView(bytes.buffer, bytes.byteOffset, bytes.length).getUint32(4)
  return { kind: 'icmp', type: bytes[0]!, code: bytes[1]!, rest, payload: bytes.subarray(8) }
}

/** `rest` of an echo. */
export function echo(identifier: number, sequence: number): number {
  return identifier * 65_536 + sequence
}

/** An ICMP message for IPv4. */
export function encodeIcmp(type: number, code: number, rest: number, payload: Uint8Array): Uint8Array {
  const message = unsummed(type, code, rest, payload)
  new DataView(message.buffer).setUint16(2, internetChecksum(message))
  return message
}

/** An ICMPv6 message, whose checksum covers the addresses (RFC 4443 section 2.3). */
export function encodeIcmp6(
  { source, destination }: { readonly source: string; readonly destination: string },
  type: number,
  code: number,
  rest: number,
  payload: Uint8Array,
): Uint8Array {
  const message = unsummed(type, code, rest, payload)
  new DataView(message.buffer).setUint16(2, transportChecksum(source, destination, PROTOCOL_ICMPV6, message))
  return message
}

function unsummed(type: number, code: number, rest: number, payload: Uint8Array): Uint8Array {
  const message = new Uint8Array(8 + payload.length)
  message[0] = type
  message[1] = code
  new DataView(message.buffer).setUint32(4, rest)
  message.set(payload, 8)
  return message
}
