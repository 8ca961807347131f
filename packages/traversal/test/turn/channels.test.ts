import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  type Attached,
  channelNumber,
  data,
  errorCode,
  requestedTransport,
  xorPeerAddress,
} from '../../src/stun/index.ts'
import type { Allocation } from '../../src/turn/server/index.ts'
import { alice, bob, overTcp, World, type WorldOptions } from './support/world.ts'

const peer = { address: '192.0.2.1', port: 7 }
const other = { address: '192.0.2.2', port: 7 }

function allocated(options: WorldOptions = {}): { world: World; allocation: Allocation } {
  const world = new World(options)
  world.ask('allocate', [requestedTransport.of(17)])
  return { world, allocation: world.server.table.of(alice)! }
}

function bind(
  world: World,
  number: number | undefined,
  to: { address: string; port: number } | undefined,
  options = {},
) {
  const attributes: Attached[] = []
  if (number !== undefined) attributes.push(channelNumber.of(number))
  if (to !== undefined) attributes.push(xorPeerAddress.of(to))
  const answer = world.ask('channelBind', attributes, options)
  return answer?.get(errorCode)?.code ?? answer?.class
}

test('a channel is bound in both directions, and permits its peer', () => {
  const { world, allocation } = allocated()
  assert.equal(bind(world, 0x4000, peer), 'success')
  assert.deepEqual(allocation.channel(0x4000, world.now)?.peer, peer)
  assert.equal(allocation.channelTo(peer, world.now)?.number, 0x4000)
  assert.ok(allocation.permits(peer.address, world.now))
})

test('binding again lengthens it; it lives ten minutes, its permission five', () => {
  const { world, allocation } = allocated()
  world.server.limits = { ...world.server.limits, defaultLifetime: 3600 }
  world.ask('refresh')
  bind(world, 0x4000, peer)
  world.pass(301)
  assert.deepEqual(
    [allocation.permits(peer.address, world.now), allocation.channel(0x4000, world.now)?.number],
    [false, 0x4000],
  )
  assert.equal(bind(world, 0x4000, peer), 'success')
  assert.ok(allocation.permits(peer.address, world.now))
  world.pass(599)
  assert.ok(allocation.channel(0x4000, world.now))
  world.pass(1)
  assert.equal(allocation.channel(0x4000, world.now), undefined)
  assert.equal(allocation.channelTo(peer, world.now), undefined)
  assert.deepEqual([allocation.channels.size, allocation.channelOf.size], [0, 0])
})

test('a number with another peer, and a peer with another number: 400, and the first stays', () => {
  const { world, allocation } = allocated()
  bind(world, 0x4000, peer)
  assert.deepEqual([bind(world, 0x4000, other), bind(world, 0x4001, peer)], [400, 400])
  assert.deepEqual([...allocation.channels.keys()], [0x4000])
  assert.equal(bind(world, 0x4001, { ...peer, port: 8 }), 'success') // another port is another peer
})

test('numbers and peers are free again when their channel has ended, swept or not', () => {
  const { world, allocation } = allocated()
  world.server.limits = { ...world.server.limits, defaultLifetime: 3600 }
  world.ask('refresh')
  bind(world, 0x4000, peer)
  world.now += 600_000 // no sweep has been yet
  assert.equal(bind(world, 0x4001, peer), 'success')
  assert.equal(bind(world, 0x4000, other), 'success')
  world.pass(1)
  assert.equal(allocation.channelTo(peer, world.now)?.number, 0x4001)
  assert.equal(allocation.channelTo(other, world.now)?.number, 0x4000)
})

test('numbers that are none: 400; those of RFC 5766 are some', () => {
  const { world } = allocated()
  for (const number of [0, 0x3fff, 0x8000, 0xffff]) assert.equal(bind(world, number, peer), 400)
  assert.equal(bind(world, 0x7fff, peer), 'success')
})

