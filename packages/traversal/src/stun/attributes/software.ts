import { type Attribute, attribute } from '../attribute.ts'
import { utf8 } from '../values.ts'

/** Name and version of the sender (RFC 8489 section 14.14): at most 509 bytes, 763 are read. */
export const software: Attribute<string> = attribute(0x8022, 'SOFTWARE', utf8(509))
