import { type Attribute, attribute } from '../attribute.ts'
import { type Endpoint, xorAddress } from '../values.ts'

/** Where a request came from, as NATs do not rewrite it (RFC 8489 section 14.2). */
export const xorMappedAddress: Attribute<Endpoint> = attribute(0x0020, 'XOR-MAPPED-ADDRESS', xorAddress)