test('without a number, without a peer, to port 0: 400; of the other family: 443; denied: 403', () => {
  const { world, allocation } = allocated()
  assert.deepEqual(
    [
      bind(world, undefined, peer),
      bind(world, 0x4000, undefined),
      bind(world, 0x4000, { ...peer, port: 0 }),
      bind(world, 0x4000, { address: '2001:db8::1', port: 7 }),
      bind(world, 0x4000, { address: '127.0.0.1', port: 7 }),
    ],
    [400, 400, 400, 443, 403],
  )
  assert.deepEqual([allocation.channels.size, allocation.permissions.size], [0, 0])
})

test('without an allocation 437, of another user 441, on a relay of TCP 400', () => {
  const { world } = allocated()
  assert.deepEqual([bind(world, 0x4000, peer, { from: bob }), bind(world, 0x4000, peer, { as: 'mallory' })], [437, 441])
  world.ask('allocate', [requestedTransport.of(6)], { from: overTcp })
  assert.equal(bind(world, 0x4000, peer, { from: overTcp }), 400)
})

test('more channels than one allocation may have: 508, but those that are there can be refreshed', () => {
  const { world } = allocated({ limits: { channels: 1 } })
  assert.deepEqual(
    [bind(world, 0x4000, peer), bind(world, 0x4001, other), bind(world, 0x4000, peer)],
    ['success', 508, 'success'],
  )
})

test('a channel that is refreshed does not get round the limit of permissions', () => {
  const { world, allocation } = allocated({ limits: { permissions: 1 } })
  world.server.limits = { ...world.server.limits, defaultLifetime: 3600 }
  world.ask('refresh')
  bind(world, 0x4000, peer)
  world.pass(301)
  world.ask('createPermission', [xorPeerAddress.of(other)])
  assert.equal(bind(world, 0x4000, peer), 508)
  assert.equal(allocation.permissions.size, 1)
})

test('Send: without a peer, without data, to port 0, without an allocation: nothing, and no answer', () => {
  const { world } = allocated()
  bind(world, 0x4000, peer)
  const text = data.of(new Uint8Array(2))
  const before = world.received.length
  world.indicate('send', [text])
  world.indicate('send', [xorPeerAddress.of(peer)])
  world.indicate('send', [xorPeerAddress.of({ ...peer, port: 0 }), text])
  world.indicate('send', [xorPeerAddress.of(peer), text], bob)
  assert.deepEqual([world.relays.sent.length, world.received.length - before], [0, 0])
  world.indicate('send', [xorPeerAddress.of(peer), data.of(new Uint8Array())])
  assert.equal(world.relays.sent.length, 1) // nothing at all is a datagram too
})

test('channels and permissions end to the millisecond, whether they have been swept or not', () => {
  const { world, allocation } = allocated()
  bind(world, 0x4000, peer)
  world.now += 299_999
  assert.ok(allocation.permits(peer.address, world.now))
  world.now += 1
  assert.ok(!allocation.permits(peer.address, world.now))
  allocation.sweep(world.now)
  assert.equal(allocation.permissions.size, 0)
  world.now += 299_999
  assert.ok(allocation.channel(0x4000, world.now) && allocation.channelTo(peer, world.now))
  world.now += 1
  assert.deepEqual(
    [allocation.channel(0x4000, world.now), allocation.channelTo(peer, world.now)],
    [undefined, undefined],
  )
  allocation.sweep(world.now)
  assert.deepEqual([allocation.channels.size, allocation.channelOf.size], [0, 0])
})

test('what has ended, though nobody swept it yet, stands in nobody’s way and leaves nothing behind', () => {
  const { world, allocation } = allocated()
  bind(world, 0x4000, peer)
  world.now += 600_000
  assert.equal(bind(world, 0x4000, other), 'success')
  assert.deepEqual([...allocation.channelOf.values()], [allocation.channels.get(0x4000)])
  world.now += 600_000
  assert.equal(bind(world, 0x4001, other), 'success')
  assert.deepEqual([allocation.channels.size, allocation.channelOf.size], [1, 1])
})
