import { type Attribute, attribute } from '../attribute.ts'
import { type Endpoint, xorAddress } from '../values.ts'

/** The address of an allocation, where peers send to (RFC 8656 section 18.5). */
export const xorRelayedAddress: Attribute<Endpoint> = attribute(0x0016, 'XOR-RELAYED-ADDRESS', xorAddress)
