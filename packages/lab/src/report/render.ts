import type { Verdict } from './requirement.ts'
import { titles } from './requirements/index.ts'
import type { Report, Result, Summary } from './run.ts'

const marks: Readonly<Record<Verdict, string>> = { pass: '✓', fail: '✗', 'not applicable': '-', 'not testable': '?' }

export interface RenderOptions {
  /** Evidence of everything; default: of failures only. */
  readonly evidence?: boolean
}

/** The report as text for a terminal: a line for each requirement, with what was seen under failures. */
export function renderReport({ subject, requirements, summary, ms }: Report, options: RenderOptions = {}): string {
  const rfcs = [...new Set(requirements.map(({ rfc }) => rfc))]
  const sections = rfcs.flatMap((rfc) => [
    '',
    `RFC ${rfc} (${titles[rfc]})`,
    ...requirements.filter((result) => result.rfc === rfc).flatMap((result) => lines(result, options)),
  ])
  const counts = `${countsOf(summary)}, in ${(ms / 1000).toFixed(1)} s`
  return [subject, ...sections, '', counts, ...conclusions(summary)].join('\n')
}

export function countsOf({ passed, failed, notApplicable, notTestable }: Summary): string {
  return `${passed} passed, ${failed} failed, ${notApplicable} not applicable, ${notTestable} not testable`
}

function lines(result: Result, { evidence = false }: RenderOptions): string[] {
  const { id, level, title, verdict } = result
  const line = `  ${marks[verdict]} ${id.padEnd(10)}${level.padEnd(12)}${title}`
  return verdict === 'fail' || evidence ? [line, ...details(result).map((detail) => `      ${detail}`)] : [line]
}

/** What was seen, and what to do about it. */
export function details({ evidence, advice, limitation }: Result): string[] {
  return [
    ...evidence,
    ...(advice === undefined ? [] : [`what to do: ${advice}`]),
    ...(limitation === undefined ? [] : [`why Linux cannot: ${limitation}`]),
  ]
}

/** What follows from it all, in a sentence or two. */
export function conclusions({ violations, limitations }: Summary): string[] {
  const rest = limitations.length === 0 ? 'every MUST holds' : 'every other MUST holds'
  return [
    ...(limitations.length === 0 ? [] : [`what Linux itself cannot: ${limitations.join(', ')}`]),
    violations.length === 0 ? rest : `what has to hold and does not: ${violations.join(', ')}`,
  ]
}
