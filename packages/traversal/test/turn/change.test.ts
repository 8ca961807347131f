import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PeerFilter } from '../../src/filter/index.ts'
import {
  channelNumber,
  connectionId,
  data,
  errorCode,
  evenPort,
  requestedTransport,
  xorPeerAddress,
} from '../../src/stun/index.ts'
import { alice, bob, overTcp, World } from './support/world.ts'

const udp = requestedTransport.of(17)
const one = { address: '192.0.2.1', port: 7 }
const two = { address: '192.0.2.2', port: 7 }
const everyone = ['192.0.2.0/24', '198.51.100.0/24']

/** What a reload of the configuration does: the rest stays as it was. */
function reload(world: World, parts: Partial<Parameters<World['server']['change']>[0]>): void {
  const nobody = { byName: () => undefined, byHash: () => undefined }
  world.server.change({ users: nobody, filter: new PeerFilter({ allow: everyone }), limits: {}, ...parts })
}

test('a peer that is denied from now on is cut off at once, on every path, and others are not', () => {
  const world = new World()
  world.ask('allocate', [udp])
  world.ask('channelBind', [channelNumber.of(0x4000), xorPeerAddress.of(one)])
  world.ask('channelBind', [channelNumber.of(0x4001), xorPeerAddress.of(two)])
  const allocation = world.server.table.of(alice)!
  const { version } = allocation
  reload(world, { filter: new PeerFilter({ allow: everyone, deny: [one.address] }) })
  assert.deepEqual([...allocation.channels.keys()], [0x4001])
  assert.deepEqual([...allocation.permissions.keys()], [two.address])
  assert.ok(allocation.version > version, 'who keeps answers has to ask again')
  for (const peer of [one, two]) world.indicate('send', [xorPeerAddress.of(peer), data.of(new Uint8Array(1))])
  assert.deepEqual(
    world.relays.sent.map(({ peer }) => peer.address),
    [two.address],
  )
  assert.equal(world.server.fromPeer(allocation, one, new Uint8Array(1), world.now), false)
})

test('a channel whose permission has ended is cut off too', () => {
  const world = new World({ limits: { defaultLifetime: 3600 } })
  world.ask('allocate', [udp])
  world.ask('channelBind', [channelNumber.of(0x4000), xorPeerAddress.of(one)])
  world.pass(301)
  const allocation = world.server.table.of(alice)!
  assert.deepEqual([allocation.permissions.size, allocation.channels.size], [0, 1])
  reload(world, { filter: new PeerFilter({ allow: everyone, deny: [one.address] }) })
  assert.equal(allocation.channels.size, 0)
})

test('connections with a peer that is denied from now on are closed', () => {
  const world = new World()
  world.ask('allocate', [requestedTransport.of(6)], { from: overTcp })
  for (const peer of [one, two]) {
    world.ask('connect', [xorPeerAddress.of(peer)], { from: overTcp })
    world.server.connected(world.relays.connecting.at(-1)!.id, true, world.now)
  }
  const [first, second] = world.relays.connecting.map(({ id }) => id)
  const joined = { ...overTcp, remote: { ...overTcp.remote, port: 9 } }
  world.ask('connectionBind', [connectionId.of(first!)], { from: joined })
  reload(world, { filter: new PeerFilter({ allow: everyone, deny: [one.address] }) })
  assert.deepEqual(world.relays.disconnected, [first])
  assert.deepEqual([...world.server.table.of(overTcp)!.connections.keys()], [second])
})

test('allocations of a user who is gone stay, and get no answer to anything', () => {
  const world = new World()
  world.ask('allocate', [udp])
  reload(world, {})
  assert.equal(world.server.table.size, 1)
  assert.equal(world.ask('refresh')?.get(errorCode)?.code, 401)
  world.pass(600)
  assert.equal(world.server.table.size, 0)
})

test('nonces that were given out stay good', () => {
  const world = new World()
  const nonce = world.nonce(alice)
  reload(world, {})
  assert.equal(world.nonce(alice), nonce)
})

test('lower limits end nothing, and hold for what comes', () => {
  const world = new World()
  const before = world.server.options.authenticator
  world.ask('allocate', [udp])
  reload(world, { limits: { perUser: 1, maxLifetime: 60, defaultLifetime: 30 } })
  world.server.options = { ...world.server.options, authenticator: before }
  assert.equal(world.server.table.size, 1)
  assert.equal(world.ask('allocate', [udp], { from: bob })?.get(errorCode)?.code, 486)
  assert.equal(world.ask('refresh')?.class, 'success')
  world.pass(30)
  assert.equal(world.server.table.size, 0)
})

test('the end of a server closes every port, the kept ones too, and says so once', () => {
  const closed: string[] = []
  const world = new World()
  world.server.events.closed = (_allocation, why) => closed.push(why)
  world.ask('allocate', [udp, evenPort.of({ reserve: true })])
  world.ask('allocate', [udp], { from: bob })
  assert.equal(world.relays.open_.size, 3)
  world.server.stop()
  world.server.stop()
  assert.deepEqual([world.relays.open_.size, world.server.table.size, closed.join()], [0, 0, 'stopped,stopped'])
})

test('kept ports count: nobody gets more of them than allocations', () => {
  const world = new World({ limits: { perUser: 2 } })
  const codes = [1, 2, 3].map((number) => {
    const from = { ...alice, remote: { ...alice.remote, port: number } }
    const answer = world.ask('allocate', [udp, evenPort.of({ reserve: true })], { from })
    const allocation = world.server.table.of(from)
    if (allocation !== undefined) world.server.close(allocation, 'released')
    return answer?.get(errorCode)?.code
  })
  assert.deepEqual(codes, [undefined, undefined, 486])
  world.pass(31)
  assert.equal(world.relays.open_.size, 0)
  assert.equal(world.ask('allocate', [udp, evenPort.of({ reserve: true })])?.class, 'success')
})
