import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ReplyBudget, replyMemory } from '../../src/stun/index.ts'

/** Bytes that a budget lets out to one source when it is asked for 100 of them a thousand times a second. */
function pressed(budget: ReplyBudget, source: number, seconds: number, from = 0): number {
  let bytes = 0
  for (let now = from; now < from + seconds * 1000; now += 1) if (budget.admits(source, 100, now)) bytes += 100
  return bytes
}

test('a source gets a burst and then its rate, however much is asked for', () => {
  const budget = new ReplyBudget({ perSource: 2000, burst: 5 })
  const bytes = pressed(budget, budget.sourceOf('192.0.2.1'), 60)
  assert.ok(bytes >= 128_000 && bytes <= 130_000, `${bytes}`)
})

test('a source that is quiet for a while has its burst again, and no more', () => {
  const budget = new ReplyBudget({ perSource: 2000, burst: 5 })
  const source = budget.sourceOf('192.0.2.1')
  pressed(budget, source, 60)
  const bytes = pressed(budget, source, 1, 1_000_000)
  assert.ok(bytes >= 10_000 && bytes <= 12_000, `${bytes}`)
})

test('ports do not count, nor what stands behind the first 64 bits of IPv6', () => {
  const budget = new ReplyBudget({ seed: 7 })
  assert.equal(budget.sourceOf('2001:db8:1:2::1'), budget.sourceOf('2001:db8:1:2:ffff::9'))
  assert.notEqual(budget.sourceOf('2001:db8:1:2::1'), budget.sourceOf('2001:db8:1:3::1'))
  assert.notEqual(budget.sourceOf('192.0.2.1'), budget.sourceOf('192.0.2.2'))
  const at = Uint8Array.of(9, 9, 192, 0, 2, 1)
  assert.equal(budget.source(at, 2, 4), budget.sourceOf('192.0.2.1'))
})

test('another seed puts sources into other cells', () => {
  const cells = [1, 2, 3, 4].map((seed) => new ReplyBudget({ seed }).sourceOf('192.0.2.1') & 4095)
  assert.ok(new Set(cells).size > 1)
})

test('a proven source gets much more, for ten minutes', () => {
  const budget = new ReplyBudget({ perSource: 2000, burst: 1, proven: 50 })
  const source = budget.sourceOf('192.0.2.1')
  budget.prove(source, 0)
  const bytes = pressed(budget, source, 10)
  assert.ok(bytes > 900_000, `${bytes}`)
  assert.ok(pressed(budget, source, 10, 700_000) < 25_000)
})

test('carpets of addresses get no more than the total', () => {
  const budget = new ReplyBudget({ total: 100_000, burst: 1 })
  let bytes = 0
  for (let index = 0; index < 1_000_000; index += 1) {
    if (budget.admits(Math.imul(index, 2_654_435_761) >>> 0, 100, index / 100)) bytes += 100
  }
  assert.ok(bytes <= 100_000 * 11 && bytes >= 100_000 * 10, `${bytes} in ten seconds`)
})

test('who takes the cell of another inherits how full it is, and none of its proof', () => {
  const budget = new ReplyBudget({ perSource: 1000, burst: 1 })
  const [one, other] = [0x1005, 0x2005] // of one cell
  assert.equal(pressed(budget, one, 0.5) > 1000, true)
  assert.equal(budget.admits(other, 900, 500), false)
  assert.equal(budget.admits(one, 900, 500), false)
  budget.prove(one, 500)
  assert.equal(budget.admits(other, 2000, 10_000), false)
})

test('threads that share a memory let out what one of them may, though their clocks are not quite the same', () => {
  const memory = replyMemory()
  const threads = [0, 1, 2, 3].map((seed) => new ReplyBudget({ perSource: 2000, burst: 5, seed, memory }))
  const sources = threads.map((each) => each.sourceOf('192.0.2.1'))
  assert.equal(new Set(sources).size, 1)
  let bytes = 0
  for (let now = 0; now < 60_000; now += 1) {
    for (const [lag, each] of threads.entries()) if (each.admits(sources[0]!, 100, now - 7 * lag)) bytes += 100
  }
  assert.ok(bytes >= 128_000 && bytes <= 130_000, `${bytes}`)
  threads[1]!.prove(sources[0]!, 60_000)
  assert.ok(pressed(threads[2]!, sources[0]!, 10, 60_000) > 900_000)
})

test('and of all sources together what the total says', () => {
  const memory = replyMemory()
  const threads = [0, 1].map(() => new ReplyBudget({ total: 100_000, burst: 1, memory }))
  let bytes = 0
  for (let index = 0; index < 200_000; index += 1) {
    const source = Math.imul(index, 2_654_435_761) >>> 0
    if (threads[index % 2]!.admits(source, 100, index / 100)) bytes += 100
  }
  assert.ok(bytes <= 100_000 * 3 && bytes >= 100_000 * 2, `${bytes} in two seconds`)
})

test('a clock that is set back shuts nobody out', () => {
  const budget = new ReplyBudget({ perSource: 1000, burst: 1 })
  assert.ok(pressed(budget, 5, 10, 1_000_000_000) > 0)
  const bytes = pressed(budget, 5, 10, 0)
  assert.ok(bytes >= 9000 && bytes <= 11_000, `${bytes}`)
})
