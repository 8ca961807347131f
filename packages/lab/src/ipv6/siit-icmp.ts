import { decodeIcmp, encodeIcmp, encodeIcmp6, type Icmp, icmp6Type, icmpType } from '../packet/index.ts'

/** Both ends of a packet in the other family. */
export interface Addresses {
  readonly source: string
  readonly destination: string
}

/** A quoted packet in the other family. */
type Embedded = (packet: Uint8Array) => Uint8Array | undefined

interface Meaning {
  readonly type: number
  readonly code: number
  readonly rest: number
}

/** IPv6's header is so much longer. */
const LONGER = 20
const LEAST_MTU = 1280

/** An ICMPv6 message as ICMP (RFC 7915 section 5.2); undefined for those that have no meaning there. */
export function icmp6to4(bytes: Uint8Array, embedded: Embedded): Uint8Array | undefined {
  const message = decodeIcmp(bytes)
  const meaning = message && meaningIn4(message)
  if (message === undefined || meaning === undefined) return undefined
  const payload = message.type < 128 ? embedded(message.payload) : message.payload
  return payload && encodeIcmp(meaning.type, meaning.code, meaning.rest, payload)
}

/** An ICMP message as ICMPv6 (RFC 7915 section 4.2); undefined for those that have no meaning there. */
export function icmp4to6(bytes: Uint8Array, addresses: Addresses, embedded: Embedded): Uint8Array | undefined {
  const message = decodeIcmp(bytes)
  const meaning = message && meaningIn6(message)
  if (message === undefined || meaning === undefined) return undefined
  const payload = meaning.type < 128 ? embedded(message.payload) : message.payload
  return payload && encodeIcmp6(addresses, meaning.type, meaning.code, meaning.rest, payload)
}

function meaningIn4({ type, code, rest }: Icmp): Meaning | undefined {
  switch (type) {
    case icmp6Type.echo:
      return { type: icmpType.echo, code: 0, rest }
    case icmp6Type.echoReply:
      return { type: icmpType.echoReply, code: 0, rest }
    case icmp6Type.unreachable:
      return { type: icmpType.unreachable, code: [1, 10, 1, 1, 3][code] ?? 1, rest: 0 }
    case icmp6Type.packetTooBig:
      return { type: icmpType.unreachable, code: 4, rest: Math.max(rest - LONGER, 0) }
    case icmp6Type.timeExceeded:
      return { type: icmpType.timeExceeded, code, rest: 0 }
    case icmp6Type.parameterProblem:
      // An unknown next header is an unknown protocol; other pointers lead into a header that IPv4 does not have.
      return code === 1 ? { type: icmpType.unreachable, code: 2, rest: 0 } : undefined
    default:
      return undefined
  }
}

/** Section 4.2's table of Destination Unreachable: codes that mean "administratively prohibited". */
const prohibited = [9, 10, 13, 15]

function meaningIn6({ type, code, rest }: Icmp): Meaning | undefined {
  switch (type) {
    case icmpType.echo:
      return { type: icmp6Type.echo, code: 0, rest }
    case icmpType.echoReply:
      return { type: icmp6Type.echoReply, code: 0, rest }
    case icmpType.timeExceeded:
      return { type: icmp6Type.timeExceeded, code, rest: 0 }
    case icmpType.unreachable:
      return unreachableIn6(code, rest & 0xffff)
    default:
      return undefined
  }
}

function unreachableIn6(code: number, mtu: number): Meaning | undefined {
  if (code === 2) return { type: icmp6Type.parameterProblem, code: 1, rest: 6 } // at the next header
  if (code === 3) return { type: icmp6Type.unreachable, code: 4, rest: 0 }
  if (code === 4) return { type: icmp6Type.packetTooBig, code: 0, rest: Math.max(mtu + LONGER, LEAST_MTU) }
  if (code === 14) return undefined
  return { type: icmp6Type.unreachable, code: prohibited.includes(code) ? 1 : 0, rest: 0 }
}
