import { type Attribute, attribute } from '../attribute.ts'
import { number64 } from '../values.ts'

/** The tie-breaker of an agent that is controlled (RFC 8445 section 16.1). */
export const iceControlled: Attribute<bigint> = attribute(0x8029, 'ICE-CONTROLLED', number64)
