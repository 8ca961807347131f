import assert from 'node:assert/strict'
import test from 'node:test'
import type { Loss } from '../../src/link/index.ts'
import { Channel } from '../../src/wire/index.ts'
import { impairment, isLost, offered } from './support/impairment.ts'

const FRAMES = 100_000

/** Which frames are lost. */
function lost(loss: Loss, seed = 1, frames = FRAMES): boolean[] {
  return offered(new Channel(impairment({ loss }), seed, 'cable', 'aToB'), frames).map(isLost)
}

function count(these: readonly boolean[]): number {
  return these.filter(Boolean).length
}

/** How many frames in a row were lost, each time. */
function burstsOf(these: readonly boolean[]): number[] {
  return these
    .map((is) => (is ? 'x' : '.'))
    .join('')
    .split(/\.+/)
    .filter((burst) => burst !== '')
    .map(({ length }) => length)
}

for (const share of [0.001, 0.01, 0.1, 0.5, 0.999]) {
  test(`a share of ${share} is lost, within three standard deviations`, () => {
    const deviation = Math.sqrt(FRAMES * share * (1 - share))
    assert.ok(Math.abs(count(lost(share)) - FRAMES * share) < 3 * deviation)
  })
}

test('random losses come in rows no more often than chance has it', () => {
  const bursts = burstsOf(lost(0.1))
  const mean = bursts.reduce((sum, length) => sum + length, 0) / bursts.length
  assert.ok(Math.abs(mean - 1 / 0.9) < 0.02, `${mean}`)
})

for (const [burst, length] of [
  [0.01, 4],
  [0.05, 10],
  [0.2, 2],
  [0.7, 3],
] as const) {
  test(`a share of ${burst} is lost in bursts of ${length} frames`, () => {
    const these = lost({ burst, length })
    const bursts = burstsOf(these)
    const mean = bursts.reduce((sum, frames) => sum + frames, 0) / bursts.length
    // The length of a burst is geometric: its variance is length * (length - 1).
    assert.ok(Math.abs(mean - length) < 3 * Math.sqrt((length * (length - 1)) / bursts.length) + 0.02, `mean ${mean}`)
    // Frames in a row go together: the share varies about (2 * length - 1) times more than with single losses.
    const deviation = Math.sqrt(FRAMES * burst * (1 - burst) * (2 * length - 1))
    assert.ok(Math.abs(count(these) - FRAMES * burst) < 3 * deviation, `${count(these)} lost`)
  })
}

test('where bursts would have to be shorter than possible, the share holds and they are longer', () => {
  const these = lost({ burst: 0.9, length: 1 })
  assert.ok(Math.abs(count(these) - 0.9 * FRAMES) < 1000, `${count(these)} lost`)
})

test('every 10th frame is lost, and no other', () => {
  const these = lost({ every: 10 }, 1, 100)
  assert.deepEqual(
    these.flatMap((is, index) => (is ? [index + 1] : [])),
    [10, 20, 30, 40, 50, 60, 70, 80, 90, 100],
  )
})

test('everything is lost with a share of 1, and nothing with 0', () => {
  for (const all of [1, { burst: 1 }, { every: 1 }] as const) assert.equal(count(lost(all, 1, 1000)), 1000)
  for (const none of [0, { burst: 0 }] as const) assert.equal(count(lost(none, 1, 1000)), 0)
})

test('a seed loses the same frames again, and another seed others', () => {
  assert.deepEqual(lost(0.3, 7, 1000), lost(0.3, 7, 1000))
  assert.notDeepEqual(lost(0.3, 7, 1000), lost(0.3, 8, 1000))
})

test('cables and directions of one seed lose other frames', () => {
  const channels = [
    ['one', 'aToB'],
    ['one', 'bToA'],
    ['two', 'aToB'],
  ].map((names) => new Channel(impairment({ loss: 0.5 }), 1, ...names))
  const patterns = channels.map((channel) => offered(channel, 64).map(isLost).join())
  assert.equal(new Set(patterns).size, 3)
})

test('which frames are lost depends on no other impairment, and not on time', () => {
  const alone = lost(0.3, 1, 1000)
  const others = { jitter: 5, delay: 20, duplicate: 0.5, corrupt: 0.5, reorder: 0.5, rate: '1gbit' } as const
  const among = new Channel(impairment({ loss: 0.3, ...others }), 1, 'cable', 'aToB')
  const verdicts = Array.from({ length: 1000 }, (_, n) => among.offer(60 + n, n * 3.7))
  assert.deepEqual(verdicts.map(isLost), alone)
})
