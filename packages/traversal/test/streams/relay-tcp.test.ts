import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { sandbox } from '@sallyport/linux'
import { Bandwidth, rateMemory } from '../../src/datapath/index.ts'
import { connectionId, errorCode, lifetime, requestedTransport } from '../../src/stun/index.ts'
import { attempt, bindData, connectTo, TcpPeer, textOf } from './support/data-connection.ts'
import { Peer, serve, Talker } from './support/stage.ts'

await sandbox()

for (const transport of ['tcp', 'tls'] as const) {
  test(`over ${transport} a client connects to a peer; bytes go both ways, and each side ends by itself`, async () => {
    await using server = await serve()
    await using control = await Talker.connect(server, transport)
    await using peer = await TcpPeer.open()
    const relayed = await control.allocate('tcp')
    const answer = await connectTo(control, peer.endpoint)
    assert.equal(answer.class, 'success')
    const far = await peer.accept()
    assert.equal(far.remotePort, relayed.port) // from the relay's port
    await using data = await bindData(server, answer.get(connectionId)!, transport)
    const near = data.raw()
    near.end('a question')
    assert.equal(await textOf(far), 'a question')
    far.end('an answer, after the other side has ended')
    assert.equal(await textOf(near), 'an answer, after the other side has ended')
    assert.equal((await control.ask('refresh')).class, 'success')
  })

  test(`over ${transport} a peer connects to the relay; what it sends before the join is not lost`, async () => {
    await using server = await serve()
    await using control = await Talker.connect(server, transport)
    const relayed = await control.allocate('tcp')
    await control.permit({ address: '127.0.0.1', port: 0 })
    const far = connect({ host: relayed.address, port: relayed.port, allowHalfOpen: true })
    far.end('early, and the end of it')
    const { id, peer } = await attempt(control)
    assert.deepEqual(peer, { address: '127.0.0.1', port: far.localPort })
    await using data = await bindData(server, id, transport)
    const near = data.raw()
    assert.equal(await textOf(near), 'early, and the end of it')
    near.end('a late answer')
    assert.equal(await textOf(far), 'a late answer')
  })
}

test('what a client sends right behind ConnectionBind goes to the peer', async () => {
  await using server = await serve()
  await using control = await Talker.connect(server)
  await using peer = await TcpPeer.open()
  await control.allocate('tcp')
  const id = (await connectTo(control, peer.endpoint)).get(connectionId)!
  await using data = await Talker.connect(server)
  await data.ask('connectionBind', [connectionId.of(0)]) // for the nonce
  data.socket.write(Buffer.concat([data.request('connectionBind', [connectionId.of(id)]), Buffer.from('GET /')]))
  assert.equal((await data.message()).class, 'success')
  const far = await peer.accept()
  far.resume()
  assert.equal(String((await once(far, 'data'))[0]), 'GET /')
})

test('a megabyte each way at the same time arrives whole', async () => {
  await using server = await serve()
  await using control = await Talker.connect(server)
  await using peer = await TcpPeer.open()
  await control.allocate('tcp')
  const answer = await connectTo(control, peer.endpoint)
  const far = await peer.accept()
  await using data = await bindData(server, answer.get(connectionId)!)
  const near = data.raw()
  near.end('n'.repeat(1 << 20))
  far.end('f'.repeat(1 << 20))
  assert.deepEqual(await Promise.all([textOf(near), textOf(far)]), ['f'.repeat(1 << 20), 'n'.repeat(1 << 20)])
})

test('a slow reader holds its writer up: the server keeps little', async () => {
  await using server = await serve()
  await using control = await Talker.connect(server)
  await using peer = await TcpPeer.open()
  await control.allocate('tcp')
  const answer = await connectTo(control, peer.endpoint)
  const far = await peer.accept()
  await using data = await bindData(server, answer.get(connectionId)!)
  const near = data.raw() // reads nothing
  const piece = Buffer.alloc(1 << 20)
  const before = process.memoryUsage().arrayBuffers
  let written = 0
  // Until the kernel takes no more for a while: everything between here and there is full.
  for (let idle = 0; idle < 200; idle += 1) {
    if (far.writableLength === 0) {
      far.write(piece)
      written += piece.length
      idle = 0
    }
    await setImmediate()
  }
  assert.ok(written < 64 << 20, `${written} bytes went somewhere`)
  assert.ok(process.memoryUsage().arrayBuffers - before < 8 << 20)
  assert.ok(server.counters.read().bytesFromPeers < 32 << 20)
  far.end()
  assert.equal((await textOf(near)).length, written)
})

test('a peer that refuses is a 447, and may be tried again', async () => {
  await using server = await serve()
  await using control = await Talker.connect(server)
  await control.allocate('tcp')
  const nobody = { address: '127.0.0.1', port: 1 }
  for (let attempt = 0; attempt < 2; attempt += 1) {
    assert.equal((await connectTo(control, nobody)).get(errorCode)?.code, 447)
  }
})

