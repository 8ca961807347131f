import assert from 'node:assert/strict'
import fc from 'fast-check'
import { compare, differs, type RunOptions, show } from './compare.ts'
import type { RawHouse, Tried } from './house.ts'
import type { Step } from './steps.ts'

/** RUNS=1000 SEED=1 looks longer, and elsewhere. */
const seed = Number(process.env.SEED ?? 4787)
const numRuns = Number(process.env.RUNS ?? 0)
/** Milliseconds for a packet of whoever is suspected: on a busy machine it may be late. */
const PATIENT = 50

/** A NAT on one of several grounds. */
export interface Subject extends Tried {
  readonly house: RawHouse
}

/** Random sequences until model and kernel differ; then the shortest that is found, packet by packet. */
export function agree(
  subject: Subject,
  arbitrary: fc.Arbitrary<Step[]>,
  { runs = 10, ...options }: RunOptions & { readonly runs?: number } = {},
): void {
  agreeAll(
    arbitrary.map((steps) => ({ subject, steps })),
    ({ steps }) => JSON.stringify(steps),
    { runs, ...options },
  )
}

/** The same for NATs that are random too; `text` says which one it was. */
export function agreeAll<T extends { readonly subject: Subject; readonly steps: readonly Step[] }>(
  arbitrary: fc.Arbitrary<T>,
  text: (tried: T) => string,
  { runs, ...options }: RunOptions & { readonly runs: number },
): void {
  const rowsOf = ({ subject, steps }: T, patience?: number) =>
    compare(subject.house, subject, steps, { ...options, ...(patience !== undefined && { patience }) })
  const agrees = (tried: T): boolean => !rowsOf(tried).some(differs) || !rowsOf(tried, PATIENT).some(differs)
  const { failed, counterexample } = fc.check(fc.property(arbitrary, agrees), { numRuns: numRuns || runs, seed })
  if (!failed) return
  const [found] = counterexample!
  assert.fail(`model and kernel differ (SEED=${seed}), after ${text(found)}:\n${show(rowsOf(found, PATIENT))}`)
}
