import { type Attribute, attribute } from '../attribute.ts'
import { flag } from '../values.ts'

/** Asks for DF on what goes to the peer (RFC 8656 section 18.9). */
export const dontFragment: Attribute<true> = attribute(0x001a, 'DONT-FRAGMENT', flag)
