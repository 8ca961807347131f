/** RFC 4787 sections 4.1 (mapping) and 5 (filtering): of what in a destination a NAT's choice depends. */
export type Dependence = 'endpoint-independent' | 'address-dependent' | 'address-and-port-dependent'

/**
 * How mappings are made. 'dependent': they differ, and the servers are too few to say by what; 'blocked': no answer at
 * all; 'unknown': the servers are too few to say anything.
 */
export type Mapping = Dependence | 'dependent' | 'blocked' | 'unknown'

/** Who gets in; 'unknown': no server that answers from another address was there to try. */
export type Filtering = Dependence | 'blocked' | 'unknown'

/**
 * What reaches a socket at its external endpoint from inside (RFC 4787 REQ-9), and what it sees as the source. One host
 * alone does not see the internal source: it drops what claims to come from itself, and the word is 'none'.
 */
export type Hairpin = 'external-source' | 'internal-source' | 'other-source' | 'none' | 'unknown'

/** A the best; F: no UDP; 'unknown': what was found fits more than one grade. */
export type Grade = 'A' | 'B' | 'C' | 'D' | 'F' | 'unknown'

/**
 * A endpoint-independent mapping and filtering, B endpoint-independent mapping with narrower filtering, C
 * address-dependent mapping, D address-and-port-dependent mapping, F no UDP.
 */
export function grade(mapping: Mapping, filtering: Filtering): Grade {
  if (mapping === 'blocked' || filtering === 'blocked') return 'F'
  if (mapping === 'address-and-port-dependent') return 'D'
  if (mapping === 'address-dependent') return 'C'
  if (mapping !== 'endpoint-independent' || filtering === 'unknown') return 'unknown'
  return filtering === 'endpoint-independent' ? 'A' : 'B'
}
