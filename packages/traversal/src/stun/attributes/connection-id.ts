import { type Attribute, attribute } from '../attribute.ts'
import { number32 } from '../values.ts'

/** Names a TCP connection to a peer (RFC 6062 section 6.2.1). */
export const connectionId: Attribute<number> = attribute(0x002a, 'CONNECTION-ID', number32)
