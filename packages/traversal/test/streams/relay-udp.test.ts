import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { sandbox } from '@sallyport/linux'
import {
  additionalAddressFamily,
  data,
  encodeMessage,
  lifetime,
  methods,
  xorMappedAddress,
  xorPeerAddress,
} from '../../src/stun/index.ts'
import { channelData, Peer, readChannelData, serve, Talker } from './support/stage.ts'

await sandbox()

for (const transport of ['tcp', 'tls'] as const) {
  test(`over ${transport} a client reaches a UDP peer in a channel and by indications, and the peer it`, async () => {
    await using server = await serve()
    await using client = await Talker.connect(server, transport)
    using peer = await Peer.open()
    const relayed = await client.allocate()
    assert.equal((await client.permit(peer.endpoint)).class, 'success')
    client.indicate('send', [xorPeerAddress.of(peer.endpoint), data.of(Buffer.from('by indication'))])
    assert.deepEqual(await peer.receive(), { text: 'by indication', from: relayed })
    peer.send('and back', relayed)
    const indication = await client.message()
    assert.equal(indication.method, methods.data)
    assert.equal(Buffer.from(indication.get(data)!).toString(), 'and back')
    assert.equal((await client.bind(0x4001, peer.endpoint)).class, 'success')
    client.channelData(0x4001, 'in a channel')
    assert.equal((await peer.receive()).text, 'in a channel')
    peer.send('back in it', relayed)
    assert.deepEqual(readChannelData(await client.frame()), [0x4001, 'back in it'])
  })

  test(`over ${transport} a binding tells the client its address, and needs no user`, async () => {
    await using server = await serve()
    await using client = await Talker.connect(server, transport)
    const answer = await client.ask('binding')
    assert.deepEqual(answer.get(xorMappedAddress), { address: '127.0.0.1', port: client.socket.localPort })
  })
}

test('messages may be cut anywhere', async () => {
  await using server = await serve()
  await using client = await Talker.connect(server)
  using peer = await Peer.open()
  await client.allocate()
  await client.bind(0x4000, peer.endpoint)
  const length = client.request('refresh').length
  for (let cut = 1; cut < length + 8; cut += 1) {
    const bytes = Buffer.concat([client.request('refresh'), channelData(0x4000, 'five!')])
    client.socket.write(bytes.subarray(0, cut))
    await setImmediate() // the server reads the first piece by itself
    client.socket.write(bytes.subarray(cut))
    assert.equal((await client.message()).class, 'success', `cut at ${cut}`)
    assert.equal((await peer.receive()).text, 'five!', `cut at ${cut}`)
  }
})

test('a message that comes byte by byte is a message', async () => {
  await using server = await serve()
  await using client = await Talker.connect(server)
  for (const byte of client.request('binding')) {
    client.socket.write(Buffer.of(byte))
    await setImmediate()
  }
  assert.equal((await client.message()).class, 'success')
})

test('many messages in one piece are answered one by one, in their order', async () => {
  await using server = await serve()
  await using client = await Talker.connect(server)
  const requests = Array.from({ length: 500 }, () => client.request('binding'))
  client.socket.write(Buffer.concat(requests))
  for (const request of requests) {
    assert.deepEqual(Buffer.from((await client.message()).transaction), Buffer.from(request.subarray(8, 20)))
  }
})

test('channel data of every length modulo four arrives without its padding, both ways', async () => {
  await using server = await serve()
  await using client = await Talker.connect(server)
  using peer = await Peer.open()
  const relayed = await client.allocate()
  await client.bind(0x4000, peer.endpoint)
  const texts = ['', 'a', 'ab', 'abc', 'abcd', 'abcde', 'x'.repeat(1199), 'y'.repeat(9001), 'z']
  client.socket.write(Buffer.concat(texts.map((text) => channelData(0x4000, text))))
  for (const text of texts) assert.equal((await peer.receive()).text, text)
  for (const text of texts) {
    client.channelData(0x4000, text)
    assert.equal((await peer.receive()).text, text)
    peer.send(text, relayed)
    assert.deepEqual(readChannelData(await client.frame()), [0x4000, text])
  }
})

test('a burst in both directions keeps its order and loses nothing', async () => {
  await using server = await serve()
  await using client = await Talker.connect(server)
  using peer = await Peer.open()
  const relayed = await client.allocate()
  await client.bind(0x4000, peer.endpoint)
  const texts = Array.from({ length: 100 }, (_, number) => `${number}`)
  client.socket.write(Buffer.concat(texts.map((text) => channelData(0x4000, text))))
  for (const text of texts) {
    assert.equal((await peer.receive()).text, text)
    peer.send(text, relayed)
  }
  for (const text of texts) assert.deepEqual(readChannelData(await client.frame()), [0x4000, text])
})

