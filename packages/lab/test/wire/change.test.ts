import assert from 'node:assert/strict'
import test from 'node:test'
import { type NetworkNamespace, Route, sandbox } from '@sallyport/linux'
import { tcpRate } from './support/flood.ts'
import { impairment } from './support/impairment.ts'
import { ADDRESS, echo, roundTrips, Span } from './support/span.ts'

await sandbox()

test('a changed delay holds from the moment that the promise resolves, in the direction that was changed', async () => {
  await using span = await Span.open()
  await echo(span, 'b', 7)
  const socket = await span.udp('a')
  for (const delay of [15, 0, 30]) {
    await span.cable.change({ bToA: impairment({ delay }) })
    const times = await roundTrips(socket, ADDRESS.b, 7, 10)
    assert.ok(times[0]! >= delay - 0.05 && times[0]! < delay + 10, `${delay} ms: ${times[0]}`)
  }
})

test('a cable that loses everything carries again after a change, and counts both', async () => {
  await using span = await Span.open({ aToB: { loss: 1 } })
  await echo(span, 'b', 7)
  const socket = await span.udp('a')
  for (let n = 0; n < 5; n += 1) await new Promise((resolve) => socket.send('lost', 7, ADDRESS.b, resolve))
  await span.cable.change({ aToB: impairment() })
  await roundTrips(socket, ADDRESS.b, 7, 3)
  const { aToB, bToA } = await span.cable.counters()
  assert.deepEqual([aToB.frames, aToB.dropped.loss, aToB.delivered, bToA.delivered], [8, 5, 3, 3])
})

test('frames of TCP come one by one from the moment that chance is to decide on each', async () => {
  await using span = await Span.open()
  await tcpRate(span, 1 << 20)
  await span.cable.change({ aToB: impairment({ loss: { every: 50 } }) })
  const before = (await span.cable.counters()).aToB
  await tcpRate(span, 1 << 20)
  const after = (await span.cable.counters()).aToB
  const [frames, lost] = [after.frames - before.frames, after.dropped.loss - before.dropped.loss]
  assert.equal(lost, Math.floor(frames / 50))
})

test('an unplugged cable takes both links along, says what it had done, and refuses to be changed', async () => {
  await using span = await Span.open({ aToB: { delay: 60_000 } })
  const socket = await span.udp('a')
  await new Promise((resolve) => socket.send('on its way', 7, ADDRESS.b, resolve))
  while ((await span.cable.counters()).aToB.frames < 1) {}
  span.cable.unplug()
  span.cable.unplug()
  const { aToB } = await span.cable.counters()
  assert.deepEqual([aToB.frames, aToB.delivered, aToB.dropped.unplugged], [1, 0, 1])
  for (const namespace of [span.a, span.b]) {
    using route = Route.open({ namespace })
    assert.deepEqual(
      route.links().map(({ name }) => name),
      ['lo'],
    )
  }
  await assert.rejects(span.cable.change({ aToB: impairment() }), /cable 'cable' is not plugged any more/)
})

function isRunning(namespace: NetworkNamespace): boolean {
  using route = Route.open({ namespace })
  return route.link('eth0').running
}

test('a cable without carrier carries nothing, and both ends see that', async () => {
  await using span = await Span.open()
  await echo(span, 'b', 7)
  const socket = await span.udp('a')
  await roundTrips(socket, ADDRESS.b, 7, 1)
  span.cable.setCarrier(false)
  for (const namespace of [span.a, span.b]) assert.equal(isRunning(namespace), false)
  span.cable.setCarrier(true)
  for (const namespace of [span.a, span.b]) {
    using route = Route.open({ namespace })
    await route.running('eth0')
  }
  await roundTrips(socket, ADDRESS.b, 7, 1)
})
