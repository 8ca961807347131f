import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sandbox } from '@sallyport/linux'
import {
  data,
  icmp,
  type Message,
  requestedAddressFamily,
  requestedTransport,
  xorPeerAddress,
} from '../../src/stun/index.ts'
import { type LoopClient, runLoop } from './support/loop.ts'

await sandbox()

/** Rounds of the loop until something comes; many, so that a lost one is a failure and no endless test. */
const ROUNDS = 100_000

function* next(client: LoopClient): Generator<void, Message, void> {
  for (let round = 0; round < ROUNDS; round += 1) {
    const [message] = client.received()
    if (message !== undefined) return message
    yield
  }
  throw new Error('nothing came')
}

for (const [address, family, want] of [
  ['127.0.0.1', 4, { type: 3, code: 3, data: 0 }],
  ['::1', 6, { type: 1, code: 4, data: 0 }],
] as const) {
  const peer = { address, port: 9 }

  test(`${address}: a client hears that nobody listens at its peer, and loses no datagram for it`, () => {
    const heard: Message[] = []
    const counters = runLoop(address, function* (client) {
      client.ask('allocate', [requestedTransport.of(17), requestedAddressFamily.of(family)])
      assert.equal((yield* next(client)).class, 'success')
      client.ask('createPermission', [xorPeerAddress.of(peer)])
      assert.equal((yield* next(client)).class, 'success')
      for (let count = 0; count < 3; count += 1) {
        client.indicate('send', [xorPeerAddress.of(peer), data.of(new Uint8Array(10))])
        heard.push(yield* next(client))
      }
    })
    for (const message of heard) {
      assert.deepEqual(message.get(icmp), want)
      assert.deepEqual(message.get(xorPeerAddress), peer)
      assert.equal(message.has(data), false)
    }
    assert.deepEqual([counters.sentToPeers, counters.droppedFull], [3, 0])
  })

  test(`${address}: errors in the way of datagrams that are sent at once cost none of them`, () => {
    const counters = runLoop(address, function* (client) {
      client.ask('allocate', [requestedTransport.of(17), requestedAddressFamily.of(family)])
      yield* next(client)
      client.ask('createPermission', [xorPeerAddress.of(peer)])
      yield* next(client)
      for (let count = 0; count < 20; count += 1) {
        client.indicate('send', [xorPeerAddress.of(peer), data.of(new Uint8Array(10))])
      }
      yield* next(client)
    })
    assert.deepEqual([counters.sentToPeers, counters.droppedFull, counters.droppedRefused], [20, 0, 0])
  })
}
