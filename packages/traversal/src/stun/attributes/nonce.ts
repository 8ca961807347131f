import { type Attribute, attribute } from '../attribute.ts'
import { utf8 } from '../values.ts'

/**
 * What the server gave to prove that the client is where it says (RFC 8489 section 14.10): at most 509 bytes, 763 are
 * read.
 */
export const nonce: Attribute<string> = attribute(0x0015, 'NONCE', utf8(509))
