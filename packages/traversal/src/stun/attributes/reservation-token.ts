import { type Attribute, attribute } from '../attribute.ts'
import { opaque } from '../values.ts'

/** Names the port that was reserved beside another one (RFC 8656 section 18.10). */
export const reservationToken: Attribute<Uint8Array> = attribute(0x0022, 'RESERVATION-TOKEN', opaque(8))
