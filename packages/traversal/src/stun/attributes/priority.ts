import { type Attribute, attribute } from '../attribute.ts'
import { number32 } from '../values.ts'

/** The priority of the candidate that a check may make known (RFC 8445 section 16.1). */
export const priority: Attribute<number> = attribute(0x0024, 'PRIORITY', number32)
