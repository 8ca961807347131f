import { type Attribute, attribute } from '../attribute.ts'
import { utf8 } from '../values.ts'

/** Whose users are meant (RFC 8489 section 14.9): at most 763 bytes. */
export const realm: Attribute<string> = attribute(0x0014, 'REALM', utf8(763))
