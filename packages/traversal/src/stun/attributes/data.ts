import { type Attribute, attribute } from '../attribute.ts'
import { opaque } from '../values.ts'

/** What a peer sent or is to get (RFC 8656 section 18.4). */
export const data: Attribute<Uint8Array> = attribute(0x0013, 'DATA', opaque())
