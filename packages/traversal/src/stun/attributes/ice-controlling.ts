import { type Attribute, attribute } from '../attribute.ts'
import { number64 } from '../values.ts'

/** The tie-breaker of an agent that controls (RFC 8445 section 16.1). */
export const iceControlling: Attribute<bigint> = attribute(0x802a, 'ICE-CONTROLLING', number64)
