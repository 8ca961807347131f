import { parseInterfaceName } from './address.ts'
import { type DataType, datatype, type TypeName } from './datatype.ts'
import { ModelError } from './error.ts'

/** Values from `first` to `last`, both included, of one data type; equal for a single value. */
export interface Interval {
  readonly first: bigint
  readonly last: bigint
  /** Leading bits that are the same in all: `10.0.0.0/8`. nft compiles a prefix otherwise than the same range. */
  readonly prefix?: number
}

const expected: Partial<Record<TypeName, string>> = {
  ipv4_addr: "an address ('192.0.2.1'), a prefix ('192.0.2.0/24') or a range ('192.0.2.1-192.0.2.9')",
  ipv6_addr: "an address ('2001:db8::1'), a prefix ('2001:db8::/32') or a range",
  ether_addr: "a hardware address ('02:00:00:00:00:01')",
  inet_service: "a port from 0 to 65535 or a range ('30000-30100')",
  inet_proto: "a protocol's name ('udp') or its number from 0 to 255",
  ifname: "an interface's name, with * at the end for all that begin so",
  iface_index: "the index of an interface, or 'lo'",
}

/** One value, prefix or range as a person writes it. Throws {@link ModelError} on what the type doesn't have. */
export function parseInterval(typeName: TypeName, input: unknown): Interval {
  const type = datatype(typeName)
  if (typeof input !== 'string' && typeof input !== 'number' && typeof input !== 'boolean') throw refused(type, input)
  if (typeof input === 'string' && type.name === 'ifname') return parseInterfacePattern(input)
  const single = type.parse(input)
  if (single !== undefined) return { first: single, last: single }
  if (typeof input !== 'string') throw refused(type, input)
  return parsePrefix(type, input) ?? parseRange(type, input)
}

function refused(type: DataType, input: unknown): ModelError {
  const what = expected[type.name] ?? `a value of ${type.name}`
  return new ModelError(`${typeof input === 'string' ? `'${input}'` : String(input)} is not ${what}`)
}

function parsePrefix(type: DataType, input: string): Interval | undefined {
  if (type.name !== 'ipv4_addr' && type.name !== 'ipv6_addr') return undefined
  const match = /^([^/]+)\/(\d{1,3})$/.exec(input)
  const address = match?.[1] === undefined ? undefined : type.parse(match[1])
  const length = Number(match?.[2])
  const bits = 8 * type.length
  if (address === undefined || length > bits) return undefined
  const first = (address >> BigInt(bits - length)) << BigInt(bits - length)
  if (first !== address) {
    throw new ModelError(`'${input}' has bits after its prefix`, `write '${type.format(first)}/${length}'`)
  }
  return prefixInterval(type, first, length)
}

function prefixInterval(type: DataType, first: bigint, prefix: number): Interval {
  const last = first | ((1n << BigInt(8 * type.length - prefix)) - 1n)
  return first === last ? { first, last } : { first, last, prefix }
}

function parseRange(type: DataType, input: string): Interval {
  const ends = input.split('-').map((end) => type.parse(end.trim()))
  const [first, last] = ends
  if (ends.length !== 2 || first === undefined || last === undefined || type.bits) throw refused(type, input)
  if (first > last) throw new ModelError(`'${input}' ends before it begins`, 'write the lower end first')
  return { first, last }
}

function parseInterfacePattern(input: string): Interval {
  if (!input.endsWith('*')) {
    const value = parseInterfaceName(input)
    return { first: value, last: value }
  }
  const stem = input.slice(0, -1)
  const first = parseInterfaceName(stem)
  const prefix = 8 * Buffer.byteLength(stem)
  return { first, last: first | ((1n << BigInt(128 - prefix)) - 1n), prefix }
}

export function isSingle(interval: Interval): boolean {
  return interval.first === interval.last
}

/** As nft writes it. Ranges that are prefixes stay ranges, if they were written so. */
export function formatInterval(typeName: TypeName, { first, last, prefix }: Interval): string {
  const type = datatype(typeName)
  if (first === last) return type.format(first)
  if (type.name === 'ifname') return `${type.format(first).slice(0, -1)}*"`
  if (prefix !== undefined) return `${type.format(first)}/${prefix}`
  return `${type.formatEnd(first)}-${type.formatEnd(last)}`
}
