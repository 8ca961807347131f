import { type Attribute, attribute } from '../attribute.ts'
import { number32 } from '../values.ts'

/** Seconds that an allocation lives without a refresh (RFC 8656 section 18.2). */
export const lifetime: Attribute<number> = attribute(0x000d, 'LIFETIME', number32)
