import { type Attribute, attribute } from '../attribute.ts'
import { opaque } from '../values.ts'

/** SHA-256 of 'username:realm', in place of the name (RFC 8489 section 14.4). */
export const userhash: Attribute<Uint8Array> = attribute(0x001e, 'USERHASH', opaque(32))
