import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import type { TLSSocket } from 'node:tls'
import { sandbox } from '@sallyport/linux'
import { AddressCount } from '../../src/streams/address-count.ts'
import { evenPort } from '../../src/stun/index.ts'
import { selfSigned } from './support/self-signed.ts'
import { certificate, channelData, Peer, portOf, readChannelData, serve, Talker } from './support/stage.ts'
import { StreamHost } from './support/stream-host.ts'

await sandbox()

/** Resolves when the server has ended a connection of which it wants nothing to hear. */
async function turnedAway(server: StreamHost): Promise<void> {
  const socket = connect(portOf(server, 'tcp'), '127.0.0.1')
  await new Promise((resolve) =>
    socket
      .on('error', () => {})
      .on('close', resolve)
      .resume(),
  )
}

test('bytes that begin no message end the connection, and no other', async () => {
  await using server = await serve()
  await using good = await Talker.connect(server)
  for (const bytes of ['\x80\x00\x00\x00', '\x16\x03\x01\x02\x00\x01\x00\x01', '\x00\x01\x00\x00notacookie']) {
    const bad = await Talker.connect(server)
    bad.socket.write(Buffer.from(bytes, 'latin1'))
    await bad.closed()
  }
  assert.equal(server.counters.read().streamsBroken, 3)
  assert.equal((await good.ask('binding')).class, 'success')
})

test('who speaks no TLS to the port of TLS is cut off', async () => {
  await using server = await serve()
  const socket = connect(portOf(server, 'tls'), '127.0.0.1')
  socket.on('error', () => {})
  socket.write('GET / HTTP/1.1\r\n\r\n')
  await new Promise((resolve) => socket.on('close', resolve).resume())
  assert.equal(server.counters.read().streamsBroken, 1)
  await using good = await Talker.connect(server, 'tls')
  assert.equal((await good.ask('binding')).class, 'success')
})

test('an allocation ends with a broken stream', async () => {
  await using server = await serve()
  const client = await Talker.connect(server)
  await client.allocate()
  client.socket.write('????????????????????????????????')
  await client.closed()
  await using other = await Talker.connect(server)
  await other.ask('binding')
  assert.equal(server.counters.read().allocations, 0)
})

test('half a minute without a whole message, and without an allocation, ends a connection', async () => {
  let later = 0
  await using server = await serve({ clock: () => Date.now() + later })
  await using silent = await Talker.connect(server)
  await using slow = await Talker.connect(server)
  await using busy = await Talker.connect(server)
  await busy.allocate()
  for (let step = 0; step < 3; step += 1) {
    slow.socket.write(Buffer.of(step)) // now and then a byte: slowloris
    await setImmediate()
    later += 10_000
    server.sweep()
  }
  await Promise.all([silent.closed(), slow.closed()])
  assert.equal((await busy.ask('refresh')).class, 'success')
})

test('a connection that had an allocation has its half minute from the end of that on', async () => {
  let later = 0
  await using server = await serve({ clock: () => Date.now() + later })
  await using client = await Talker.connect(server)
  await client.allocate()
  later = 599_000
  server.sweep()
  later = 601_000
  server.sweep()
  assert.equal(server.counters.read().allocationsExpired, 1)
  assert.equal((await client.ask('binding')).class, 'success')
})

test('a handshake that does not go on is ended', async () => {
  await using server = await serve({ streams: { handshake: 50 } })
  const socket = connect(portOf(server, 'tls'), '127.0.0.1')
  socket.on('error', () => {})
  await new Promise((resolve) => socket.on('close', resolve).resume())
})

test('an address has so many connections and no more, until one of them ends', async () => {
  await using server = await serve({ streams: { perAddress: 2 } })
  const first = await Talker.connect(server)
  await using second = await Talker.connect(server, 'tls')
  await turnedAway(server)
  assert.equal((await second.ask('binding')).class, 'success')
  assert.equal(server.counters.read().connectionsRefused, 1)
  await first[Symbol.asyncDispose]()
  await second.ask('binding') // the server has seen the end of the first by now
  await using fourth = await Talker.connect(server)
  assert.equal((await fourth.ask('binding')).class, 'success')
  assert.equal(server.counters.read().connections, 2)
})

test('all of them together too', async () => {
  await using server = await serve({ streams: { total: 1 } })
  await using _first = await Talker.connect(server)
  await turnedAway(server)
})

test('an IPv4 address counts under both its names, a /64 of IPv6 as one', () => {
  const counts = new AddressCount()
  assert.ok(counts.take('192.0.2.1', 1))
  assert.ok(!counts.take('::ffff:192.0.2.1', 1))
  assert.ok(counts.take('2001:db8::1', 1))
  assert.ok(!counts.take('2001:db8::2:3', 1))
  assert.ok(counts.take('2001:db8:0:1::1', 1))
  assert.ok(counts.take('fe80::1%lo', 1))
  counts.give('2001:db8::1')
  assert.ok(counts.take('2001:db8::2:3', 1))
  assert.equal(counts.total, 4)
})

