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
import { parseDuration } from './duration.ts'
import { ModelError } from './error.ts'
import {
  addressTypes,
  arpOperations,
  ctDirectionNames,
  ctEvents,
  ctStates,
  ctStatuses,
  dayNames,
  dccpTypes,
  dscpNames,
  ecnNames,
  etherTypes,
  hardwareTypes,
  icmpTypes,
  icmpv6Types,
  igmpTypes,
  internetProtocols,
  networkProtocols,
  packetTypes,
  rejectIcmp,
  rejectIcmpv6Codes,
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
  /** Whole numbers of 1, 2, 3, 4 and 8 bytes in network order: nft's `integer`, of a field's length. */
  integer8: number | string
  integer16: number | string
  integer24: number | string
  integer32: number | string
  integer64: number | bigint | string
  integer128: string
  /** Bits without names. */
  bitmask8: number | string
  /** Numbers that the kernel keeps in host order. */
  number8: number | string
  number16: number | string
  number32: number | string
  number64: number | bigint | string
  ether_type: keyof typeof etherTypes | number
  arp_op: keyof typeof arpOperations | number
  arp_hrd: keyof typeof hardwareTypes | number
  dccp_pkttype: keyof typeof dccpTypes | number
  mh_type: number
  /** Milliseconds, of `ct expiration`. */
  time: number | string
  realm: number
  /** `1:2`, or the same as a number: 0x10002. */
  classid: string | number
  ct_label: number
  icmp_code: keyof typeof rejectIcmp | number
  icmpv6_code: keyof typeof rejectIcmpv6Codes | number
  devgroup: number | 'default'
  dscp: keyof typeof dscpNames | number
  ecn: keyof typeof ecnNames | number
  ct_event: keyof typeof ctEvents
  igmp_type: keyof typeof igmpTypes | number
  /** Nanoseconds since 1970. */
  time_date: bigint | string
  /** Seconds since midnight, UTC. */
  time_hour: number | string
  /** 0 is Sunday. */
  day: keyof typeof dayNames | number
  /** Text of up to 15 bytes. */
  string: string
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

const hex = (value: bigint, digits: number): string => `0x${value.toString(16).padStart(digits, '0')}`

/** Numbers as well as texts of another form. */
function textualNumber(
  shape: Shape,
  parse: (text: string) => bigint | undefined,
  format: (value: bigint) => string,
): DataType {
  const plain = integer(shape)
  const either = (input: string | number | boolean): bigint | undefined =>
    (typeof input === 'string' ? parse(input) : undefined) ?? plain.parse(input)
  return { ...plain, parse: either, format, formatEnd: format }
}

/** `1:2`, major and minor number in hexadecimal (TC_H_MAKE). */
function parseClass(text: string): bigint | undefined {
  const [, major, minor] = /^([0-9a-f]{1,4}):([0-9a-f]{1,4})$/i.exec(text) ?? []
  return major === undefined ? undefined : (BigInt(`0x${major}`) << 16n) | BigInt(`0x${minor}`)
}

const formatClass = (value: bigint): string => `${(value >> 16n).toString(16)}:${(value & 0xffffn).toString(16)}`

/** `5s`, `250ms`: as durations, in milliseconds, from 0 on. */
function parseTime(text: string): bigint | undefined {
  if (!/^(\d+(ms|[dhms]))+$/.test(text)) return undefined
  const [, count] = /^(\d+)ms$/.exec(text) ?? []
  return BigInt(count ?? parseDuration(text))
}

/** `13:30` or `13:30:15`. */
function parseHour(text: string): bigint | undefined {
  const [, hours, minutes, seconds = 0] = /^(\d{1,2}):(\d{2})(?::(\d{2}))?$/.exec(text.replaceAll('"', '')) ?? []
  const value = Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)
  return Number.isNaN(value) || value >= 86_400 ? undefined : BigInt(value)
}

function formatHour(value: bigint): string {
  if (value >= 86_400n) return String(value)
  const digits = (number: bigint): string => String(number).padStart(2, '0')
  const seconds = value % 60n === 0n ? '' : `:${digits(value % 60n)}`
  return `"${digits(value / 3600n)}:${digits((value / 60n) % 60n)}${seconds}"`
}

