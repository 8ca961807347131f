import { formatIp, parseIp } from '@sallyport/linux'
import type { Attribute } from './attribute.ts'
import { MAGIC_COOKIE } from './header.ts'

/** Forms of values that several attributes share. */

type Form<T> = Pick<Attribute<T>, 'encode' | 'decode'>

/** Transport address: what a socket sends from or to. */
export interface Endpoint {
  readonly address: string
  readonly port: number
}

const IPV4 = 1
const IPV6 = 2

/** Family, port and address in the clear (RFC 8489 section 14.1). */
export const plainAddress: Form<Endpoint> = {
  encode: ({ address, port }) => {
    const { bytes } = parseIp(address)
    const out = new Uint8Array(4 + bytes.length)
    out[1] = bytes.length === 4 ? IPV4 : IPV6
    out[2] = port >> 8
    out[3] = port
    out.set(bytes, 4)
    return out
  },
  decode: (bytes) => {
    const length = bytes[1] === IPV4 ? 4 : bytes[1] === IPV6 ? 16 : 0
    if (length === 0 || bytes.length !== 4 + length) return undefined
    return { address: formatIp(bytes.subarray(4)), port: bytes[2]! * 256 + bytes[3]! }
  },
}

/** The same, hidden from NATs that rewrite every address they find (RFC 8489 section 14.2). */
export const xorAddress: Form<Endpoint> = {
  encode: (value, transaction) => xored(plainAddress.encode(value, transaction), transaction),
  decode: (bytes, transaction) => {
    if (bytes.length < 8) return undefined
    return plainAddress.decode(xored(Uint8Array.from(bytes), transaction), transaction)
  },
}

const cookie = Uint8Array.of(MAGIC_COOKIE >>> 24, MAGIC_COOKIE >>> 16, MAGIC_COOKIE >>> 8, MAGIC_COOKIE)

/** The port with the first half of the cookie, the address with the cookie and the transaction ID. In place. */
function xored(bytes: Uint8Array, transaction: Uint8Array): Uint8Array {
  bytes[2]! ^= cookie[0]!
  bytes[3]! ^= cookie[1]!
  for (let at = 4; at < bytes.length; at += 1) bytes[at]! ^= at < 8 ? cookie[at - 4]! : transaction[at - 8]!
  return bytes
}

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Texts of RFC 5389: 127 characters, of up to six bytes each then (RFC 8489 section 14.3). */
const LONGEST_TEXT = 763

/** UTF-8 of at most so many bytes; more may be read than are written. */
export function utf8(most: number, mostRead: number = LONGEST_TEXT): Form<string> {
  return {
    encode: (value) => {
      const bytes = encoder.encode(value)
      if (bytes.length > most) throw new RangeError(`a text of ${bytes.length} bytes, where ${most} are the most`)
      return bytes
    },
    decode: (bytes) => (bytes.length > mostRead ? undefined : decodeUtf8(bytes)),
  }
}

/** Undefined for what is no UTF-8. */
export function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes)
  } catch {
    return undefined // the only way in which TextDecoder tells
  }
}

/** 32 bits, unsigned. */
export const number32: Form<number> = {
  encode: (value) => {
    if (!Number.isInteger(value) || value < 0 || value > 0xffff_ffff) throw new RangeError(`${value} has not 32 bits`)
    const out = new Uint8Array(4)
    new DataView(out.buffer).setUint32(0, value)
    return out
  },
  decode: (bytes) => (bytes.length === 4 ? new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0) : undefined),
}

/** 64 bits, unsigned. */
export const number64: Form<bigint> = {
  encode: (value) => {
    const out = new Uint8Array(8)
    new DataView(out.buffer).setBigUint64(0, value)
    return out
  },
  decode: (bytes) => (bytes.length === 8 ? new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0) : undefined),
}

/** No value: that it is there says all. */
export const flag: Form<true> = {
  encode: () => new Uint8Array(),
  decode: (bytes) => (bytes.length === 0 ? true : undefined),
}

/** Bytes of any number, or of exactly so many. */
export function opaque(length?: number): Form<Uint8Array> {
  const fits = (bytes: Uint8Array): boolean => length === undefined || bytes.length === length
  return {
    encode: (value) => {
      if (!fits(value)) throw new RangeError(`${value.length} bytes, where ${length} are wanted`)
      return value
    },
    decode: (bytes) => (fits(bytes) ? bytes : undefined),
  }
}

/** Address family as TURN writes it (RFC 8656 section 18.6): one byte and three reserved ones. */
export const addressFamily: Form<4 | 6> = {
  encode: (value) => Uint8Array.of(value === 4 ? IPV4 : IPV6, 0, 0, 0),
  decode: (bytes) => {
    if (bytes.length !== 4) return undefined
    return bytes[0] === IPV4 ? 4 : bytes[0] === IPV6 ? 6 : undefined
  },
}
