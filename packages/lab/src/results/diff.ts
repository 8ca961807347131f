import type { CaseResult, Results } from './results.ts'

/** A case of two runs. */
export interface CaseChange {
  readonly before: CaseResult
  readonly after: CaseResult
}

/** What is different in a second run. Times are not compared. */
export interface ResultsDiff {
  /** Failed now, and did not before. */
  readonly broken: readonly CaseChange[]
  /** Failed before, and is ok now. */
  readonly fixed: readonly CaseChange[]
  /** Another observation, or skipped in one of them. */
  readonly changed: readonly CaseChange[]
  readonly added: readonly CaseResult[]
  readonly removed: readonly CaseResult[]
  /** How many are as they were. */
  readonly same: number
}

/** Compares two runs case by case: group and name say which is which. */
export function diffResults(before: Results, after: Results): ResultsDiff {
  const earlier = new Map(before.cases.map((each) => [keyOf(each), each]))
  const later = new Set(after.cases.map(keyOf))
  const both = after.cases.flatMap((each): CaseChange[] => {
    const old = earlier.get(keyOf(each))
    return old === undefined ? [] : [{ before: old, after: each }]
  })
  const kinds = Map.groupBy(both, kindOf)
  return {
    broken: kinds.get('broken') ?? [],
    fixed: kinds.get('fixed') ?? [],
    changed: kinds.get('changed') ?? [],
    added: after.cases.filter((each) => !earlier.has(keyOf(each))),
    removed: before.cases.filter((each) => !later.has(keyOf(each))),
    same: kinds.get('same')?.length ?? 0,
  }
}

/** A line for each difference; empty when there is none. */
export function renderDiff({ broken, fixed, changed, added, removed }: ResultsDiff): string {
  const lines = [
    ...broken.map((each) => `broken   ${change(each)}`),
    ...fixed.map((each) => `fixed    ${change(each)}`),
    ...changed.map((each) => `changed  ${change(each)}`),
    ...added.map((each) => `added    ${title(each)}: ${state(each)}`),
    ...removed.map((each) => `removed  ${title(each)}: ${state(each)}`),
  ]
  return lines.map((line) => `${line}\n`).join('')
}

function kindOf({ before, after }: CaseChange): 'broken' | 'fixed' | 'changed' | 'same' {
  if (before.verdict !== 'failed' && after.verdict === 'failed') return 'broken'
  if (before.verdict === 'failed' && after.verdict === 'ok') return 'fixed'
  return before.verdict === after.verdict && before.observed === after.observed ? 'same' : 'changed'
}

function keyOf({ group, name }: CaseResult): string {
  return JSON.stringify([group, name])
}

function change({ before, after }: CaseChange): string {
  return `${title(after)}: ${state(before)} → ${state(after)}`
}

function title({ group, name }: CaseResult): string {
  return `${group}, ${name}`
}

function state({ verdict, observed }: CaseResult): string {
  return observed === undefined ? verdict : `${verdict} (${observed})`
}