test('channel data and an indication of one piece stay in their order', async () => {
  await using server = await serve()
  await using client = await Talker.connect(server)
  using peer = await Peer.open()
  await client.allocate()
  await client.bind(0x4000, peer.endpoint)
  client.socket.cork()
  client.channelData(0x4000, 'first')
  client.indicate('send', [xorPeerAddress.of(peer.endpoint), data.of(Buffer.from('second'))])
  client.channelData(0x4000, 'third')
  client.socket.uncork()
  for (const text of ['first', 'second', 'third']) assert.equal((await peer.receive()).text, text)
})

test('a channel outlives its permission, and lets nothing in without it', async () => {
  let later = 0
  await using server = await serve({ clock: () => Date.now() + later })
  await using client = await Talker.connect(server)
  using peer = await Peer.open()
  const relayed = await client.allocate()
  await client.bind(0x4000, peer.endpoint)
  later = 301_000
  peer.send('too late', relayed)
  while (server.counters.read().receivedFromPeers === 0) await setImmediate()
  assert.equal(server.counters.read().droppedNoPermission, 1)
  client.channelData(0x4000, 'but out it goes')
  assert.equal((await peer.receive()).text, 'but out it goes')
})

test('a peer without permission, and a forbidden one, get nothing through', async () => {
  await using server = await serve()
  await using client = await Talker.connect(server)
  using friend = await Peer.open()
  using stranger = await Peer.open('127.0.0.2')
  const relayed = await client.allocate()
  await client.permit(friend.endpoint)
  stranger.send('let me in', relayed)
  friend.send('hello', relayed)
  assert.equal(Buffer.from((await client.message()).get(data)!).toString(), 'hello')
  assert.equal(server.counters.read().droppedNoPermission, 1)
  assert.equal((await client.permit({ address: '10.0.0.1', port: 1 })).class, 'error')
  assert.equal((await client.bind(0x4000, { address: '169.254.169.254', port: 80 })).class, 'error')
})

test('both families at once', async () => {
  await using server = await serve({ families: 'both' })
  await using client = await Talker.connect(server)
  using six = await Peer.open('::1')
  await client.allocate('udp', [additionalAddressFamily.of(6)])
  await client.bind(0x4000, six.endpoint)
  client.channelData(0x4000, 'over six')
  const { text, from } = await six.receive()
  assert.deepEqual([text, from.address], ['over six', '::1'])
  six.send('and back', from)
  assert.deepEqual(readChannelData(await client.frame()), [0x4000, 'and back'])
  using four = await Peer.open()
  await client.bind(0x4001, four.endpoint)
  client.socket.write(Buffer.concat([channelData(0x4000, 'to six'), channelData(0x4001, 'to four')]))
  assert.deepEqual([(await six.receive()).text, (await four.receive()).text], ['to six', 'to four'])
})

test('the allocation goes when its connection does, or when it is given back; the other connections stay', async () => {
  await using server = await serve()
  const first = await Talker.connect(server)
  await using second = await Talker.connect(server)
  await first.allocate()
  await second.allocate()
  assert.equal(server.counters.read().allocations, 2)
  await first[Symbol.asyncDispose]()
  assert.equal((await second.ask('refresh')).class, 'success')
  assert.equal(server.counters.read().allocations, 1)
  assert.equal((await second.ask('refresh', [lifetime.of(0)])).class, 'success')
  assert.equal(server.counters.read().allocations, 0)
  await second.allocate()
})

test('a client that ends its side after asking gets its answer', async () => {
  await using server = await serve()
  await using client = await Talker.connect(server)
  client.socket.end(client.request('binding'))
  assert.equal((await client.message()).class, 'success')
  await client.closed()
})

test('without relays a server answers what it is told to answer', async () => {
  const header = { class: 'success', method: methods.binding } as const
  await using server = await serve({
    relay: undefined,
    stun: ({ transaction }, { remote }) => encodeMessage({ ...header, transaction }, [xorMappedAddress.of(remote)]),
  })
  await using client = await Talker.connect(server, 'tls')
  assert.equal((await client.ask('binding')).get(xorMappedAddress)?.port, client.socket.localPort)
})

test('a draining server keeps what there is and takes nothing new', async () => {
  await using server = await serve()
  await using first = await Talker.connect(server)
  await first.allocate()
  server.drain()
  await using second = await Talker.connect(server)
  await assert.rejects(second.allocate(), /refused/)
  assert.equal((await first.ask('refresh')).class, 'success')
})
