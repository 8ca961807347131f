import { type Field, mapped, type Names, u8 } from '../bytes/index.ts'

/** The layer 4 protocols whose tuples have parts of their own. */
export type NamedProtocol = 'icmp' | 'tcp' | 'udp' | 'dccp' | 'gre' | 'icmpv6' | 'sctp' | 'udplite'

/** A protocol by name, or by number where there is no name for it here. */
export type Protocol = NamedProtocol | number

/** Protocol numbers (linux/in.h, linux/in6.h; IANA "protocol-numbers"). */
export const PROTOCOLS: Names<NamedProtocol> = {
  icmp: 1, // IPPROTO_ICMP
  tcp: 6, // IPPROTO_TCP
  udp: 17, // IPPROTO_UDP
  dccp: 33, // IPPROTO_DCCP
  gre: 47, // IPPROTO_GRE
  icmpv6: 58, // IPPROTO_ICMPV6
  sctp: 132, // IPPROTO_SCTP
  udplite: 136, // IPPROTO_UDPLITE
}

const nameByNumber = new Map<number, NamedProtocol>(
  (Object.keys(PROTOCOLS) as NamedProtocol[]).map((name) => [PROTOCOLS[name], name]),
)

/** The name of a protocol number; the number itself where there is none. */
export function protocolName(number: number): Protocol {
  return nameByNumber.get(number) ?? number
}

export function protocolNumber(protocol: Protocol): number {
  return typeof protocol === 'number' ? protocol : PROTOCOLS[protocol]
}

/** CTA_PROTO_NUM. */
export const protocolField: Field<Protocol> = mapped(u8, protocolName, protocolNumber)
