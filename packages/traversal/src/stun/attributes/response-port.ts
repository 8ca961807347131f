import { type Attribute, attribute } from '../attribute.ts'

/** The port that the answer is to be sent to (RFC 5780 section 7.5). */
export const responsePort: Attribute<number> = attribute(0x0027, 'RESPONSE-PORT', {
  encode: (port) => Uint8Array.of(port >> 8, port & 0xff, 0, 0),
  // Two bytes alone, as the registry once said, or padded to four as most send it.
  decode: (bytes) => (bytes.length === 4 || bytes.length === 2 ? bytes[0]! * 256 + bytes[1]! : undefined),
})
