import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import test from 'node:test'
import { sandbox, UdpBatch } from '@sallyport/linux'
import { ADDRESS, echo, Span } from './support/span.ts'

await sandbox()

/** A counter of the namespace that the thread is in, of those in /proc/net/snmp: ('Udp', 'InCsumErrors'). */
function snmp(protocol: string, name: string): number {
  const [names, values] = readFileSync('/proc/thread-self/net/snmp', 'utf8')
    .split('\n')
    .filter((line) => line.startsWith(`${protocol}:`))
    .map((line) => line.split(' '))
  return Number(values![names!.indexOf(name)])
}

test('every damaged datagram is noticed by a checksum of the receiver, or comes from or goes elsewhere', async () => {
  await using span = await Span.open({ aToB: { corrupt: 0.5 } })
  using from = UdpBatch.open({ namespace: span.a, buffer: 4 << 20 })
  using to = UdpBatch.open({ namespace: span.b, address: ADDRESS.b, buffer: 4 << 20 })
  const payload = new Uint8Array(1000).fill(0x55)
  const batch = UdpBatch.prepare(
    Array.from({ length: 100 }, () => ({ to: { address: ADDRESS.b, port: to.port }, payload })),
  )
  let came = 0
  for (let round = 1; round <= 20; round += 1) {
    from.send(batch)
    while ((await span.cable.counters()).aToB.delivered < round * 100) {}
    came += to.receive((received) => assert.ok(Buffer.from(received).equals(payload), 'a damaged payload got through'))
  }
  const { corrupted } = (await span.cable.counters()).aToB
  assert.ok(Math.abs(corrupted - 1000) < 3 * Math.sqrt(2000 * 0.25), `${corrupted} of 2000 were damaged`)
  assert.equal(came, 2000 - corrupted)
  // Of 1028 bytes 1008 are covered by UDP's checksum.
  const udp = span.b.run(() => snmp('Udp', 'InCsumErrors'))
  assert.ok(udp > 0.95 * corrupted, `UDP noticed ${udp} of ${corrupted}`)
})

test('frames that are not damaged keep the checksum they had', async () => {
  await using span = await Span.open({ aToB: { corrupt: 0 }, bToA: { delay: 1, corrupt: 0 } })
  await echo(span, 'b', 7)
  const socket = await span.udp('a')
  const answer = once(socket, 'message')
  socket.send('whole', 7, ADDRESS.b)
  assert.equal(String((await answer)[0]), 'whole')
})