/** The characters, and zeros behind them. */
function parseText(text: string): bigint | undefined {
  const bytes = Buffer.from(text)
  if (bytes.length === 0 || bytes.length > 15 || /["*\n\0]/.test(text)) return undefined
  return BigInt(`0x${bytes.toString('hex').padEnd(32, '0')}`)
}

/** A label is one bit of 128. */
function parseLabel(input: string | number | boolean): bigint | undefined {
  const bit = Number(input)
  return Number.isInteger(bit) && bit >= 0 && bit < 128 ? 1n << BigInt(bit) : undefined
}

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
  integer8: integer(shape('integer8', 4, 1, 'network', 2)),
  integer16: integer(shape('integer16', 4, 2, 'network', 2)),
  integer24: integer(shape('integer24', 4, 3, 'network', 2)),
  integer32: integer(shape('integer32', 4, 4, 'network', 2)),
  integer64: integer(shape('integer64', 4, 8, 'network', 2)),
  integer128: integer(shape('integer128', 4, 16, 'network', 2)),
  bitmask8: integer(shape('bitmask8', 3, 1, 'network', 2)),
  number8: integer(shape('number8', 4, 1, 'host', 1)),
  number16: integer(shape('number16', 4, 2, 'host', 1)),
  number32: integer(shape('number32', 4, 4, 'host', 1)),
  number64: integer(shape('number64', 4, 8, 'host', 1)),
  ether_type: integer(shape('ether_type', 10, 2, 'network', 2), etherTypes, (value) => hex(value, 4)),
  arp_op: integer(shape('arp_op', 11, 2, 'network', 2), arpOperations),
  arp_hrd: integer(shape('arp_hrd', 21, 2, 'host', 1), hardwareTypes),
  dccp_pkttype: integer(shape('dccp_pkttype', 16, 1, 'network', 0), dccpTypes, (value) => hex(value, 1)),
  mh_type: integer(shape('mh_type', 17, 1, 'network', 2)),
  time: textualNumber(shape('time', 18, 4, 'host', 1), parseTime, (value) => `${value}ms`),
  realm: integer(shape('realm', 22, 4, 'host', 1)),
  classid: textualNumber(shape('classid', 23, 4, 'host', 1), parseClass, formatClass),
  ct_label: {
    ...integer(shape('ct_label', 30, 16, 'host', 1)),
    bits: true,
    parse: (input) => parseLabel(input),
    format: (value) => String(value.toString(2).length - 1),
  },
  icmp_code: integer(shape('icmp_code', 32, 1, 'network', 2), rejectIcmp),
  icmpv6_code: integer(shape('icmpv6_code', 33, 1, 'network', 2), rejectIcmpv6Codes),
  devgroup: integer(shape('devgroup', 35, 4, 'host', 1), { default: 0 }),
  dscp: integer(shape('dscp', 36, 1, 'network', 2), dscpNames, (value) => hex(value, 2)),
  ecn: integer(shape('ecn', 37, 1, 'network', 2), ecnNames),
  ct_event: bitmask(shape('ct_event', 40, 4, 'host', 1), ctEvents),
  igmp_type: integer(shape('igmp_type', 42, 1, 'network', 2), igmpTypes),
  time_date: integer(shape('time_date', 43, 8, 'host', 1)),
  time_hour: textualNumber(shape('time_hour', 44, 4, 'host', 1), parseHour, formatHour),
  day: integer(shape('day', 45, 1, 'host', 1), dayNames),
  string: textual(shape('string', 5, 16, 'text', 1), parseText, (value) => `"${formatInterfaceName(value)}"`),
}

/** The type of that name; throws {@link ModelError} on others, for callers without types. */
export function datatype(name: TypeName): DataType {
  if (!Object.hasOwn(datatypes, name)) {
    throw new ModelError(`there is no data type '${name}'`, `use one of ${Object.keys(datatypes).join(', ')}`)
  }
  return datatypes[name]
}
