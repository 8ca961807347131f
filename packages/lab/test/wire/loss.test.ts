import assert from 'node:assert/strict'
import test from 'node:test'
import { sandbox, UdpBatch } from '@sallyport/linux'
import type { DirectionOptions } from '../../src/link/index.ts'
import { ADDRESS, Span, type SpanOptions } from './support/span.ts'

await sandbox()

const FRAMES = 20_000

/** Sends numbered datagrams, and says which arrived, in order. */
async function numbersOf(span: Span, frames: number): Promise<number[]> {
  using from = UdpBatch.open({ namespace: span.a, buffer: 4 << 20 })
  using to = UdpBatch.open({ namespace: span.b, address: ADDRESS.b, buffer: 4 << 20 })
  const endpoint = { address: ADDRESS.b, port: to.port }
  const seen: number[] = []
  for (let sent = 0; sent < frames; sent += 100) {
    from.send(UdpBatch.prepare(Array.from({ length: 100 }, (_, n) => ({ to: endpoint, payload: numbered(sent + n) }))))
    await settled(span, sent + 100)
    to.receive((payload) => seen.push(new DataView(payload.buffer, payload.byteOffset).getUint32(0)))
  }
  return seen
}

function numbered(n: number): Uint8Array {
  const payload = new Uint8Array(20)
  new DataView(payload.buffer).setUint32(0, n)
  return payload
}

/** Every frame that was sent has been decided on, and is where it belongs. */
async function settled(span: Span, frames: number): Promise<void> {
  for (;;) {
    const { aToB } = await span.cable.counters()
    const { loss, queue } = aToB.dropped
    if (aToB.frames >= frames && aToB.delivered + loss + queue === aToB.frames + aToB.duplicated) return
  }
}

async function lostOf(options: SpanOptions, frames: number): Promise<number[]> {
  await using span = await Span.open(options)
  const seen = new Set(await numbersOf(span, frames))
  assert.equal(await span.wire.overruns(), 0)
  return Array.from({ length: frames }, (_, n) => n).filter((n) => !seen.has(n))
}

test('without loss, every one of 20,000 datagrams arrives, in order', async () => {
  await using span = await Span.open()
  assert.deepEqual(
    await numbersOf(span, FRAMES),
    Array.from({ length: FRAMES }, (_, n) => n),
  )
})

test('5 % of 20,000 datagrams are lost, within three standard deviations, and are counted', async () => {
  await using span = await Span.open({ aToB: { loss: 0.05 } })
  const lost = FRAMES - (await numbersOf(span, FRAMES)).length
  assert.ok(Math.abs(lost - 1000) < 3 * Math.sqrt(FRAMES * 0.05 * 0.95), `${lost} lost`)
  const { aToB, bToA } = await span.cable.counters()
  const bytes = FRAMES * (14 + 20 + 8 + 20)
  const { delivered, duplicated, corrupted, reordered } = aToB
  assert.deepEqual(
    { frames: aToB.frames, bytes: aToB.bytes, delivered },
    { frames: FRAMES, bytes, delivered: FRAMES - lost },
  )
  assert.deepEqual(aToB.dropped, { loss: lost, queue: 0, unplugged: 0 })
  assert.deepEqual([duplicated, corrupted, reordered, bToA.frames], [0, 0, 0, 0])
})

const effects: readonly DirectionOptions[] = [
  { loss: 0.2 },
  { loss: { burst: 0.2, length: 5 } },
  { loss: { every: 7 } },
]

for (const aToB of effects) {
  test(`two runs with one seed lose the same datagrams: ${JSON.stringify(aToB)}`, async () => {
    const first = await lostOf({ aToB, seed: 11 }, 1000)
    assert.ok(first.length > 100)
    assert.deepEqual(await lostOf({ aToB, seed: 11 }, 1000), first)
  })
}

test('another seed loses other datagrams', async () => {
  const aToB = { loss: 0.2 }
  assert.notDeepEqual(await lostOf({ aToB, seed: 11 }, 500), await lostOf({ aToB, seed: 12 }, 500))
})
