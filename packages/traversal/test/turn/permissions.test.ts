import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  additionalAddressFamily,
  data,
  errorCode,
  type Message,
  methods,
  requestedAddressFamily,
  requestedTransport,
  xorPeerAddress,
} from '../../src/stun/index.ts'
import { alice, bob, World, type WorldOptions } from './support/world.ts'

const udp = requestedTransport.of(17)
const peer = { address: '192.0.2.1', port: 7 }
const six = { address: '2001:db8::7', port: 7 }
const text = data.of(new TextEncoder().encode('hello'))

function allocated(options: WorldOptions = {}): World {
  const world = new World(options)
  world.ask('allocate', [udp])
  return world
}

function permit(world: World, ...peers: { address: string; port: number }[]): number | undefined {
  return codeOf(
    world.ask(
      'createPermission',
      peers.map((each) => xorPeerAddress.of(each)),
    ),
  )
}

function codeOf(message: Message | undefined): number | undefined {
  assert.ok(message, 'no answer')
  return message.get(errorCode)?.code
}

/** What reached the peer of a Send. */
function sent(world: World, to = peer): number {
  const before = world.relays.sent.length
  world.indicate('send', [xorPeerAddress.of(to), text])
  return world.relays.sent.length - before
}

function comesIn(world: World, from = peer): boolean {
  return world.server.fromPeer(world.server.table.of(alice)!, from, new Uint8Array(3), world.now)
}

test('without a permission nothing goes out and nothing comes in', () => {
  const world = allocated()
  assert.deepEqual([sent(world), comesIn(world)], [0, false])
})

test('a permission lets both ways through, for any port of the address and no other address', () => {
  const world = allocated()
  assert.equal(permit(world, peer), undefined)
  assert.deepEqual([sent(world), comesIn(world)], [1, true])
  assert.deepEqual([sent(world, { ...peer, port: 9 }), comesIn(world, { ...peer, port: 9 })], [1, true])
  const other = { ...peer, address: '192.0.2.2' }
  assert.deepEqual([sent(world, other), comesIn(world, other)], [0, false])
})

test('what a permitted peer sends arrives as a Data indication', () => {
  const world = allocated()
  permit(world, peer)
  const before = world.received.length
  world.server.fromPeer(world.server.table.of(alice)!, peer, new TextEncoder().encode('hi'), world.now)
  const [indication] = world.received.slice(before)
  assert.deepEqual([indication?.message.class, indication?.message.method], ['indication', methods.data])
  assert.deepEqual(indication?.message.get(xorPeerAddress), peer)
  assert.equal(Buffer.from(indication?.message.get(data) ?? []).toString(), 'hi')
})

test('a permission lives five minutes, and as long again when it is refreshed', () => {
  const world = allocated()
  permit(world, peer)
  world.pass(299)
  assert.ok(comesIn(world))
  permit(world, peer)
  world.pass(299)
  assert.ok(comesIn(world))
  world.pass(1)
  assert.deepEqual([sent(world), comesIn(world)], [0, false])
})

test('neither Send nor what comes from the peer keeps a permission alive', () => {
  const world = allocated()
  permit(world, peer)
  for (let second = 0; second < 300; second += 10) {
    assert.deepEqual([sent(world), comesIn(world)], [1, true])
    world.pass(10)
  }
  assert.deepEqual([sent(world), comesIn(world)], [0, false])
})

test('several at once are installed all or none', () => {
  const world = allocated()
  const second = { ...peer, address: '192.0.2.2' }
  assert.equal(permit(world, peer, { address: '10.0.0.1', port: 7 }, second), 403)
  assert.equal(permit(world, peer, six), 443)
  assert.equal(world.server.table.of(alice)?.permissions.size, 0)
  assert.equal(permit(world, peer, second), undefined)
  assert.equal(world.server.table.of(alice)?.permissions.size, 2)
})

test('no peer, or one that cannot be read: 400', () => {
  const world = allocated()
  assert.equal(permit(world), 400)
  const broken = { ...xorPeerAddress.of(peer), write: () => new Uint8Array(5) }
  assert.equal(codeOf(world.ask('createPermission', [xorPeerAddress.of(peer), broken])), 400)
  assert.equal(world.server.table.of(alice)?.permissions.size, 0)
})

test('a peer of the family that the allocation has no relay of: 443, on a relay of both none', () => {
  assert.equal(permit(allocated(), six), 443)
  const v6 = new World()
  v6.ask('allocate', [udp, requestedAddressFamily.of(6)])
  assert.equal(permit(v6, peer), 443)
  const both = new World()
  both.ask('allocate', [udp, additionalAddressFamily.of(6)])
  assert.equal(permit(both, peer, six), undefined)
  sent(both)
  sent(both, six)
  assert.deepEqual(
    both.relays.sent.map(({ relay }) => relay.family),
    [4, 6],
  )
})

test('a mapped address is the IPv4 address, for its permission and for its packets', () => {
  const world = allocated()
  assert.equal(permit(world, { ...peer, address: `::ffff:${peer.address}` }), undefined)
  assert.deepEqual(
    [sent(world), comesIn(world), sent(world, { ...peer, address: `::ffff:${peer.address}` })],
    [1, true, 1],
  )
})

test('without an allocation 437, of another user 441', () => {
  const world = allocated()
  const ask = (options: { from?: typeof alice; as?: string }): number | undefined =>
    codeOf(world.ask('createPermission', [xorPeerAddress.of(peer)], options))
  assert.deepEqual([ask({ from: bob }), ask({ as: 'mallory' }), ask({})], [437, 441, undefined])
})

test('more permissions than one allocation may have: 508, but those that are there can be refreshed', () => {
  const world = allocated({ limits: { permissions: 2 } })
  const at = (last: number) => ({ address: `192.0.2.${last}`, port: 7 })
  assert.deepEqual(
    [permit(world, at(1), at(2)), permit(world, at(3)), permit(world, at(2), at(1))],
    [undefined, 508, undefined],
  )
})
