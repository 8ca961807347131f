import { formatIp, type IpPrefix, inPrefix, parseIp } from '@sallyport/linux'
import { embedded, fits, type Nat64Length } from './nat64.ts'

/**
 * Every address that a packet to `address` may end up at: itself first, then each IPv4 address that is wrapped in it.
 * Kernels, translators and tunnels unwrap them; so a filter that looks at the outside alone is no filter.
 * `nat64`: prefixes of translators besides the well-known ones (RFC 6052). Throws RangeError for what is no IP address.
 */
export function addressesWithin(address: string, nat64: readonly IpPrefix[] = []): Uint8Array[] {
  const bytes = plain(parseIp(address).bytes)
  if (bytes.length === 4) return [bytes]
  const own = nat64.filter((prefix) => inPrefix(prefix, { family: 6, bytes }))
  return [
    bytes,
    ...wrappings.flatMap((unwrap) => unwrap(bytes)),
    ...own.map(({ length }) => embedded(bytes, length as Nat64Length)),
  ]
}

/** The form under which an address is compared and shown: IPv4-mapped ones are the IPv4 address (RFC 4291 §2.5.5.2). */
export function canonical(address: string): string {
  return formatIp(plain(parseIp(address).bytes))
}

/** `::ffff:0:0/96` is no address of its own: sockets take it for the IPv4 address. */
function plain(bytes: Uint8Array): Uint8Array {
  return bytes.length === 16 && startsWith(bytes, MAPPED) ? bytes.subarray(12) : bytes
}

const MAPPED = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff]

type Unwrap = (bytes: Uint8Array) => readonly Uint8Array[]

/** `::/96`, "compatible" (section 2.5.5.1); `::` and `::1` are themselves. */
const compatible: Unwrap = (bytes) => {
  const inner = under(bytes, [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])
  return inner.filter((each) => each[0] !== 0 || each[1] !== 0 || each[2] !== 0 || each[3]! > 1)
}
/** `::ffff:0:0:0/96`, "translated" (RFC 2765 section 2.1). */
const translated: Unwrap = (bytes) => under(bytes, [0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0])
/** `64:ff9b::/96`, NAT64's well-known prefix (RFC 6052). */
const nat64: Unwrap = (bytes) => under(bytes, [0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0])
/** `64:ff9b:1::/48`, NAT64 of one's own (RFC 8215): which length its prefix has, only its owner knows. */
const nat64Local: Unwrap = (bytes) => {
  if (!startsWith(bytes, [0, 0x64, 0xff, 0x9b, 0, 1])) return []
  return ([48, 56, 64, 96] as const).filter((length) => fits(bytes, length)).map((length) => embedded(bytes, length))
}
/** `2002::/16`, 6to4 (RFC 3056). */
const sixToFour: Unwrap = (bytes) => (startsWith(bytes, [0x20, 2]) ? [bytes.subarray(2, 6)] : [])
/** `2001::/32`, Teredo (RFC 4380): its server, and the client with all bits turned. */
const teredo: Unwrap = (bytes) =>
  startsWith(bytes, [0x20, 1, 0, 0]) ? [bytes.subarray(4, 8), bytes.subarray(12).map((byte) => byte ^ 0xff)] : []
/** `…:0:5efe:a.b.c.d`, ISATAP (RFC 5214 section 6.1), with whichever of the bits u and g. */
const isatap: Unwrap = (bytes) =>
  (bytes[8]! & 0xfc) === 0 && bytes[9] === 0 && bytes[10] === 0x5e && bytes[11] === 0xfe ? [bytes.subarray(12)] : []

const wrappings: readonly Unwrap[] = [compatible, translated, nat64, nat64Local, sixToFour, teredo, isatap]

function under(bytes: Uint8Array, prefix: readonly number[]): Uint8Array[] {
  return startsWith(bytes, prefix) ? [bytes.subarray(12)] : []
}

function startsWith(bytes: Uint8Array, prefix: readonly number[]): boolean {
  return prefix.every((byte, index) => bytes[index] === byte)
}
