import { attributes, type Codec, ipv4, ipv6, Malformed, mappedCodec, type Unknown, u8, u16be } from '../bytes/index.ts'
import { type Protocol, protocolField } from './protocol.ts'

/** The address family of a flow. */
export type Family = 'ipv4' | 'ipv6'

/**
 * One direction of a flow, as its packets look: who sends, who receives, and what in the layer 4 header tells flows
 * apart. Protocols that conntrack does not look into have addresses only.
 */
export interface Tuple extends Unknown {
  readonly family: Family
  readonly source: string
  readonly destination: string
  readonly protocol: Protocol
  /** tcp, udp, udplite, sctp, dccp; with gre the keys. */
  readonly sourcePort?: number
  readonly destinationPort?: number
  /** icmp and icmpv6: the identifier of an echo, and type and code as this direction has them. */
  readonly icmpId?: number
  readonly icmpType?: number
  readonly icmpCode?: number
  /** A zone of this direction only (nft: `ct original zone set`); a zone of both is the flow's. */
  readonly zone?: number
  /** Attributes inside CTA_TUPLE_IP and CTA_TUPLE_PROTO that have no name here, kept for the way back. */
  readonly others?: { readonly addresses: Unknown; readonly layer4: Unknown }
}

interface Addresses extends Unknown {
  v4Source?: string
  v4Destination?: string
  v6Source?: string
  v6Destination?: string
}

/** The content of CTA_TUPLE_IP. */
export const tupleAddresses: Codec<Addresses> = attributes<Addresses>('tuple addresses', {
  v4Source: [1, ipv4, 'CTA_IP_V4_SRC'],
  v4Destination: [2, ipv4, 'CTA_IP_V4_DST'],
  v6Source: [3, ipv6, 'CTA_IP_V6_SRC'],
  v6Destination: [4, ipv6, 'CTA_IP_V6_DST'],
})

interface Layer4 extends Unknown {
  protocol?: Protocol
  sourcePort?: number
  destinationPort?: number
  icmpId?: number
  icmpType?: number
  icmpCode?: number
  icmpv6Id?: number
  icmpv6Type?: number
  icmpv6Code?: number
}

/** The content of CTA_TUPLE_PROTO. */
export const tupleLayer4: Codec<Layer4> = attributes<Layer4>('tuple protocol', {
  protocol: [1, protocolField, 'CTA_PROTO_NUM'],
  sourcePort: [2, u16be, 'CTA_PROTO_SRC_PORT'],
  destinationPort: [3, u16be, 'CTA_PROTO_DST_PORT'],
  icmpId: [4, u16be, 'CTA_PROTO_ICMP_ID'],
  icmpType: [5, u8, 'CTA_PROTO_ICMP_TYPE'],
  icmpCode: [6, u8, 'CTA_PROTO_ICMP_CODE'],
  icmpv6Id: [7, u16be, 'CTA_PROTO_ICMPV6_ID'],
  icmpv6Type: [8, u8, 'CTA_PROTO_ICMPV6_TYPE'],
  icmpv6Code: [9, u8, 'CTA_PROTO_ICMPV6_CODE'],
})

interface TupleAttributes extends Unknown {
  addresses?: Addresses
  layer4?: Layer4
  zone?: number
}

const tupleAttributes: Codec<TupleAttributes> = attributes<TupleAttributes>('tuple', {
  addresses: [1, tupleAddresses, 'CTA_TUPLE_IP'],
  layer4: [2, tupleLayer4, 'CTA_TUPLE_PROTO'],
  zone: [3, u16be, 'CTA_TUPLE_ZONE'],
})

/** The content of CTA_TUPLE_ORIG and its like. */
export const tuple: Codec<Tuple> = mappedCodec(tupleAttributes, toTuple, fromTuple)

function toTuple({ addresses = {}, layer4 = {}, ...rest }: TupleAttributes): Tuple {
  const { v4Source, v4Destination, v6Source, v6Destination, ...otherAddresses } = addresses
  const { protocol, sourcePort, destinationPort, ...icmpAndOthers } = layer4
  const { icmpId, icmpType, icmpCode, icmpv6Id, icmpv6Type, icmpv6Code, ...otherLayer4 } = icmpAndOthers
  if (protocol === undefined) throw new Malformed('no CTA_PROTO_NUM')
  const parts = {
    sourcePort,
    destinationPort,
    icmpId: icmpId ?? icmpv6Id,
    icmpType: icmpType ?? icmpv6Type,
    icmpCode: icmpCode ?? icmpv6Code,
  }
  return {
    ...(endpoints('ipv4', v4Source, v4Destination) ?? endpoints('ipv6', v6Source, v6Destination) ?? noEndpoints()),
    protocol,
    ...defined(parts),
    ...rest,
    ...(hasAny(otherAddresses, otherLayer4) && { others: { addresses: otherAddresses, layer4: otherLayer4 } }),
  }
}

function fromTuple(value: Tuple): TupleAttributes {
  const { family, source, destination, protocol, sourcePort, destinationPort, ...more } = value
  const { icmpId, icmpType, icmpCode, others, ...rest } = more
  const addresses =
    family === 'ipv4'
      ? { v4Source: source, v4Destination: destination }
      : { v6Source: source, v6Destination: destination }
  const icmp =
    protocol === 'icmpv6'
      ? { icmpv6Id: icmpId, icmpv6Type: icmpType, icmpv6Code: icmpCode }
      : { icmpId, icmpType, icmpCode }
  const layer4 = { protocol, ...defined({ sourcePort, destinationPort, ...icmp }) }
  return { addresses: { ...addresses, ...others?.addresses }, layer4: { ...layer4, ...others?.layer4 }, ...rest }
}

function endpoints(
  family: Family,
  source: string | undefined,
  destination: string | undefined,
): Pick<Tuple, 'family' | 'source' | 'destination'> | undefined {
  return source === undefined || destination === undefined ? undefined : { family, source, destination }
}

function noEndpoints(): never {
  throw new Malformed('no source and destination address of one family')
}

function hasAny(...objects: readonly object[]): boolean {
  return objects.some((object) => Reflect.ownKeys(object).length > 0)
}

/** Only the properties that have a value. */
function defined<T extends object>(object: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as never
}
