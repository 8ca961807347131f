import assert from 'node:assert/strict'
import test from 'node:test'
import { sandbox } from '@sallyport/linux'
import { tcpRate } from './support/flood.ts'
import { Span } from './support/span.ts'

await sandbox()

const GOAL = 400e6
const ATTEMPTS = 3

/** The best of three: other work of the machine can only slow it down. */
async function best(span: Span): Promise<number> {
  let best = 0
  for (let attempt = 0; attempt < ATTEMPTS && best < GOAL; attempt += 1)
    best = Math.max(best, await tcpRate(span, 64 << 20))
  return best
}

for (const delay of [0, 1]) {
  test(`TCP between sockets of Node gets 400 Mbit/s over a cable of ${delay} ms`, async () => {
    await using span = await Span.open({ aToB: { delay }, bToA: { delay } })
    const rate = await best(span)
    assert.ok(rate >= GOAL, `${(rate / 1e6).toFixed(0)} Mbit/s`)
    const { aToB } = await span.cable.counters()
    assert.ok(aToB.frames >= (64 << 20) / 1448, 'frames are counted as they would be on a real cable')
    assert.ok(aToB.bytes / aToB.frames <= 1514)
  })
}

test('TCP gets through where frames are lost, overtake, arrive twice and are damaged', async () => {
  const aToB = { loss: 0.01, reorder: 0.01, duplicate: 0.01, corrupt: 0.01, delay: 1, jitter: 0.2 }
  await using span = await Span.open({ aToB, bToA: { delay: 1 } })
  await tcpRate(span, 1 << 20) // it checks that all bytes arrive
  const { corrupted, dropped, duplicated, reordered } = (await span.cable.counters()).aToB
  for (const count of [corrupted, dropped.loss, duplicated, reordered]) assert.ok(count > 0)
})
