import { type Attribute, attribute } from '../attribute.ts'

/** The protocol between server and peers, as an IP protocol number: 17 is UDP, 6 TCP (RFC 8656 section 18.8). */
export const requestedTransport: Attribute<number> = attribute(0x0019, 'REQUESTED-TRANSPORT', {
  encode: (protocol) => Uint8Array.of(protocol, 0, 0, 0),
  decode: (bytes) => (bytes.length === 4 ? bytes[0] : undefined),
})
