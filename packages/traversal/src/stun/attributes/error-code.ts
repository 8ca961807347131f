import { type Attribute, attribute } from '../attribute.ts'
import { decodeUtf8 } from '../values.ts'

/** Why a request failed. */
export interface ErrorCode {
  /** 300 to 699. */
  readonly code: number
  /** For people; at most 763 bytes. */
  readonly reason: string
}

/** Why a request failed (RFC 8489 section 14.8). */
export const errorCode: Attribute<ErrorCode> = attribute(0x0009, 'ERROR-CODE', {
  encode: ({ code, reason }) => {
    if (!Number.isInteger(code) || code < 300 || code > 699) throw new RangeError(`${code} is no error code of STUN`)
    return Uint8Array.of(0, 0, Math.floor(code / 100), code % 100, ...new TextEncoder().encode(reason))
  },
  decode: (bytes) => {
    if (bytes.length < 4 || bytes.length > 4 + 763) return undefined
    const hundreds = bytes[2]! & 7
    if (hundreds < 3 || hundreds > 6 || bytes[3]! > 99) return undefined
    const reason = decodeUtf8(bytes.subarray(4))
    return reason === undefined ? undefined : { code: hundreds * 100 + bytes[3]!, reason }
  },
})
