import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sandbox } from '@sallyport/linux'
import { data, icmp, methods, requestedAddressFamily, xorPeerAddress } from '../../src/stun/index.ts'
import { Peer, readChannelData, serve, Talker } from './support/stage.ts'

await sandbox()

const families = {
  '127.0.0.1': { family: 4, want: { type: 3, code: 3, data: 0 } },
  '::1': { family: 6, want: { type: 1, code: 4, data: 0 } },
} as const

for (const transport of ['tcp', 'tls'] as const) {
  for (const [address, { family, want }] of Object.entries(families)) {
    const nobody = { address, port: 9 }

    test(`over ${transport} a client hears that nobody listens at its peer, ${address}`, async () => {
      await using server = await serve({ families: 'both' })
      await using client = await Talker.connect(server, transport)
      await client.allocate('udp', [requestedAddressFamily.of(family)])
      await client.permit(nobody)
      for (let count = 0; count < 3; count += 1) {
        client.indicate('send', [xorPeerAddress.of(nobody), data.of(Buffer.from('hello?'))])
        const heard = await client.message()
        assert.equal(heard.method, methods.data)
        assert.deepEqual(heard.get(xorPeerAddress), nobody)
        assert.deepEqual(heard.get(icmp), want)
        assert.equal(heard.has(data), false)
      }
      assert.equal(server.counters.read().sentToPeers, 3)
    })

    test(`over ${transport} it hears so of a channel, and of others nothing is lost, ${address}`, async () => {
      await using server = await serve({ families: 'both' })
      await using client = await Talker.connect(server, transport)
      using peer = await Peer.open(address)
      const relayed = await client.allocate('udp', [requestedAddressFamily.of(family)])
      await client.bind(0x4000, nobody)
      await client.bind(0x4001, peer.endpoint)
      for (let count = 0; count < 10; count += 1) {
        client.channelData(0x4000, 'hello?')
        client.channelData(0x4001, 'in between')
        assert.equal((await peer.receive()).text, 'in between')
      }
      peer.send('and back', relayed)
      let errors = 0
      let frame = await client.frame()
      for (; frame![0]! < 0x40; frame = await client.frame()) errors += 1
      assert.deepEqual(readChannelData(frame), [0x4001, 'and back'])
      assert.ok(errors >= 1 && errors <= 10, `${errors}`)
      const { sentToPeers, droppedRefused, droppedFull } = server.counters.read()
      assert.deepEqual([sentToPeers, droppedRefused, droppedFull], [20, 0, 0])
    })
  }
}
