import { type CaseResult, printJunit, type Results } from '../results/index.ts'
import { details } from './render.ts'
import type { Report, Result } from './run.ts'

/** The report as results of cases, for JUnit and for comparing two runs. Only a MUST that fails is a failed case. */
export function reportResults({ subject, started, ms, requirements }: Report): Results {
  return { name: `RFC report of ${subject}`, started, ms, cases: requirements.map(caseOf) }
}

/** {@link reportResults} in the form that CI systems read. */
export function reportJunit(report: Report): string {
  return printJunit(reportResults(report))
}

function caseOf(result: Result): CaseResult {
  const { rfc, id, level, title, verdict, ms } = result
  const common = { group: `RFC ${rfc}`, name: `${id} ${level}: ${title}`, ms, evidence: details(result) }
  if (verdict === 'pass') return { ...common, verdict: 'ok' }
  if (verdict !== 'fail') return { ...common, verdict: 'skipped', reason: verdict }
  const known = result.limitation ?? (level.startsWith('MUST') ? undefined : `fails, which ${level} allows`)
  if (known !== undefined) return { ...common, verdict: 'skipped', reason: known }
  return { ...common, verdict: 'failed', expected: title, observed: result.evidence.join('; ') }
}
