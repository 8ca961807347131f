import assert from 'node:assert/strict'
import { once } from 'node:events'
import test from 'node:test'
import { NetworkNamespace, PacketSocket, Route, sandbox, tcpConnect, tcpListen } from '@sallyport/linux'
import { Wire } from '../../src/wire/index.ts'
import { tcpRate } from './support/flood.ts'
import { impairment } from './support/impairment.ts'
import { ADDRESS, ADDRESS6, echo, Span } from './support/span.ts'

await sandbox()

/** What comes back of a datagram of so many bytes. */
async function echoed(span: Span, bytes: number, families: 4 | 6 = 4): Promise<Buffer> {
  const [from, to] = families === 4 ? ['0.0.0.0', ADDRESS.b] : ['::', ADDRESS6.b]
  await echo(span, 'b', 7, from)
  const socket = await span.udp('a', { address: from! })
  const answer = once(socket, 'message')
  socket.send(letters(bytes), 7, to)
  return (await answer)[0] as Buffer
}

function letters(bytes: number): Buffer {
  return Buffer.from(Array.from({ length: bytes }, (_, n) => n % 251))
}

test('a datagram larger than the MTU crosses in fragments', async () => {
  await using span = await Span.open()
  assert.deepEqual(await echoed(span, 60_000), letters(60_000))
  assert.equal((await span.cable.counters()).aToB.frames, Math.ceil(60_008 / 1480))
})

test('IPv6 crosses, neighbour discovery and fragments included', async () => {
  await using span = await Span.open({ ipv6: true })
  assert.deepEqual(await echoed(span, 20_000, 6), letters(20_000))
})

test('TCP over IPv6 carries segments that were handed over as one', async () => {
  await using span = await Span.open({ ipv6: true })
  await tcpRate(span, 4 << 20, ADDRESS6.b)
})

for (const mtu of [9000, 65_535]) {
  test(`a cable with an MTU of ${mtu} carries packets of that size`, async () => {
    await using span = await Span.open({ mtu })
    const size = Math.min(mtu, 65_535) - 28
    assert.deepEqual(await echoed(span, size), letters(size))
    assert.equal((await span.cable.counters()).aToB.frames, 1)
    await tcpRate(span, 4 << 20)
  })
}

test('a small MTU holds: larger packets are fragmented', async () => {
  await using span = await Span.open({ mtu: 576 })
  assert.deepEqual(await echoed(span, 1000), letters(1000))
  assert.equal((await span.cable.counters()).aToB.frames, 2)
})

test('ARP finds the other end', async () => {
  await using span = await Span.open()
  for (const end of ['a', 'b'] as const) {
    using route = Route.open({ namespace: span[end] })
    route.setLink('eth0', { up: false }) // what is known of neighbours goes with it
    route.setLink('eth0', { up: true })
  }
  using route = Route.open({ namespace: span.a })
  await route.running('eth0')
  assert.deepEqual(await echoed(span, 10), letters(10))
})

test('a frame of no known protocol, and one with a VLAN tag, come out as they went in', async () => {
  await using span = await Span.open({ aToB: { delay: 1 } })
  using from = PacketSocket.open({ namespace: span.a })
  using to = PacketSocket.open({ namespace: span.b })
  using route = Route.open({ namespace: span.a })
  const addresses = Buffer.from('0202030405060202030405ff', 'hex')
  const unknown = Buffer.concat([addresses, Buffer.from('88b5', 'hex'), letters(100)]) // local experimental EtherType 1
  const tagged = Buffer.concat([addresses, Buffer.from('8100200588b5', 'hex'), letters(200)])
  const seen: Buffer[] = []
  for (const frame of [unknown, tagged]) from.send(frame, route.link('eth0').index)
  while (seen.length < 2) {
    await to.wait()
    to.receive((frame) => seen.push(Buffer.from(frame)))
  }
  assert.deepEqual(seen[0], unknown)
  // A packet socket gives the tag apart from the frame, so that all that is seen here is what was behind it.
  assert.deepEqual(seen[1], Buffer.concat([addresses, tagged.subarray(16)]))
  const { bytes } = (await span.cable.counters()).aToB
  assert.equal(bytes, unknown.length + tagged.length)
})

test('an end can be a port of a bridge', async () => {
  await using wire = Wire.open()
  using fabric = NetworkNamespace.create()
  using a = NetworkNamespace.create()
  using b = NetworkNamespace.create()
  using bridge = Route.open({ namespace: fabric })
  bridge.addBridge({ name: 'switch', up: true })
  for (const [n, namespace] of [a, b].entries()) {
    const [aToB, bToA] = [impairment(), impairment()]
    const port = { namespace: fabric, interface: `port${n}` }
    wire.plug({ name: `${n}`, a: { namespace, interface: 'eth0' }, b: port, aToB, bToA })
    bridge.setLink(`port${n}`, { master: 'switch', up: true })
    using route = Route.open({ namespace })
    route.setLink('eth0', { up: true })
    route.addAddress('eth0', `10.0.0.${n + 1}/24`)
    await route.running('eth0')
    await bridge.running(`port${n}`)
  }
  const server = await tcpListen({ namespace: b, port: 80 })
  // Destroyed, and not left to the other end's FIN: that may be on the wire when the wire goes.
  server.on('connection', (socket) => socket.end('hello', () => socket.destroy()))
  const client = await tcpConnect({ namespace: a, to: { address: '10.0.0.2', port: 80 } })
  assert.equal(String((await once(client, 'data'))[0]), 'hello')
  client.destroy()
  server.close()
})
