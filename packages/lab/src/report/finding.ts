import type { Finding } from './requirement.ts'

/** What is said beside the verdict when a check fails. */
export type Remedy = Pick<Finding, 'advice' | 'limitation'>

/** Passed or failed; the remedy is only told with a failure. */
export function verdictOf(ok: boolean, evidence: readonly string[], remedy: Remedy = {}): Finding {
  return ok ? { verdict: 'pass', evidence } : { verdict: 'fail', evidence, ...remedy }
}

export function notApplicable(...evidence: readonly string[]): Finding {
  return { verdict: 'not applicable', evidence }
}

export function notTestable(...evidence: readonly string[]): Finding {
  return { verdict: 'not testable', evidence }
}

/** An option that a NAT may have: it has it, or that is no failure. */
export function optional(has: boolean, ...evidence: readonly string[]): Finding {
  return has ? { verdict: 'pass', evidence } : notApplicable(...evidence, 'an option that is not taken')
}
