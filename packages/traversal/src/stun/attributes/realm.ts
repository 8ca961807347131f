import { type Attribute, attribute } from '../attribute.ts'
import { utf8 } from '../values.ts'

/** Whose users are meant (RFC 8489 section 14.9): at most 509 bytes, 763 are read. */
export const realm: Attribute<string> = attribute(0x0014, 'REALM', utf8(509))
