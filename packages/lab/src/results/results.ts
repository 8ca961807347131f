/** How a case ended. */
export type Verdict = 'ok' | 'failed' | 'skipped'

/** One thing that was tried: a cell of a matrix, a requirement of an RFC, a test. */
export interface CaseResult {
  /** What it belongs to: 'home × symmetric', 'RFC 4787'. Group and name together are unique. */
  readonly group: string
  readonly name: string
  readonly verdict: Verdict
  readonly expected?: string
  readonly observed?: string
  /** Why it was skipped. */
  readonly reason?: string
  /** What shows it, in lines for people: packets, rules, conntrack entries. */
  readonly evidence?: readonly string[]
  /** Milliseconds that it took. */
  readonly ms: number
  /** What only this kind of run knows, as JSON. */
  readonly details?: unknown
}

/** What a run of a matrix, a report or tests found. */
export interface Results {
  readonly name: string
  /** When it began: ISO 8601, UTC. */
  readonly started: string
  /** Milliseconds of the whole run. */
  readonly ms: number
  readonly cases: readonly CaseResult[]
}

export interface Tally {
  readonly ok: number
  readonly failed: number
  readonly skipped: number
}

export function tally(cases: readonly CaseResult[]): Tally {
  const count = (verdict: Verdict): number => cases.filter((each) => each.verdict === verdict).length
  return { ok: count('ok'), failed: count('failed'), skipped: count('skipped') }
}

/** Cases by their groups, in the order of first appearance. */
export function groupsOf(cases: readonly CaseResult[]): Map<string, CaseResult[]> {
  return Map.groupBy(cases, ({ group }) => group)
}
