import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { test } from 'node:test'
import { sandbox } from '@sallyport/linux'
import { channelNumber, xorPeerAddress, xorRelayedAddress } from '../../src/stun/index.ts'
import { Asker } from './support/asker.ts'
import { serve } from './support/threads.ts'

await sandbox()

test('channel data without data is a datagram without data, both ways (RFC 8656 section 12.6)', async () => {
  const peer = createSocket('udp4')
  peer.bind(0, '127.0.0.1')
  await once(peer, 'listening')
  await using served = await serve(1)
  using client = await Asker.open(served.at, 'alice')
  const relay = (await client.allocate()).get(xorRelayedAddress)!
  const at = { address: '127.0.0.1', port: peer.address().port }
  await client.ask('channelBind', channelNumber.of(0x4001), xorPeerAddress.of(at))
  const arrived = once(peer, 'message')
  client.send(Uint8Array.of(0x40, 1, 0, 0))
  const [bytes, from] = await arrived
  assert.deepEqual([bytes.length, from.port], [0, relay.port])
  peer.send(new Uint8Array(), relay.port, relay.address)
  assert.deepEqual(await client.data(), Uint8Array.of(0x40, 1, 0, 0))
  peer.close()
})
