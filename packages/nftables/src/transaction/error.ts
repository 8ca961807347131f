import { errnoMeaning } from '@sallyport/linux'
import type { Operation } from './operation.ts'

/** One operation of a batch that the kernel refused. */
export interface Failure {
  /** Which of the batch's operations, counted from 0. */
  readonly index: number
  readonly operation: Operation
  /** The kernel's message: `newrule`. */
  readonly message: string
  /** What it was about: "rule 'ssh' of chain input in table inet filter". */
  readonly object: string
  readonly errno: number
  readonly code: string
  /** The offending attribute, outermost first: `NFTA_RULE_EXPRESSIONS.[2]`. Absent when the kernel does not say. */
  readonly attribute?: string
  /** The kernel's own words, where it has some. */
  readonly detail?: string
  /** What is wrong, in a sentence. */
  readonly hint?: string
  /** `FILE:LINE:COLUMN` of the call that asked for it. Absent when they are not noted. */
  readonly source?: string
}

/** "newrule: ENOENT at NFTA_RULE_CHAIN: no chain 'input' in table inet filter (fw.ts:12:3)" */
export function sentence(failure: Failure): string {
  const place = failure.attribute === undefined ? '' : ` at ${failure.attribute}`
  const reason = failure.hint ?? `${failure.detail ?? errnoMeaning(failure.errno)} (${failure.object})`
  const source = failure.source === undefined ? '' : ` (${failure.source})`
  return `${failure.message}: ${failure.code}${place}: ${reason}${source}`
}

const SHOWN = 5

/** The kernel refused a batch: nothing was changed. `failures` has every operation that it found fault with. */
export class TransactionError extends Error {
  readonly failures: readonly Failure[]

  constructor(failures: readonly Failure[], message: string = summary(failures)) {
    super(message)
    this.name = 'TransactionError'
    this.failures = failures
  }
}

function summary(failures: readonly Failure[]): string {
  const [first] = failures
  if (failures.length === 1 && first !== undefined) return sentence(first)
  const lines = failures.slice(0, SHOWN).map((failure) => `  ${sentence(failure)}`)
  const more = failures.length > SHOWN ? [`  and ${failures.length - SHOWN} more`] : []
  return [`${failures.length} operations were refused, nothing was changed:`, ...lines, ...more].join('\n')
}

/** Somebody else changed the ruleset since `expected` was read: nothing was changed. Read again, then decide anew. */
export class GenerationChanged extends Error {
  readonly expected: number

  constructor(expected: number) {
    super(`the ruleset is no longer at generation ${expected}: somebody else changed it, and nothing was changed now`)
    this.name = 'GenerationChanged'
    this.expected = expected
  }
}
