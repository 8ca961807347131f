import { type Attribute, attribute } from '../attribute.ts'
import { utf8 } from '../values.ts'

/** Whose password the integrity is made with (RFC 8489 section 14.3): at most 508 bytes, 763 are read. */
export const username: Attribute<string> = attribute(0x0006, 'USERNAME', utf8(508))
