import type { Contestant } from '../harness.ts'

/** A small part of a measurement, some milliseconds long. Returns what one packet cost, in microseconds. */
export type Slice = () => number

/**
 * Two contestants that take turns every few milliseconds, A B B A A B…, so that what disturbs the machine disturbs both.
 * A measurement of one is a measurement of both: `theirs` gives what was found while `ours` ran. What counts is the
 * median slice, in packets per second of processor time.
 */
export function takingTurns(
  our: Slice,
  their: Slice,
  { pairs, before }: { readonly pairs: number; readonly before?: (pair: number) => void },
): { readonly ours: Contestant; readonly theirs: Contestant } {
  let found = Number.NaN
  const measure = (): number => {
    const costs: { our: number[]; their: number[] } = { our: [], their: [] }
    for (let pair = 0; pair < pairs; pair++) {
      before?.(pair)
      if (pair % 2 === 0) costs.our.push(our())
      costs.their.push(their())
      if (pair % 2 === 1) costs.our.push(our())
    }
    found = 1e6 / median(costs.their)
    return 1e6 / median(costs.our)
  }
  return { ours: measure, theirs: () => found }
}

/**
 * Processor time that `work` took, in microseconds. Not the time on the clock: other programs take that away. All that
 * routers do with a packet is done in the system call that sends it: a veth hands packets over at once.
 */
export function processorTime(work: () => void): number {
  const before = process.cpuUsage()
  work()
  const { user, system } = process.cpuUsage(before)
  return user + system
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const half = Math.floor(sorted.length / 2)
  return sorted.length % 2 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2
}
