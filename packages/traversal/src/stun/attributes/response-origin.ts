import { type Attribute, attribute } from '../attribute.ts'
import { type Endpoint, plainAddress } from '../values.ts'

/** Where the response is sent from (RFC 5780 section 7.3). */
export const responseOrigin: Attribute<Endpoint> = attribute(0x802b, 'RESPONSE-ORIGIN', plainAddress)
