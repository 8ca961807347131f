import { type Attribute, attribute } from '../attribute.ts'
import { opaque } from '../values.ts'

/** Makes a message longer than a path takes in one piece (RFC 5780 section 7.6). */
export const padding: Attribute<Uint8Array> = attribute(0x0026, 'PADDING', opaque())
