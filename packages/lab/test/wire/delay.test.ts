import assert from 'node:assert/strict'
import test, { type TestContext } from 'node:test'
import { runFirst, sandbox, UdpBatch } from '@sallyport/linux'
import type { DirectionOptions } from '../../src/link/index.ts'
import { onceOf } from './support/patience.ts'
import { ADDRESS, echo, roundTrips, Span } from './support/span.ts'

await sandbox()
// What measures should not be the one that is late, on a machine that does other things as well.
runFirst()

/** Fifty round trips: the median and the 95th percentile are within 2 ms of what was asked for. */
async function assertRoundTrip(t: TestContext, options: DirectionOptions, asked: number): Promise<void> {
  await using span = await Span.open({ aToB: options, bToA: options })
  await echo(span, 'b', 7)
  const socket = await span.udp('a')
  await onceOf(t, async () => {
    const times = await roundTrips(socket, ADDRESS.b, 7)
    const [fastest, median, p95] = [times[0]!, times[25]!, times[47]!]
    assert.ok(fastest >= asked - 0.05, `the fastest took ${fastest} ms, and ${asked} ms were asked for`)
    assert.ok(median - asked < 2 && p95 - asked < 2, `median ${median}, p95 ${p95}, asked for ${asked} ms`)
  })
}

for (const delay of [0, 0.5, 3, 20]) {
  test(`a round trip over a cable of ${delay} ms takes ${2 * delay} ms, to within 2 ms`, async (t) => {
    await assertRoundTrip(t, { delay }, 2 * delay)
  })
}

test('a frame is on time while the program itself computes and cannot look', async (t) => {
  await using span = await Span.open({ aToB: { delay: 20 } })
  const [from, to] = [await span.udp('a'), UdpBatch.open({ namespace: span.b, port: 7 })]
  span.defer(() => to[Symbol.dispose]())
  await onceOf(t, async () => {
    const start = performance.now()
    await new Promise<void>((resolve) => from.send('x', 7, ADDRESS.b, () => resolve()))
    while (to.receive() === 0) {} // the loop of this thread stands still
    const took = performance.now() - start
    assert.ok(took >= 19.95 && took < 22, `${took} ms`)
  })
})

test('each direction has its own delay', async (t) => {
  await using span = await Span.open({ aToB: { delay: 10 } })
  await echo(span, 'b', 7)
  const socket = await span.udp('a')
  await onceOf(t, async () => {
    const median = (await roundTrips(socket, ADDRESS.b, 7, 21))[10]!
    assert.ok(Math.abs(median - 10) < 2, `${median} ms`)
  })
})

test('with jitter, round trips vary as much as asked for', async (t) => {
  await using span = await Span.open({ aToB: { delay: 10, jitter: 5 } })
  await echo(span, 'b', 7)
  const socket = await span.udp('a')
  await onceOf(t, async () => {
    const times = await roundTrips(socket, ADDRESS.b, 7, 60)
    assert.ok(times[0]! >= 4.95 && times[0]! < 8, `fastest ${times[0]} ms`)
    assert.ok(times[57]! > 12 && times[57]! < 17, `95 % within ${times[57]} ms`)
  })
})
