import { type Attribute, attribute } from '../attribute.ts'
import { type Endpoint, xorAddress } from '../values.ts'

/** The peer that is meant (RFC 8656 section 18.3). */
export const xorPeerAddress: Attribute<Endpoint> = attribute(0x0012, 'XOR-PEER-ADDRESS', xorAddress)
