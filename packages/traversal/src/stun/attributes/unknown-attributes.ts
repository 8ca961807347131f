import { type Attribute, attribute } from '../attribute.ts'

/** Types of a request that the server does not understand (RFC 8489 section 14.13). */
export const unknownAttributes: Attribute<readonly number[]> = attribute(0x000a, 'UNKNOWN-ATTRIBUTES', {
  encode: (types) => Uint8Array.from(types.flatMap((type) => [type >> 8, type & 0xff])),
  decode: (bytes) => {
    if (bytes.length % 2 !== 0) return undefined
    return Array.from({ length: bytes.length / 2 }, (_, index) => bytes[index * 2]! * 256 + bytes[index * 2 + 1]!)
  },
})
