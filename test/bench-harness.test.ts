import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type Contest, Context } from '../bench/harness.ts'

/** Contestants that play these scores, and a record of who played when. */
function played(
  ours: number[],
  theirs: number[],
  contest: Partial<Contest> = {},
): { contest: Contest; order: string[] } {
  const order: string[] = []
  const play = (name: string, scores: number[]) => () => {
    order.push(name)
    return scores.shift() ?? Number.NaN
  }
  const base = { case: 'case', peer: 'peer', goal: 1, ours: play('A', ours), theirs: play('B', theirs) }
  return { contest: { ...base, ...contest }, order }
}

describe('a contest', () => {
  test('alternates, and does not count the warm-up', async () => {
    const { contest, order } = played([1000, 2, 3, 9], [1, 1, 1, 1])
    const result = await new Context({ counted: 3, warmUp: 1 }).compare(contest)
    assert.equal(order.join(''), 'ABABABAB')
    assert.deepEqual(result, { case: 'case', peer: 'peer', ratio: { min: 2, median: 3, max: 9 }, goal: 1, met: true })
  })
  test('takes the middle of the two middle rounds when they are even', async () => {
    const { contest } = played([1, 2, 4, 100], [1, 1, 1, 1], { goal: 3 })
    const { ratio, met } = await new Context({ counted: 4, warmUp: 0 }).compare(contest)
    assert.equal(ratio.median, 3)
    assert.equal(met, true)
  })
  test('misses its goal by the median', async () => {
    const { contest } = played([1, 2, 100], [1, 1, 1], { goal: 2.1 })
    assert.equal((await new Context({ counted: 3, warmUp: 0 }).compare(contest)).met, false)
  })
  test('of times is won by the shorter one', async () => {
    const { contest } = played([2], [10], { better: 'lower' })
    assert.equal((await new Context({ counted: 1, warmUp: 0 }).compare(contest)).ratio.median, 5)
  })
  test('refuses a measurement that is none', async () => {
    const { contest } = played([1], [0])
    await assert.rejects(new Context({ counted: 1, warmUp: 0 }).compare(contest), /theirs is 0/)
  })
})

test('a wrong answer ends a benchmark', () => {
  assert.throws(() => new Context().check(false, '2 of 3 packets arrived'), /wrong: 2 of 3 packets arrived/)
})
