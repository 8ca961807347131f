import { caseAt, numberAt, objectAt, parseJson, ResultsError, textAt } from './parse.ts'
import { type CaseResult, type Results, type Tally, tally } from './results.ts'

/** The same results as they come: one event per line, the cases as in the document. */
export type ResultEvent =
  | { readonly type: 'start'; readonly name: string; readonly started: string }
  | ({ readonly type: 'case' } & CaseResult)
  | ({ readonly type: 'end'; readonly ms: number } & Tally)

/** One line with its end, for JSON Lines. */
export function printEvent(event: ResultEvent): string {
  return `${JSON.stringify(event)}\n`
}

export function eventsOf({ name, started, ms, cases }: Results): ResultEvent[] {
  return [
    { type: 'start', name, started },
    ...cases.map((each): ResultEvent => ({ type: 'case', ...each })),
    { type: 'end', ms, ...tally(cases) },
  ]
}

/**
 * Results from the lines of a run. One that was killed has no `end`, and perhaps half a last line: what it got to is
 * there, `complete` is false, and its time is the sum of its cases'. Throws {@link ResultsError}.
 */
export function parseEvents(text: string): Results & { readonly complete: boolean } {
  const lines = text.split('\n').slice(0, -1) // behind the last newline is nothing, or half a line
  const [first, ...rest] = lines.map((line, at) => objectAt(parseJson(line, `line ${at + 1}`), `line ${at + 1}`))
  if (first?.type !== 'start') throw new ResultsError('line 1', `is no event 'start'`)
  const end = rest.at(-1)?.type === 'end' ? rest.pop() : undefined
  const cases = rest.map((event, at) => caseOf(event, `line ${at + 2}`))
  const sum = cases.reduce((total, { ms }) => total + ms, 0)
  return {
    name: textAt(first, 'name', 'line 1'),
    started: textAt(first, 'started', 'line 1'),
    ms: end === undefined ? sum : numberAt(end, 'ms', `line ${lines.length}`),
    cases,
    complete: end !== undefined,
  }
}

function caseOf(event: Record<string, unknown>, where: string): CaseResult {
  if (event.type !== 'case') throw new ResultsError(where, `'${event.type}' is no event that comes here`)
  return caseAt(event, where)
}
