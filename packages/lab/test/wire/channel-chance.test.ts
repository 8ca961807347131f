import assert from 'node:assert/strict'
import test from 'node:test'
import { Channel, type Verdict } from '../../src/wire/index.ts'
import { impairment, offered } from './support/impairment.ts'

const FRAMES = 10_000

function deliveries(verdicts: readonly Verdict[]): number[] {
  return verdicts.map((verdict) => ('dropped' in verdict ? 0 : verdict.deliveries.length))
}

function isWithin(count: number, share: number, of: number): boolean {
  return Math.abs(count - share * of) < 3 * Math.sqrt(of * share * (1 - share))
}

test('a share of frames arrives twice, the second marked as such', () => {
  const verdicts = offered(new Channel(impairment({ duplicate: 0.2 }), 1), FRAMES)
  const twice = deliveries(verdicts).filter((count) => count === 2).length
  assert.ok(isWithin(twice, 0.2, FRAMES), `${twice}`)
  const marks = verdicts.flatMap((verdict) =>
    'dropped' in verdict ? [] : [verdict.deliveries.map((d) => d.duplicate)],
  )
  assert.deepEqual(
    marks.find(({ length }) => length === 2),
    [false, true],
  )
})

test('a lost frame does not arrive twice', () => {
  const counts = deliveries(offered(new Channel(impairment({ duplicate: 1, loss: { every: 2 } }), 1), 100))
  assert.deepEqual([...new Set(counts)].toSorted(), [0, 2])
})

test('a share of frames has one bit flipped, anywhere behind the Ethernet header', () => {
  const verdicts = offered(new Channel(impairment({ corrupt: 0.3 }), 1), FRAMES)
  const bits = verdicts.flatMap((verdict) => ('dropped' in verdict ? [] : (verdict.deliveries[0]!.flipBit ?? [])))
  assert.ok(isWithin(bits.length, 0.3, FRAMES), `${bits.length}`)
  assert.ok(bits.every((bit) => Number.isInteger(bit) && bit >= 0 && bit < 8000))
  // Uniform over 8000 bits: the mean of n has a deviation of 8000 / √12 / √n.
  const mean = bits.reduce((sum, bit) => sum + bit, 0) / bits.length
  assert.ok(Math.abs(mean - 4000) < (3 * 8000) / Math.sqrt(12 * bits.length), `mean ${mean}`)
  assert.ok(Math.min(...bits) < 100 && Math.max(...bits) > 7900)
})

test('a frame without anything behind its Ethernet header is left alone', () => {
  const verdict = new Channel(impairment({ corrupt: 1 }), 1).offer(14, 0)
  assert.equal('deliveries' in verdict && verdict.deliveries[0]!.flipBit, undefined)
})

test('all that happens by chance happens again with the same seed', () => {
  const all = { delay: 20, jitter: 10, loss: { burst: 0.2 }, reorder: 0.2, duplicate: 0.2, corrupt: 0.2 } as const
  const run = (seed: number): Verdict[] => offered(new Channel(impairment(all), seed, 'cable'), 1000)
  assert.deepEqual(run(3), run(3))
  assert.notDeepEqual(run(3), run(4))
})
