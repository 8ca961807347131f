import {
  formatEther,
  formatInterfaceName,
  formatIpv4,
  formatIpv6,
  parseEther,
  parseInterfaceName,
  parseIpv4,
  parseIpv6,
} from './address.ts'
import { ModelError } from './error.ts'
import {
  addressTypes,
  ctDirectionNames,
  ctStates,
  ctStatuses,
  icmpTypes,
  icmpv6Types,
  internetProtocols,
  networkProtocols,
  packetTypes,
  tcpFlags,
} from './names.ts'

/** What may be written for a value of each data type. Numbers and texts both end as one unsigned integer. */
export interface Values {
  ipv4_addr: string
  ipv6_addr: string
  ether_addr: string
  inet_proto: keyof typeof internetProtocols | number
  inet_service: number | `${number}-${number}`
  icmp_type: keyof typeof icmpTypes | number
  icmpv6_type: keyof typeof icmpv6Types | number
  /** A number or `5-7`; in hexadecimal as `0x10`. */
  mark: number | string
  ifname: string
  /** Index of an interface; only `lo` has the same one (1) in every namespace. */
  iface_index: number | 'lo'
  ct_state: keyof typeof ctStates
  ct_status: keyof typeof ctStatuses
  ct_dir: keyof typeof ctDirectionNames
  tcp_flag: keyof typeof tcpFlags
  pkt_type: keyof typeof packetTypes
  nf_proto: keyof typeof networkProtocols
  fib_addrtype: keyof typeof addressTypes
  boolean: boolean
  uid: number
  gid: number
}

/** nft's names of the data types. */
export type TypeName = keyof Values

/** How the bytes of a value lie in a register. `text` compares from the first character on, like `network`. */
export type ByteOrder = 'network' | 'host' | 'text'

export interface DataType {
  readonly name: TypeName
  /** nft's number (enum datatypes of nftables' datatype.h): NFTA_SET_KEY_TYPE, only nft reads it. */
  readonly id: number
  /** Bytes. */
  readonly length: number
  readonly order: ByteOrder
  /** nft's enum byteorder of the type for NFTNL_UDATA_SET_KEYBYTEORDER: 0 none, 1 host, 2 network. */
  readonly declaredOrder: 0 | 1 | 2
  /** Combinations of bits, not one of several values. */
  readonly bits: boolean
  parse(input: string | number | boolean): bigint | undefined
  format(value: bigint): string
  /** As the end of a range: numbers, since names have hyphens in them. */
  formatEnd(value: bigint): string
}

type Names = Readonly<Record<string, number>>
type Shape = Omit<DataType, 'parse' | 'format' | 'formatEnd' | 'bits'>

const shape = (name: TypeName, id: number, length: number, order: ByteOrder, declaredOrder: 0 | 1 | 2): Shape => ({
  name,
  id,
  length,
  order,
  declaredOrder,
})

function integer(shape: Shape, names: Names = {}, format = String as (value: bigint) => string): DataType {
  const byValue = new Map(Object.entries(names).map(([name, value]) => [BigInt(value), name]))
  return {
    ...shape,
    bits: false,
    parse: (input) => parseInteger(input, names, shape.length),
    format: (value) => byValue.get(value) ?? format(value),
    formatEnd: format,
  }
}

function bitmask(shape: Shape, names: Names): DataType {
  const list = Object.entries(names).toSorted(([, a], [, b]) => a - b)
  const known = list.reduce((bits, [, bit]) => bits | BigInt(bit), 0n)
  const type = integer(shape, {}, (value) => `0x${value.toString(16)}`)
  const format = (value: bigint): string => {
    if (value === 0n || (value & ~known) !== 0n) return type.format(value)
    return list.flatMap(([name, bit]) => ((value & BigInt(bit)) === 0n ? [] : [name])).join('|')
  }
  return { ...integer(shape, names), bits: true, format, formatEnd: type.format }
}

function parseInteger(input: string | number | boolean, names: Names, length: number): bigint | undefined {
  if (typeof input === 'string' && Object.hasOwn(names, input)) return BigInt(names[input]!)
  const digits = typeof input === 'number' && Number.isSafeInteger(input) ? String(input) : input
  if (typeof digits !== 'string' || !/^(0x[0-9a-f]+|\d+)$/i.test(digits)) return undefined
  const value = BigInt(digits)
  return value < 1n << BigInt(8 * length) ? value : undefined
}

function textual(
  shape: Shape,
  parse: (text: string) => bigint | undefined,
  format: (value: bigint) => string,
): DataType {
  return {
    ...shape,
    bits: false,
    parse: (input) => (typeof input === 'string' ? parse(input) : undefined),
    format,
    formatEnd: format,
  }
}

const hexadecimal = (value: bigint): string => `0x${value.toString(16).padStart(8, '0')}`

/** By nft's name. */
export const datatypes: Readonly<Record<TypeName, DataType>> = {
  ipv4_addr: textual(shape('ipv4_addr', 7, 4, 'network', 2), parseIpv4, formatIpv4),
  ipv6_addr: textual(shape('ipv6_addr', 8, 16, 'network', 2), parseIpv6, formatIpv6),
  ether_addr: textual(shape('ether_addr', 9, 6, 'network', 2), parseEther, formatEther),
  inet_proto: integer(shape('inet_proto', 12, 1, 'network', 0), internetProtocols),
  inet_service: integer(shape('inet_service', 13, 2, 'network', 2)),
  icmp_type: integer(shape('icmp_type', 14, 1, 'network', 2), icmpTypes),
  icmpv6_type: integer(shape('icmpv6_type', 29, 1, 'network', 2), icmpv6Types),
  mark: integer(shape('mark', 19, 4, 'host', 1), {}, hexadecimal),
  ifname: textual(shape('ifname', 41, 16, 'text', 1), parseInterfaceName, (value) => `"${formatInterfaceName(value)}"`),
  iface_index: integer(shape('iface_index', 20, 4, 'host', 1), { lo: 1 }),
  ct_state: bitmask(shape('ct_state', 26, 4, 'host', 1), ctStates),
  ct_status: bitmask(shape('ct_status', 28, 4, 'host', 1), ctStatuses),
  ct_dir: integer(shape('ct_dir', 27, 1, 'host', 0), ctDirectionNames),
  tcp_flag: bitmask(shape('tcp_flag', 15, 1, 'network', 2), tcpFlags),
  pkt_type: integer(shape('pkt_type', 31, 1, 'host', 1), packetTypes),
  nf_proto: integer(shape('nf_proto', 2, 1, 'host', 0), networkProtocols),
  fib_addrtype: integer(shape('fib_addrtype', 38, 4, 'host', 1), addressTypes),
  boolean: {
    ...integer(shape('boolean', 39, 1, 'host', 0)),
    parse: (input) => (typeof input === 'boolean' ? BigInt(input) : undefined),
    format: (value) => (value === 0n ? 'missing' : 'exists'),
  },
  uid: integer(shape('uid', 24, 4, 'host', 1)),
  gid: integer(shape('gid', 25, 4, 'host', 1)),
}

/** The type of that name; throws {@link ModelError} on others, for callers without types. */
export function datatype(name: TypeName): DataType {
  if (!Object.hasOwn(datatypes, name)) {
    throw new ModelError(`there is no data type '${name}'`, `use one of ${Object.keys(datatypes).join(', ')}`)
  }
  return datatypes[name]
}
