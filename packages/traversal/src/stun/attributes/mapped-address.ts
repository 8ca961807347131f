import { type Attribute, attribute } from '../attribute.ts'
import { type Endpoint, plainAddress } from '../values.ts'

/** Where a request came from, for clients of RFC 3489 (RFC 8489 section 14.1). */
export const mappedAddress: Attribute<Endpoint> = attribute(0x0001, 'MAPPED-ADDRESS', plainAddress)
