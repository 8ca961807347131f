import assert from 'node:assert/strict'
import fc from 'fast-check'
import type { ModelProtocol } from '../../../src/model/index.ts'
import { compare, differs, show } from './compare.ts'
import type { RawHouse, Tried } from './house.ts'
import type { PacketStep } from './steps.ts'

/** RUNS=1000 SEED=1 looks longer, and elsewhere. */
const numRuns = Number(process.env.RUNS ?? 25)
const seed = Number(process.env.SEED ?? 4787)

/** Random sequences until model and kernel differ; then the shortest that is found, packet by packet. */
export function agree(
  house: RawHouse,
  tried: Tried,
  protocol: ModelProtocol,
  arbitrary: fc.Arbitrary<PacketStep[]>,
  runs: number = numRuns,
): void {
  const property = fc.property(arbitrary, (steps) => !compare(house, tried, protocol, steps).some(differs))
  const { failed, counterexample } = fc.check(property, { numRuns: runs, seed })
  if (!failed) return
  const [steps] = counterexample!
  const rows = compare(house, tried, protocol, steps)
  assert.fail(`model and kernel differ (SEED=${seed}), after ${JSON.stringify(steps)}:\n${show(rows)}`)
}
