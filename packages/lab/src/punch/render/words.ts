import type { Cell } from '../cell.ts'
import type { Matrix } from '../matrix.ts'

/** Cells that are not as theory says. */
export function differing({ cells }: Matrix): Cell[] {
  return cells.filter(({ agrees }) => !agrees)
}

/** 'b 250 ms later: opened 20 of 20 times, after 1.2 ms (worst 51.3)'. */
export function observation({ stagger, open, trials, ms, incredible }: Cell): string {
  const times = ms === undefined ? '' : `, after ${ms.median} ms (worst ${ms.worst})`
  const unknown = incredible === 0 ? '' : `, ${incredible} unknown since control packets were lost`
  return `b ${stagger === 0 ? 'at once' : `${stagger} ms later`}: opened ${open} of ${trials} times${times}${unknown}`
}

/** 'theory says never'. */
export function prediction({ theory }: Cell): string {
  if (theory === undefined) return 'no theory without words of behaviour'
  return `theory says ${{ direct: 'always', none: 'never', race: 'it depends on who is quicker' }[theory]}`
}

/** '72 of 72 cells as theory says'. */
export function summary(matrix: Matrix): string {
  const known = matrix.cells.filter(({ theory }) => theory !== undefined)
  const right = known.filter(({ agrees }) => agrees).length
  const unknown = matrix.cells.length - known.length
  return `${right} of ${known.length} cells as theory says${unknown === 0 ? '' : `, ${unknown} without a theory`}`
}

/** '3 attempts in every cell'. */
export function effort({ trials }: Matrix): string {
  return `${trials} ${trials === 1 ? 'attempt' : 'attempts'} in every cell`
}

export function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`
}
