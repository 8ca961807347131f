import { formatIp, type IpAddress, isIp, networkOf, parseIp, parsePrefix } from '@sallyport/linux'
import type { LanAddress } from './config.ts'
import { type Interval, Intervals } from './intervals.ts'
import { type Problems, quote } from './problems.ts'
import type { Span } from './span.ts'

/** A LAN address with what is needed to look others up: its subnet as numbers. */
export interface Subnet extends LanAddress, Interval<bigint> {
  readonly interface: string
  /** The router's own address. */
  readonly own: bigint
}

/** The subnets of all LAN interfaces. */
export class Subnets {
  /** False when a subnet could not be read: what is in none of the others may be in that one. */
  readonly complete: boolean
  readonly #all: readonly Subnet[]
  readonly #ipv4: Intervals<bigint, Subnet>
  readonly #ipv6: Intervals<bigint, Subnet>

  constructor(subnets: readonly Subnet[], complete: boolean) {
    this.complete = complete
    this.#all = subnets
    this.#ipv4 = new Intervals(subnets.filter(({ family }) => family === 4))
    this.#ipv6 = new Intervals(subnets.filter(({ family }) => family === 6))
  }

  find(address: IpAddress): Subnet | undefined {
    return (address.family === 4 ? this.#ipv4 : this.#ipv6).find(numberOf(address.bytes))
  }

  *collisions(): Generator<[Subnet, Subnet]> {
    yield* this.#ipv4.collisions()
    yield* this.#ipv6.collisions()
  }

  /** The IPv4 subnets, for a hint. */
  describe(): string {
    const ipv4 = this.#all.filter(({ family }) => family === 4)
    const shown = ipv4.slice(0, 8).map((subnet) => `${subnet.network}/${subnet.prefix} (${subnet.interface})`)
    if (shown.length === 0) return 'lan has no IPv4 subnet'
    return `the LAN has ${shown.join(', ')}${ipv4.length > shown.length ? ' and more' : ''}`
  }
}

/** Reads `192.168.1.1/24` as the router's address on an interface; undefined after reporting a problem. */
export function parseLanAddress(span: Span, name: string, problems: Problems): Subnet | undefined {
  const wrong = wrongLanAddress(span.text)
  if (wrong === undefined) return subnetOf(span, name)
  problems.add(span.position, { ...wrong, text: span.text })
  return undefined
}

function wrongLanAddress(text: string): { problem: string; hint: string } | undefined {
  const hint = "write the router's own address and the prefix length of its subnet, such as 192.168.1.1/24"
  const [address = '', length] = text.split('/')
  if (!isIp(address)) return { problem: `${quote(address)} is not an IP address`, hint }
  if (length === undefined)
    return { problem: `${text} has no prefix length`, hint: `write how long its subnet's prefix is: ${text}/24` }
  const prefix = readPrefix(text)
  if (prefix === undefined) return { problem: `${quote(length)} is not a prefix length`, hint }
  if (!isUnicast(prefix)) return { problem: `${address} is not an address that a LAN can use`, hint }
  const room = prefix.bytes.length * 8 - prefix.length
  if (room === 0) return { problem: `the subnet ${text} holds nobody but the router`, hint: 'write a shorter prefix' }
  const { from, to } = rangeOf(prefix)
  const own = numberOf(prefix.bytes)
  if (room > 1 && own === from) return { problem: `${address} is the address of the network itself`, hint }
  if (room > 1 && own === to && prefix.family === 4)
    return { problem: `${address} is the broadcast address of its subnet`, hint }
  return undefined
}

function subnetOf(span: Span, name: string): Subnet {
  const prefix = parsePrefix(span.text)
  const { family, length, bytes } = prefix
  return {
    family,
    address: formatIp(bytes),
    prefix: length,
    network: formatIp(networkOf(prefix).bytes),
    position: span.position,
    interface: name,
    own: numberOf(bytes),
    ...rangeOf(prefix),
  }
}

/**
 * Reads the IPv4 address of a host on the LAN: inside a subnet, and not the router's, the network's or the broadcast
 * address. Undefined after reporting a problem.
 */
export function parseHostAddress(span: Span, subnets: Subnets, problems: Problems): string | undefined {
  const wrong = wrongHostAddress(span.text, subnets)
  if (wrong === undefined) return formatIp(parseIp(span.text).bytes)
  problems.add(span.position, { ...wrong, text: span.text })
  return undefined
}

function wrongHostAddress(text: string, subnets: Subnets): { problem: string; hint: string } | undefined {
  if (!isIp(text)) return { problem: `${quote(text)} is not an IPv4 address`, hint: 'write one such as 192.168.1.100' }
  const address = parseIp(text)
  const hint = subnets.describe()
  if (address.family === 6)
    return { problem: `${text} is IPv6, which is not translated`, hint: "write the host's IPv4 address" }
  const subnet = subnets.find(address)
  if (subnet === undefined) return subnets.complete ? { problem: `${text} is in no LAN subnet`, hint } : undefined
  const number = numberOf(address.bytes)
  const room = subnet.to - subnet.from > 1n
  if (number === subnet.own) return { problem: `${text} is the router's own address`, hint: "write the host's address" }
  if (room && number === subnet.from) return { problem: `${text} is the address of the network itself`, hint }
  if (room && number === subnet.to) return { problem: `${text} is the broadcast address of ${subnet.interface}`, hint }
  return undefined
}

function readPrefix(text: string): ReturnType<typeof parsePrefix> | undefined {
  try {
    return parsePrefix(text)
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}

/** RFC 6890: what is no ordinary address of a subnet (unspecified, loopback, link-local IPv6, mapped, multicast). */
function isUnicast({ family, bytes }: IpAddress): boolean {
  if (family === 4) return bytes[0] !== 0 && bytes[0] !== 127 && bytes[0]! < 224
  const [first, second] = [bytes[0]!, bytes[1]!]
  const linkLocal = first === 0xfe && (second & 0xc0) === 0x80
  return first !== 0 && first !== 0xff && !linkLocal
}

function rangeOf(prefix: ReturnType<typeof parsePrefix>): Interval<bigint> {
  const from = numberOf(networkOf(prefix).bytes)
  return { from, to: from + (1n << BigInt(prefix.bytes.length * 8 - prefix.length)) - 1n }
}

function numberOf(bytes: Uint8Array): bigint {
  return bytes.reduce((number, byte) => (number << 8n) | BigInt(byte), 0n)
}
