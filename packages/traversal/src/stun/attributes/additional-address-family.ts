import { type Attribute, attribute } from '../attribute.ts'
import { addressFamily } from '../values.ts'

/** Asks for a second relayed address, of IPv6 (RFC 8656 section 18.11). */
export const additionalAddressFamily: Attribute<4 | 6> = attribute(0x8000, 'ADDITIONAL-ADDRESS-FAMILY', addressFamily)
