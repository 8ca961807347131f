import assert from 'node:assert/strict'
import test from 'node:test'
import type { DirectionOptions } from '../../src/link/index.ts'
import { Channel } from '../../src/wire/index.ts'
import { delivery, impairment } from './support/impairment.ts'

const channel = (options: DirectionOptions): Channel => new Channel(impairment(options), 1)

// 1000 bytes of IP at 8 Mbit/s are on the wire for one millisecond.
const RATE = '8mbit'
const FRAME = 1014

test('a frame takes as long as its bits, without the Ethernet header', () => {
  assert.equal(delivery(channel({ rate: RATE }).offer(FRAME, 10)).at, 11)
})

test('frames wait for those before them', () => {
  const link = channel({ rate: RATE })
  assert.deepEqual(
    [0, 0, 0, 2.5, 10].map((now) => delivery(link.offer(FRAME, now)).at),
    [1, 2, 3, 4, 11],
  )
})

test('what would wait longer than the queue is dropped, and the queue goes on', () => {
  const link = channel({ rate: RATE, queue: 3 })
  const verdicts = Array.from({ length: 6 }, () => link.offer(FRAME, 0))
  assert.deepEqual(
    verdicts.map((verdict) => ('dropped' in verdict ? verdict.dropped : delivery(verdict).at)),
    [1, 2, 3, 4, 'queue', 'queue'],
  )
  assert.equal(delivery(link.offer(FRAME, 2)).at, 5)
})

test('over a second of too much traffic, as much passes as the rate says', () => {
  const link = channel({ rate: RATE, queue: 20 })
  const arrivals = Array.from({ length: 4000 }, (_, n) => link.offer(FRAME, n / 4)).flatMap((verdict) =>
    'dropped' in verdict ? [] : [delivery(verdict).at],
  )
  assert.equal(arrivals.filter((at) => at <= 1000).length, 1000)
})

test('the delay comes after the queue, and a frame that overtakes has stood in it', () => {
  assert.equal(delivery(channel({ rate: RATE, delay: 20 }).offer(FRAME, 0)).at, 21)
  const link = channel({ rate: RATE, delay: 20, reorder: 1 })
  assert.deepEqual(
    [0, 0].map((now) => delivery(link.offer(FRAME, now)).at),
    [1, 2],
  )
})

test('a copy takes its own time', () => {
  const verdict = channel({ rate: RATE, duplicate: 1 }).offer(FRAME, 0)
  assert.deepEqual('deliveries' in verdict && verdict.deliveries.map(({ at }) => at), [1, 2])
})
