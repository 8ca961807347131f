/** RFC 4787 §4.1 (mapping) and §5 (filtering): what a NAT's choice depends on. */
export type Dependence = 'endpoint-independent' | 'address-dependent' | 'address-and-port-dependent'

/** What was measured: a dependence, or that no UDP came through at all. */
export type Verdict = Dependence | 'blocked'

/** As consoles and guides grade a NAT, A the best; F: no UDP. */
export type Grade = 'A' | 'B' | 'C' | 'D' | 'F'

/**
 * The grade of a behaviour: A endpoint-independent mapping and filtering, B endpoint-independent mapping with
 * narrower filtering, C address-dependent mapping, D address-and-port-dependent mapping, F no UDP.
 */
export function grade(mapping: Verdict, filtering: Verdict, udpWorks = true): Grade {
  if (!udpWorks || mapping === 'blocked' || filtering === 'blocked') return 'F'
  if (mapping === 'address-and-port-dependent') return 'D'
  if (mapping === 'address-dependent') return 'C'
  return filtering === 'endpoint-independent' ? 'A' : 'B'
}
