import assert from 'node:assert/strict'
import test from 'node:test'
import type { DirectionOptions } from '../../src/link/index.ts'
import { Channel } from '../../src/wire/index.ts'
import { delivery, impairment, offered } from './support/impairment.ts'

const channel = (options: DirectionOptions): Channel => new Channel(impairment(options), 1)

/** How late each frame was. */
function delays(options: DirectionOptions, frames = 10_000): number[] {
  return offered(channel(options), frames).map((verdict, sent) => delivery(verdict).at - sent)
}

test('without impairments a frame arrives when it is sent, as it is, once', () => {
  const verdict = channel({}).offer(60, 5)
  assert.deepEqual(verdict, { deliveries: [{ at: 5, reordered: false, duplicate: false, flipBit: undefined }] })
})

test('a delay is the same for all frames', () => {
  assert.deepEqual([...new Set(delays({ delay: 20 }, 100))], [20])
})

test('jitter is more or less by as much as asked for, and keeps the order', () => {
  // A frame every millisecond: with a jitter of 0.4 ms none has to wait for the one before.
  const all = delays({ delay: 20, jitter: 0.4 })
  assert.ok(Math.min(...all) >= 19.6 && Math.max(...all) <= 20.4)
  const mean = all.reduce((sum, delay) => sum + delay, 0) / all.length
  const deviation = 0.4 / Math.sqrt(3) / Math.sqrt(all.length)
  assert.ok(Math.abs(mean - 20) < 3 * deviation, `mean ${mean}`)
  const arrivals = delays({ delay: 20, jitter: 15 }).map((delay, sent) => delay + sent)
  assert.deepEqual(
    arrivals,
    arrivals.toSorted((a, b) => a - b),
  )
})

test('jitter larger than the delay lets no frame arrive before it was sent', () => {
  assert.ok(delays({ delay: 1, jitter: 10 }).every((delay) => delay >= 0))
})

test('a share of frames skips the delay and overtakes, the others keep their order', () => {
  const verdicts = offered(channel({ delay: 20, reorder: 0.25 }), 10_000).map(delivery)
  const early = verdicts.filter(({ reordered }) => reordered)
  assert.ok(Math.abs(early.length - 2500) < 3 * Math.sqrt(10_000 * 0.25 * 0.75), `${early.length} of 10000`)
  for (const [sent, { at, reordered }] of verdicts.entries()) assert.equal(at - sent, reordered ? 0 : 20)
})

test('a shorter delay holds at once, though frames on their way are overtaken', () => {
  const link = channel({ delay: 1000 })
  assert.equal(delivery(link.offer(60, 0)).at, 1000)
  link.change(impairment({ delay: 5 }))
  assert.equal(delivery(link.offer(60, 1)).at, 6)
})
