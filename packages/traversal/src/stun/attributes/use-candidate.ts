import { type Attribute, attribute } from '../attribute.ts'
import { flag } from '../values.ts'

/** The controlling agent nominates this pair (RFC 8445 section 16.1). */
export const useCandidate: Attribute<true> = attribute(0x0025, 'USE-CANDIDATE', flag)
