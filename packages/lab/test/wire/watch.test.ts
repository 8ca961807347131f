import assert from 'node:assert/strict'
import { once } from 'node:events'
import test from 'node:test'
import { sandbox } from '@sallyport/linux'
import type { DirectionOptions } from '../../src/link/index.ts'
import { decodeFrame } from '../../src/packet/index.ts'
import type { Happening } from '../../src/wire/index.ts'
import { ADDRESS, Span } from './support/span.ts'

await sandbox()

/** What is said of `count` datagrams that are sent from a to b. */
async function happenings(aToB: DirectionOptions, count: number): Promise<Happening[]> {
  await using span = await Span.open({ aToB })
  const seen: Happening[] = []
  using _ = span.wire.watch((happening) => seen.push(happening))
  const socket = await span.udp('a')
  for (let n = 0; n < count; n += 1) await new Promise((resolve) => socket.send(`datagram ${n}`, 7, ADDRESS.b, resolve))
  while ((await span.cable.counters()).aToB.frames < count) {}
  return seen
}

test('a watcher hears of each frame that is lost, with the frame, its cable, direction and time', async () => {
  const start = Date.now()
  const seen = await happenings({ loss: { every: 2 } }, 4)
  assert.deepEqual(
    seen.map(({ cable, direction, what }) => [cable, direction, what]),
    Array(2).fill(['cable', 'aToB', 'loss']),
  )
  const payloads = seen.map(({ frame }) => Buffer.from(frame).subarray(42).toString())
  assert.deepEqual(payloads, ['datagram 1', 'datagram 3'])
  assert.ok(seen.every(({ time }) => time > start - 1000 && time < Date.now() + 1000))
})

for (const [what, aToB] of [
  ['duplicate', { duplicate: 1 }],
  ['reorder', { reorder: 1, delay: 1 }],
  ['corrupt', { corrupt: 1 }],
] as const) {
  test(`a watcher hears of frames that ${what} was done to`, async () => {
    assert.deepEqual(
      (await happenings(aToB, 3)).map((happening) => happening.what),
      [what, what, what],
    )
  })
}

test('a watcher hears of frames that found the queue full', async () => {
  const seen = await happenings({ rate: '8kbit', queue: 1 }, 3)
  assert.deepEqual(
    seen.map(({ what }) => what),
    ['queue', 'queue'],
  )
})

test('frames that a watcher is given have finished checksums', async () => {
  const [first] = await happenings({ loss: 1 }, 1)
  const { frame } = first!
  const view = new DataView(frame.buffer, frame.byteOffset, frame.length)
  let sum = 17 + (frame.length - 34) // pseudo header: protocol and length
  for (let at = 26; at < frame.length - 1; at += 2) sum += view.getUint16(at)
  if (frame.length % 2 === 1) sum += frame[frame.length - 1]! << 8
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16)
  assert.equal(sum, 0xffff)
  assert.ok(decodeFrame(frame))
})

test('who does not watch any more hears nothing', async () => {
  await using span = await Span.open({ aToB: { loss: { every: 2 } } })
  const [mine, others]: [Happening[], Happening[]] = [[], []]
  const watching = span.wire.watch((happening) => mine.push(happening))
  using _ = span.wire.watch((happening) => others.push(happening))
  watching[Symbol.dispose]()
  const socket = await span.udp('a')
  const target = await span.udp('b', { port: 7 })
  for (let n = 0; n < 3; n += 1) socket.send('x', 7, ADDRESS.b)
  await once(target, 'message')
  while ((await span.cable.counters()).aToB.frames < 3) {}
  assert.deepEqual([mine.length, others.length], [0, 1])
})
