import { type Attribute, attribute } from '../attribute.ts'
import { type Endpoint, plainAddress } from '../values.ts'

/** The server's other address and port (RFC 5780 section 7.4). */
export const otherAddress: Attribute<Endpoint> = attribute(0x802c, 'OTHER-ADDRESS', plainAddress)
