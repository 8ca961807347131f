import { type Attribute, attribute } from '../attribute.ts'

/** Asks for an even port, and with `reserve` for the next one to be kept (RFC 8656 section 18.7). */
export const evenPort: Attribute<{ readonly reserve: boolean }> = attribute(0x0018, 'EVEN-PORT', {
  encode: ({ reserve }) => Uint8Array.of(reserve ? 0x80 : 0),
  decode: (bytes) => (bytes.length === 1 ? { reserve: (bytes[0]! & 0x80) !== 0 } : undefined),
})
