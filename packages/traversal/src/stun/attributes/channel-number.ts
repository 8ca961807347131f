import { type Attribute, attribute } from '../attribute.ts'

/** The number of a channel (RFC 8656 section 18.1). Which ones may be bound is the server's business. */
export const channelNumber: Attribute<number> = attribute(0x000c, 'CHANNEL-NUMBER', {
  encode: (channel) => Uint8Array.of(channel >> 8, channel & 0xff, 0, 0),
  decode: (bytes) => (bytes.length === 4 ? bytes[0]! * 256 + bytes[1]! : undefined),
})