test('a client that does not read loses datagrams, and the server keeps little for it', async () => {
  await using server = await serve({ streams: { queue: 64 << 10 } })
  await using client = await Talker.connect(server)
  using peer = await Peer.open()
  const relayed = await client.allocate()
  await client.bind(0x4000, peer.endpoint)
  client.socket.pause()
  const before = process.memoryUsage().arrayBuffers
  for (let sent = 0; server.counters.read().droppedFull < 1000; ) {
    for (let n = 0; n < 20; n += 1) {
      sent += 1
      peer.send(Buffer.alloc(1200, `${sent} `), relayed)
    }
    await setImmediate()
  }
  assert.ok(process.memoryUsage().arrayBuffers - before < 8 << 20)
  client.socket.resume() // what was kept comes, whole
  peer.send('the last', relayed)
  for (let before = 0; ; ) {
    const [channel, text] = readChannelData(await client.frame())
    if (text === 'the last') break
    const number = Number.parseInt(text, 10)
    assert.ok(channel === 0x4000 && number > before, `${number} came behind ${before}`)
    assert.deepEqual(Buffer.from(text), Buffer.alloc(1200, `${number} `))
    before = number
    peer.send('the last', relayed)
  }
})

test('a client that asks and does not read is not read from', async () => {
  await using server = await serve({ streams: { queue: 64 << 10 } })
  await using client = await Talker.connect(server)
  client.socket.pause()
  const requests = Buffer.concat(Array.from({ length: 1000 }, () => client.request('binding')))
  let written = 0
  for (let idle = 0; idle < 100; idle += 1) {
    if (client.socket.writableLength === 0) {
      client.socket.write(requests)
      written += 1000
      idle = 0
    }
    await setImmediate()
  }
  assert.ok(server.counters.read().receivedFromClients < written)
  for (let answer = 0; answer < written; answer += 1) {
    if (answer === 0) client.socket.resume()
    assert.equal((await client.message()).class, 'success')
  }
})

test('another certificate is for connections to come; those that there are go on', async () => {
  await using server = await serve()
  await using before = await Talker.connect(server, 'tls')
  await before.allocate()
  server.certificate(selfSigned('the second'))
  await using after = await Talker.connect(server, 'tls')
  const nameOf = ({ socket }: Talker): unknown => (socket as TLSSocket).getPeerCertificate().subject.CN
  assert.deepEqual([nameOf(before), nameOf(after)], ['the first', 'the second'])
  assert.equal((await before.ask('refresh')).class, 'success')
})

test('a certificate that is none changes nothing', async () => {
  await using server = await serve()
  assert.throws(() => server.certificate({ ...certificate, cert: 'not one' }), /^Error: certificate: /)
  assert.throws(() => server.certificate({ ...certificate, key: selfSigned('other').key }), /^Error: certificate: /)
  await using client = await Talker.connect(server, 'tls')
  assert.equal((client.socket as TLSSocket).getPeerCertificate().subject.CN, 'the first')
})

test('the certificate holds for who checks it, and ALPN names what is spoken', async () => {
  await using server = await serve()
  for (const name of ['stun.turn', 'stun.nat-discovery']) {
    const options = { ca: certificate.cert, rejectUnauthorized: true, ALPNProtocols: [name] }
    await using client = await Talker.connect(server, 'tls', options)
    assert.equal((client.socket as TLSSocket).alpnProtocol, name)
  }
  await assert.rejects(Talker.connect(server, 'tls', { ALPNProtocols: ['h2'] }), { code: /NO_APPLICATION_PROTOCOL/ })
})

test('what cannot be listened on is said, and nothing stays open', async () => {
  await using server = await serve()
  const taken = { transport: 'tcp', address: '127.0.0.1', port: portOf(server, 'tcp') } as const
  const free = { transport: 'tcp', address: '127.0.0.1', port: 3478 } as const
  const complaint = new RegExp(`^Error: cannot listen on tcp 127.0.0.1:${taken.port}: EADDRINUSE`)
  await assert.rejects(StreamHost.start({ listen: [free, taken] }), complaint)
  await assert.rejects(StreamHost.start({ listen: [{ ...free, transport: 'tls' }] }), /needs a certificate/)
  await assert.rejects(StreamHost.start({ listen: [{ ...free, address: '192.0.2.1' }] }), /EADDRNOTAVAIL/)
  await using again = await StreamHost.start({ listen: [free] })
  assert.deepEqual(again.addresses, [free])
})

test('when the server ends, all that it had does', async () => {
  const server = await serve()
  const client = await Talker.connect(server)
  using peer = await Peer.open()
  const relayed = await client.allocate('udp', [evenPort.of({ reserve: true })])
  await client.bind(0x4000, peer.endpoint)
  client.socket.write(channelData(0x4000, 'the last'))
  assert.equal((await peer.receive()).text, 'the last')
  await server[Symbol.asyncDispose]()
  await client.closed()
  for (const port of [relayed.port, relayed.port + 1]) {
    using again = await Peer.open()
    again.socket.connect(port, relayed.address)
    await once(again.socket, 'connect')
    again.socket.send('nobody there')
    assert.equal(((await once(again.socket, 'error'))[0] as NodeJS.ErrnoException).code, 'ECONNREFUSED')
  }
})
