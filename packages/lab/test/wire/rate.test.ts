import assert from 'node:assert/strict'
import test from 'node:test'
import { sandbox } from '@sallyport/linux'
import { tcpRate, udpRate } from './support/flood.ts'
import { onceOf } from './support/patience.ts'
import { Span } from './support/span.ts'

await sandbox()

for (const [rate, bits] of [
  ['1mbit', 1e6],
  ['10mbit', 10e6],
  ['100mbit', 100e6],
] as const) {
  test(`twice as many datagrams as ${rate} has room for come out at ${rate}, to within 5 %`, async (t) => {
    await using span = await Span.open({ aToB: { rate } })
    await onceOf(t, async () => {
      const measured = await udpRate(span, 2 * bits, 1500)
      assert.ok(Math.abs(measured / bits - 1) < 0.05, `${(measured / 1e6).toFixed(2)} Mbit/s`)
    })
    const { aToB } = await span.cable.counters()
    assert.ok(aToB.dropped.queue > 0.4 * aToB.frames, `${aToB.dropped.queue} of ${aToB.frames} dropped`)
  })
}

test('fewer datagrams than the rate has room for all arrive', async () => {
  await using span = await Span.open({ aToB: { rate: '20mbit' } })
  const measured = await udpRate(span, 10e6, 1000)
  assert.ok(Math.abs(measured / 10e6 - 1) < 0.05, `${(measured / 1e6).toFixed(2)} Mbit/s`)
  assert.equal((await span.cable.counters()).aToB.dropped.queue, 0)
})

test('TCP fills a cable of 50 Mbit/s, and no more', async (t) => {
  await using span = await Span.open({ aToB: { rate: '50mbit', delay: 2 }, bToA: { delay: 2 } })
  await onceOf(t, async () => {
    const rate = await tcpRate(span, 10 << 20)
    // 1448 bytes of payload in packets of 1500.
    assert.ok(rate < (50e6 * 1448 * 1.05) / 1500 && rate > 35e6, `${(rate / 1e6).toFixed(1)} Mbit/s`)
  })
})
