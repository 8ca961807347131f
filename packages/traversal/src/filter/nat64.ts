import { type IpPrefix, parsePrefix } from '@sallyport/linux'

/** How long prefixes of translators may be (RFC 6052 section 2.2). */
const lengths = [32, 40, 48, 56, 64, 96] as const
export type Nat64Length = (typeof lengths)[number]

/** The IPv4 address behind a prefix of that length: byte 8 is always left out (RFC 6052 section 2.2). */
export function embedded(bytes: Uint8Array, length: Nat64Length): Uint8Array {
  const out = new Uint8Array(4)
  for (let at = length / 8, index = 0; index < 4; at += 1) {
    if (at === 8) continue
    out[index] = bytes[at]!
    index += 1
  }
  return out
}

/** Whether a translator's address may have a prefix of that length: behind what is embedded there are zeros. */
export function fits(bytes: Uint8Array, length: Nat64Length): boolean {
  const end = length === 96 ? 16 : length / 8 + 5 // byte 8 lies in between, or before it
  return bytes.subarray(end).every((byte) => byte === 0)
}

/** Throws RangeError for what is no prefix that a translator may have. */
export function parseNat64(text: string): IpPrefix {
  const prefix = parsePrefix(text)
  if (prefix.family === 6 && lengths.includes(prefix.length as Nat64Length)) return prefix
  throw new RangeError(`'${text}' is no prefix of a translator: IPv6 with ${lengths.join(', ')} bits (RFC 6052)`)
}
