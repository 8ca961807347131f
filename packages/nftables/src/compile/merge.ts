import { type Expression, type Payload, payloadBases } from '../expr/index.ts'

/** The expressions of one statement, or of one match that was put in front of it. */
export interface Step {
  readonly expressions: readonly Expression[]
  /** A match, and not something that acts: such steps can be looked at together. */
  readonly isMatch: boolean
}

/** `payload load; cmp eq` or `neq` of constant bytes. */
interface Comparison {
  readonly step: Step
  readonly load: Payload
  readonly op: 'eq' | 'neq'
  readonly bytes: Uint8Array
}

/**
 * nft reads neighbouring fields of a header at once: `tcp sport 1 tcp dport 2` is one load of four bytes. Matches may
 * stand between the two, anything else not. The joint comparison takes the place of the field that lies first.
 *
 * One difference is meant: nft 1.0.6 also merges over a single counter or the like (`tcp sport 1 counter tcp dport 2`),
 * which then counts other packets than the rule says.
 */
export function mergeLoads(steps: readonly Step[]): Step[] {
  const replaced = new Map<Step, Step | undefined>()
  for (const run of runsOfMatches(steps)) mergeRun(run, replaced)
  return steps.flatMap((step) => (replaced.has(step) ? (replaced.get(step) ?? []) : step))
}

function runsOfMatches(steps: readonly Step[]): Step[][] {
  const runs: Step[][] = [[]]
  for (const step of steps) {
    if (step.isMatch) runs.at(-1)!.push(step)
    else runs.push([])
  }
  return runs
}

function mergeRun(run: readonly Step[], replaced: Map<Step, Step | undefined>): void {
  const comparisons = run.flatMap((step) => comparisonOf(step) ?? [])
  const [first, ...rest] = comparisons.toSorted(byPlace)
  let last = first
  for (const next of rest) {
    if (last !== undefined && canMerge(last, next)) {
      last = merge(last, next)
      replaced.set(last.step, { expressions: expressionsOf(last), isMatch: true })
      replaced.set(next.step, undefined)
    } else last = next
  }
}

const bases: readonly string[] = Object.keys(payloadBases)

/** Headers from the outside in, and their bytes in order. */
function byPlace({ load: a }: Comparison, { load: b }: Comparison): number {
  return bases.indexOf(a.base) - bases.indexOf(b.base) || a.offset - b.offset
}

function comparisonOf(step: Step): Comparison | undefined {
  const [load, cmp, ...more] = step.expressions
  if (load?.expr !== 'payload' || cmp?.expr !== 'cmp' || more.length > 0) return undefined
  const { op, data } = cmp
  if ((op !== 'eq' && op !== 'neq') || data.value === undefined) return undefined
  return { step, load, op, bytes: data.value }
}

const FAST = 4 // bytes that the kernel reads with a shortcut (nft_payload_fast_ops)
const REGISTER = 16 // NFT_REG_SIZE

function canMerge(a: Comparison, b: Comparison): boolean {
  if (a.op !== b.op || a.load.base !== b.load.base || a.load.offset + a.load.len !== b.load.offset) return false
  const total = a.load.len + b.load.len
  return total <= FAST || (total <= REGISTER && a.load.len > FAST && b.load.len > FAST)
}

function merge(a: Comparison, b: Comparison): Comparison {
  const bytes = Uint8Array.of(...a.bytes, ...b.bytes)
  return { ...a, load: { ...a.load, len: bytes.length }, bytes }
}

function expressionsOf({ load, op, bytes }: Comparison): Expression[] {
  return [load, { expr: 'cmp', sreg: 1, op, data: { value: bytes } }]
}
