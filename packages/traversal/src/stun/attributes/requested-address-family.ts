import { type Attribute, attribute } from '../attribute.ts'
import { addressFamily } from '../values.ts'

/** The family that the relayed address is to have (RFC 8656 section 18.6). */
export const requestedAddressFamily: Attribute<4 | 6> = attribute(0x0017, 'REQUESTED-ADDRESS-FAMILY', addressFamily)
