import { type Attribute, attribute } from '../attribute.ts'
import { type Endpoint, plainAddress } from '../values.ts'

/** The server to ask instead of this one (RFC 8489 section 14.15). */
export const alternateServer: Attribute<Endpoint> = attribute(0x8023, 'ALTERNATE-SERVER', plainAddress)
