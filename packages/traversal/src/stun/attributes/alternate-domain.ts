import { type Attribute, attribute } from '../attribute.ts'
import { utf8 } from '../values.ts'

/** The name that the certificate of the alternate server bears (RFC 8489 section 14.16). */
export const alternateDomain: Attribute<string> = attribute(0x8003, 'ALTERNATE-DOMAIN', utf8(255, 255))
