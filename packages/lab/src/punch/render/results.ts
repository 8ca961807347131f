import { type CaseResult, printJunit, type Results } from '../../results/index.ts'
import type { Cell } from '../cell.ts'
import type { Matrix } from '../matrix.ts'
import { observation, prediction } from './words.ts'

/** The matrix as results of a test run, for JUnit: a case for every cell that there is a theory for. */
export function matrixResults(matrix: Matrix): Results {
  return {
    name: `hole punching over ${matrix.protocol.toUpperCase()}`,
    started: matrix.started,
    ms: matrix.ms,
    cases: matrix.cells.map(caseOf),
  }
}

/** The matrix as JUnit XML, which CI systems show. */
export function matrixJunit(matrix: Matrix): string {
  return printJunit(matrixResults(matrix))
}

function caseOf(cell: Cell): CaseResult {
  const { a, b, stagger, agrees, theory, ms, trials, explanation } = cell
  const common = {
    group: `${a} × ${b}`,
    name: `b ${stagger} ms later`,
    expected: prediction(cell),
    observed: observation(cell),
    ms: (ms?.median ?? 0) * trials,
    details: cell,
  }
  if (theory === undefined) return { ...common, verdict: 'skipped', reason: prediction(cell) }
  if (agrees) return { ...common, verdict: 'ok' }
  const { what = 'nothing was seen', packets = [] } = explanation ?? {}
  return { ...common, verdict: 'failed', evidence: [what, ...packets] }
}
