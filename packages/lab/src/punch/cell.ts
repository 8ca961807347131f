import type { Explanation } from './explain.ts'
import type { PunchVerdict, Reasoned } from './theory.ts'

/** One attempt in a cell. */
export interface Trial {
  readonly first: 'a' | 'b'
  readonly ok: boolean
  /** Until both were answered; undefined: they were not. */
  readonly ms: number | undefined
  /** It worked, or what came after the last probe shows that it did not. */
  readonly credible: boolean
  /** What theory says about this very order; undefined: no theory. */
  readonly expected: boolean | undefined
  /** Of attempts that were worth more than those before them: see {@link worth}. */
  readonly explanation?: Explanation
}

/** How much an attempt's packets tell: most when it is not as theory says, least when it worked as it should. */
export function worth({ ok, expected }: Pick<Trial, 'ok' | 'expected'>): 1 | 2 | 3 {
  if (expected !== undefined && ok !== expected) return 3
  return ok ? 1 : 2
}

/** A pair of NATs with one stagger. */
export interface Cell {
  readonly a: string
  readonly b: string
  /** Milliseconds that `b` begins later. */
  readonly stagger: number
  readonly trials: number
  /** How many of them worked. */
  readonly open: number
  /** Milliseconds of those: from when both had begun until both were answered. */
  readonly ms: { readonly median: number; readonly worst: number } | undefined
  /** What theory says; undefined for NATs that are not described by words. */
  readonly theory: PunchVerdict | undefined
  /** Why it says so, for every order of first probes that may be. */
  readonly because: readonly string[]
  readonly observed: PunchVerdict
  /** As theory says, or there is none. A race may go either way. */
  readonly agrees: boolean
  /**
   * What happened, by the packets: in the first attempt that was not as theory says; where all were, in the first that
   * failed, or the first of all.
   */
  readonly explanation: Explanation | undefined
  /** Attempts of which nothing is known: control packets were lost as well. */
  readonly incredible: number
}

interface CellParts extends Pick<Cell, 'a' | 'b' | 'stagger'> {
  readonly trials: readonly Trial[]
  /** By the orders that were tried. */
  readonly theory: readonly (Reasoned | undefined)[]
}

/** Sums up the attempts of a cell. */
export function cellOf({ a, b, stagger, trials, theory }: CellParts): Cell {
  const reasons = theory.flatMap((each) => each ?? [])
  const said = reasons.length > 0 ? verdict(reasons.map(({ open }) => open)) : undefined
  const observed = verdict(trials.map(({ ok }) => ok))
  const incredible = trials.filter(({ credible }) => !credible).length
  return {
    a,
    b,
    stagger,
    trials: trials.length,
    open: trials.filter(({ ok }) => ok).length,
    ms: spread(trials.flatMap(({ ms }) => ms ?? [])),
    theory: said,
    because: [...new Set(reasons.map(({ because }) => because))],
    observed,
    agrees: incredible === 0 && (said === undefined || said === 'race' || said === observed),
    explanation: telling(trials)?.explanation,
    incredible,
  }
}

function telling(trials: readonly Trial[]): Trial | undefined {
  const explained = trials.filter(({ explanation }) => explanation !== undefined)
  const most = Math.max(...explained.map(worth))
  return explained.find((trial) => worth(trial) === most)
}

function verdict(open: readonly boolean[]): PunchVerdict {
  if (open.every((each) => each)) return 'direct'
  return open.some((each) => each) ? 'race' : 'none'
}

function spread(times: readonly number[]): Cell['ms'] {
  const sorted = times.toSorted((one, two) => one - two)
  const [median, worst] = [sorted[Math.floor(sorted.length / 2)], sorted.at(-1)]
  return median === undefined || worst === undefined ? undefined : { median: rounded(median), worst: rounded(worst) }
}

/** To 0.1 ms. */
function rounded(ms: number): number {
  return Math.round(ms * 10) / 10
}
