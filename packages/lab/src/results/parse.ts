import type { CaseResult, Results, Verdict } from './results.ts'

/** A text that holds no results: where, and what is wrong. */
export class ResultsError extends Error {
  override readonly name = 'ResultsError'

  constructor(where: string, problem: string) {
    super(`${where}: ${problem}; expected is what 'sallyport lab matrix --json' and its like print`)
  }
}

/** One JSON document. What is undefined is left out. */
export function printResults(results: Results): string {
  return `${JSON.stringify(results, undefined, 2)}\n`
}

/** The reverse of {@link printResults}. Throws {@link ResultsError}; keys it does not know are kept in nothing. */
export function parseResults(text: string): Results {
  const root = objectAt(parseJson(text, 'results'), 'results')
  const { cases } = root
  if (!Array.isArray(cases)) throw new ResultsError('results.cases', 'is no list')
  return {
    name: textAt(root, 'name', 'results'),
    started: textAt(root, 'started', 'results'),
    ms: numberAt(root, 'ms', 'results'),
    cases: cases.map((each, index) => caseAt(each, `results.cases[${index}]`)),
  }
}

const verdicts: readonly string[] = ['ok', 'failed', 'skipped'] satisfies Verdict[]

/** A case from JSON; `where` is its place in error messages. */
function caseAt(value: unknown, where: string): CaseResult {
  const each = objectAt(value, where)
  const verdict = textAt(each, 'verdict', where)
  if (!verdicts.includes(verdict)) throw new ResultsError(`${where}.verdict`, `'${verdict}' is no verdict`)
  const optional = (key: 'expected' | 'observed' | 'reason'): object =>
    each[key] === undefined ? {} : { [key]: textAt(each, key, where) }
  return {
    group: textAt(each, 'group', where),
    name: textAt(each, 'name', where),
    verdict: verdict as Verdict,
    ...optional('expected'),
    ...optional('observed'),
    ...optional('reason'),
    ...(each.evidence !== undefined && { evidence: linesAt(each.evidence, `${where}.evidence`) }),
    ms: numberAt(each, 'ms', where),
    ...(each.details !== undefined && { details: each.details }),
  }
}

function parseJson(text: string, where: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new ResultsError(where, `no JSON (${(error as Error).message})`)
  }
}

function objectAt(value: unknown, where: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new ResultsError(where, 'is no object')
  return value as Record<string, unknown>
}

function textAt(object: Record<string, unknown>, key: string, where: string): string {
  const value = object[key]
  if (typeof value !== 'string') throw new ResultsError(`${where}.${key}`, 'is no text')
  return value
}

function numberAt(object: Record<string, unknown>, key: string, where: string): number {
  const value = object[key]
  if (typeof value !== 'number' || !(value >= 0)) throw new ResultsError(`${where}.${key}`, 'is no number of 0 or more')
  return value
}

function linesAt(value: unknown, where: string): string[] {
  if (!Array.isArray(value) || !value.every((line) => typeof line === 'string'))
    throw new ResultsError(where, 'is no list of texts')
  return value
}
