/** IP addresses and prefixes between text and bytes. IPv6 text follows RFC 4291 §2.2 in, RFC 5952 out. */

export interface IpAddress {
  readonly family: 4 | 6
  /** Four or sixteen, in network order. */
  readonly bytes: Uint8Array
}

/** An address and how many of its leading bits name the network: 192.168.1.1/24. */
export interface IpPrefix extends IpAddress {
  readonly length: number
}

/** Reads '192.168.1.1' or 'fe80::1'. Throws RangeError for anything else: names, zones (%eth0), octal ('010'). */
export function parseIp(text: string): IpAddress {
  const bytes = text.includes(':') ? parseIpv6(text) : parseIpv4(text)
  if (bytes === undefined) throw new RangeError(`'${text}' is not an IP address`)
  return { family: bytes.length === 4 ? 4 : 6, bytes }
}

/** True for what {@link parseIp} reads. */
export function isIp(text: string): boolean {
  return (text.includes(':') ? parseIpv6(text) : parseIpv4(text)) !== undefined
}

/** Writes four bytes as '192.168.1.1', sixteen as RFC 5952 says. Throws RangeError for other lengths. */
export function formatIp(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join('.')
  if (bytes.length === 16) return formatIpv6(bytes)
  throw new RangeError(`an IP address has 4 or 16 bytes, not ${bytes.length}`)
}

/** Reads '192.168.1.1/24'; without a length it is that one address (/32, /128). Host bits are kept. */
export function parsePrefix(text: string): IpPrefix {
  const [address = '', length, ...rest] = text.split('/')
  const ip = parseIp(address)
  const most = ip.bytes.length * 8
  if (length === undefined) return { ...ip, length: most }
  if (rest.length > 0 || !/^(0|[1-9]\d{0,2})$/.test(length) || Number(length) > most) {
    throw new RangeError(`'${text}' is not a prefix: its length has to be 0 to ${most}`)
  }
  return { ...ip, length: Number(length) }
}

/** '192.168.1.1/24', always with the length. */
export function formatPrefix(prefix: { readonly bytes: Uint8Array; readonly length: number }): string {
  return `${formatIp(prefix.bytes)}/${prefix.length}`
}

/** The same prefix without host bits: 192.168.1.1/24 → 192.168.1.0/24. */
export function networkOf(prefix: IpPrefix): IpPrefix {
  const bytes = prefix.bytes.map((byte, index) => byte & maskByte(prefix.length - index * 8))
  return { family: prefix.family, bytes, length: prefix.length }
}

/** True if `address` lies in the network of `prefix`. */
export function inPrefix(prefix: IpPrefix, address: IpAddress): boolean {
  if (prefix.family !== address.family) return false
  return prefix.bytes.every((byte, i) => ((byte ^ address.bytes[i]!) & maskByte(prefix.length - i * 8)) === 0)
}

/** One byte of a netmask of which `bits` are left: 12 → 255, 3 → 0b11100000, -4 → 0. */
function maskByte(bits: number): number {
  return bits >= 8 ? 0xff : bits <= 0 ? 0 : (0xff << (8 - bits)) & 0xff
}

function parseIpv4(text: string): Uint8Array | undefined {
  const parts = text.split('.')
  if (parts.length !== 4) return undefined
  if (!parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) <= 255)) return undefined
  return Uint8Array.from(parts, Number)
}

function parseIpv6(text: string): Uint8Array | undefined {
  const halves = text.split('::')
  if (halves.length > 2) return undefined
  const head = parseGroups(halves[0]!, halves.length === 1)
  const tail = halves.length === 2 ? parseGroups(halves[1]!, true) : []
  if (head === undefined || tail === undefined) return undefined
  const gap = 16 - head.length - tail.length
  // '::' stands for one group or more.
  if (halves.length === 1 ? gap !== 0 : gap < 2) return undefined
  return Uint8Array.of(...head, ...new Uint8Array(gap), ...tail)
}

/** Groups of four digits as bytes; the last one of an address may be an IPv4 address (RFC 4291 §2.2 no. 3). */
function parseGroups(text: string, last: boolean): number[] | undefined {
  if (text === '') return []
  const bytes: number[] = []
  const groups = text.split(':')
  for (const [index, group] of groups.entries()) {
    const ipv4 = last && index === groups.length - 1 && group.includes('.') ? parseIpv4(group) : undefined
    if (ipv4 !== undefined) bytes.push(...ipv4)
    else if (/^[\da-f]{1,4}$/i.test(group))
      bytes.push(Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 0xff)
    else return undefined
  }
  return bytes
}

function formatIpv6(bytes: Uint8Array): string {
  // RFC 5952 §5: mapped addresses (RFC 4291 §2.5.5.2) show the IPv4 address.
  const mapped = bytes.subarray(0, 10).every((byte) => byte === 0) && bytes[10] === 0xff && bytes[11] === 0xff
  if (mapped) return `::ffff:${bytes.subarray(12).join('.')}`
  const groups = Array.from({ length: 8 }, (_, i) => (bytes[i * 2]! << 8) | bytes[i * 2 + 1]!)
  const { start, length } = longestZeros(groups)
  const hex = groups.map((group) => group.toString(16))
  // §4.2.2: a single zero group is not shortened.
  if (length < 2) return hex.join(':')
  return `${hex.slice(0, start).join(':')}::${hex.slice(start + length).join(':')}`
}

/** §4.2.3: the longest run of zero groups, of several the first. */
function longestZeros(groups: readonly number[]): { start: number; length: number } {
  let best = { start: 0, length: 0 }
  for (let start = 0; start < groups.length; start++) {
    let length = 0
    while (groups[start + length] === 0) length += 1
    if (length > best.length) best = { start, length }
  }
  return best
}