test('one connection to a peer at a time (446); when it has ended, another', async () => {
  await using server = await serve()
  await using control = await Talker.connect(server)
  await using peer = await TcpPeer.open()
  await control.allocate('tcp')
  const id = (await connectTo(control, peer.endpoint)).get(connectionId)!
  assert.equal((await connectTo(control, peer.endpoint)).get(errorCode)?.code, 446)
  const data = await bindData(server, id)
  data.socket.destroy()
  const far = await peer.accept()
  far.resume()
  far.end()
  await once(far, 'close')
  let again = await connectTo(control, peer.endpoint)
  while (again.get(errorCode)?.code === 446) again = await connectTo(control, peer.endpoint)
  // The four-tuple is the same as before: whichever side closed first may keep it in TIME_WAIT.
  assert.ok(again.class === 'success' || again.get(errorCode)?.code === 447)
})

test('forbidden peers are a 403; strangers who connect are cut off, and nobody hears of them', async () => {
  await using server = await serve()
  await using control = await Talker.connect(server)
  const relayed = await control.allocate('tcp')
  assert.equal((await connectTo(control, { address: '10.0.0.1', port: 80 })).get(errorCode)?.code, 403)
  assert.equal((await connectTo(control, { address: '::ffff:10.0.0.1', port: 80 })).get(errorCode)?.code, 403)
  const stranger = connect({ host: relayed.address, port: relayed.port })
  await new Promise((resolve) => stranger.on('error', () => {}).on('close', resolve))
  assert.equal((await control.ask('refresh')).class, 'success') // and not an attempt
  assert.equal(server.counters.read().droppedNoPermission, 1)
})

test('a connection that nobody binds in thirty seconds is closed, and its number is worth nothing', async () => {
  let later = 0
  await using server = await serve({ clock: () => Date.now() + later })
  await using control = await Talker.connect(server)
  await using peer = await TcpPeer.open()
  await control.allocate('tcp')
  const id = (await connectTo(control, peer.endpoint)).get(connectionId)!
  const far = await peer.accept()
  later = 31_000
  server.sweep()
  await once(far.resume(), 'end')
  await assert.rejects(bindData(server, id), /not bound/)
})

test('a number is good for one connection, of the same user, and for nothing but streams', async () => {
  await using server = await serve()
  await using control = await Talker.connect(server)
  await using peer = await TcpPeer.open()
  await control.allocate('tcp')
  const id = (await connectTo(control, peer.endpoint)).get(connectionId)!
  await using _data = await bindData(server, id)
  await assert.rejects(bindData(server, id), /not bound/)
  await assert.rejects(bindData(server, id + 1), /not bound/)
})

test('when the allocation ends, its connections do', async () => {
  await using server = await serve()
  await using control = await Talker.connect(server)
  await using peer = await TcpPeer.open()
  await control.allocate('tcp')
  const answer = await connectTo(control, peer.endpoint)
  const far = await peer.accept()
  await using data = await bindData(server, answer.get(connectionId)!)
  const ended = once(far.resume(), 'end')
  await control.ask('refresh', [lifetime.of(0)])
  await Promise.all([data.closed(), ended])
})

test('a TCP allocation has no datagrams, a UDP one no connections', async () => {
  await using server = await serve()
  await using control = await Talker.connect(server)
  using peer = await Peer.open()
  await control.allocate('tcp')
  assert.equal((await control.bind(0x4000, peer.endpoint)).get(errorCode)?.code, 400)
  control.channelData(0x4000, 'dropped')
  await using other = await Talker.connect(server)
  await other.allocate('udp')
  assert.equal((await connectTo(other, peer.endpoint)).get(errorCode)?.code, 437)
  assert.equal(server.counters.read().droppedNoChannel, 1)
})

test('no more connections than an allocation may have', async () => {
  await using server = await serve({ turnLimits: { connections: 2 } })
  await using control = await Talker.connect(server)
  await using one = await TcpPeer.open()
  await using two = await TcpPeer.open()
  await using three = await TcpPeer.open()
  await control.allocate('tcp')
  assert.equal((await connectTo(control, one.endpoint)).class, 'success')
  assert.equal((await connectTo(control, two.endpoint)).class, 'success')
  assert.equal((await connectTo(control, three.endpoint)).get(errorCode)?.code, 508)
})

test('a limit of bandwidth slows a stream down, and takes nothing from it', async () => {
  // 250 milliseconds' worth go at once, the rest as the limit has it.
  const bandwidth = new Bandwidth(rateMemory(), { allocation: 8_000_000, user: 0 })
  await using server = await serve({ bandwidth })
  await using control = await Talker.connect(server)
  await using peer = await TcpPeer.open()
  await control.allocate('tcp')
  const answer = await connectTo(control, peer.endpoint)
  const far = await peer.accept()
  await using data = await bindData(server, answer.get(connectionId)!)
  const begin = performance.now()
  data.raw().end('x'.repeat(1_000_000))
  assert.equal((await textOf(far)).length, 1_000_000)
  assert.ok(performance.now() - begin > 500)
})

test('a server without TCP relays says so (442)', async () => {
  await using server = await serve({ turn: { tcpRelay: false } })
  await using control = await Talker.connect(server)
  assert.equal((await control.ask('allocate', [requestedTransport.of(6)])).get(errorCode)?.code, 442)
})
