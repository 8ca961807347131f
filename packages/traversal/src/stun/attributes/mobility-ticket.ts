import { type Attribute, attribute } from '../attribute.ts'
import { opaque } from '../values.ts'

/** What lets a client move its allocation to another address (RFC 8016 section 3.2). */
export const mobilityTicket: Attribute<Uint8Array> = attribute(0x8030, 'MOBILITY-TICKET', opaque())
