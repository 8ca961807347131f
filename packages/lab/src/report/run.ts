import { type Finding, isMandatory, type Requirement, type Rfc } from './requirement.ts'
import { requirementsOf } from './requirements/index.ts'
import { Bench } from './rig/bench.ts'
import { nameOf, type Subject, wiringFor } from './subject.ts'

/** One requirement, and what came of its check. */
export interface Result extends Finding, Omit<Requirement, 'check'> {
  readonly ms: number
}

export interface Report {
  /** What was examined. */
  readonly subject: string
  readonly requirements: readonly Result[]
  readonly summary: Summary
  /** When it began: ISO 8601, UTC. */
  readonly started: string
  readonly ms: number
}

export interface Summary {
  readonly passed: number
  readonly failed: number
  readonly notApplicable: number
  readonly notTestable: number
  /** Failures of what has to hold, without those that no ruleset can help. */
  readonly violations: readonly string[]
  /** Failures of what has to hold that are an unchanged Linux kernel's. */
  readonly limitations: readonly string[]
}

export interface ReportOptions {
  readonly subject: Subject
  /** Default: all four. */
  readonly rfcs?: readonly Rfc[]
  /** Ids of single requirements: 'REQ-1'; default: all. */
  readonly only?: readonly string[]
  /** Checks that run side by side; default 6, since some of them wait. */
  readonly jobs?: number
  readonly progress?: (done: number, of: number, result: Result) => void
}

/** Runs the check of every requirement against a subject, each in a lab of its own. Throws WiringError at once. */
export async function runReport({ subject, rfcs, only, jobs = 6, progress }: ReportOptions): Promise<Report> {
  wiringFor(subject)
  const started = new Date().toISOString()
  const begun = performance.now()
  const wanted = requirementsOf(rfcs).filter(({ id }) => only === undefined || only.includes(id))
  const results: Result[] = []
  const waiting = [...wanted.entries()].sort(([, a], [, b]) => slowness(b) - slowness(a))
  let done = 0
  const worker = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [index, requirement] = next
      const result = await examine(subject, requirement)
      results[index] = result
      done += 1
      progress?.(done, wanted.length, result)
    }
  }
  await Promise.all(Array.from({ length: jobs }, worker))
  const summary = summaryOf(results)
  return { subject: nameOf(subject), requirements: results, summary, started, ms: since(begun) }
}

/** Those that have to wait six seconds begin first, so that the others are done meanwhile. */
function slowness({ rfc, id }: Requirement): number {
  return rfc === 5382 && id.startsWith('REQ-4') ? 1 : 0
}

async function examine(subject: Subject, requirement: Requirement): Promise<Result> {
  const begun = performance.now()
  const { check, ...about } = requirement
  await using bench = new Bench(subject)
  return { ...about, ...(await check(bench)), ms: since(begun) }
}

function since(begun: number): number {
  return Math.round(performance.now() - begun)
}

function summaryOf(results: readonly Result[]): Summary {
  const count = (verdict: Result['verdict']): number => results.filter((result) => result.verdict === verdict).length
  const failures = results.filter((result) => result.verdict === 'fail' && isMandatory(result))
  const named = (known: boolean): string[] =>
    failures.filter(({ limitation }) => (limitation !== undefined) === known).map(nameOfResult)
  return {
    passed: count('pass'),
    failed: count('fail'),
    notApplicable: count('not applicable'),
    notTestable: count('not testable'),
    violations: named(false),
    limitations: named(true),
  }
}

/** 'RFC 4787 REQ-9a' */
function nameOfResult({ rfc, id }: Pick<Result, 'rfc' | 'id'>): string {
  return `RFC ${rfc} ${id}`
}
