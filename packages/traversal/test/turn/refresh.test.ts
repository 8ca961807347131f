import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  additionalAddressFamily,
  errorCode,
  lifetime,
  type Message,
  requestedAddressFamily,
  requestedTransport,
  xorPeerAddress,
} from '../../src/stun/index.ts'
import { alice, bob, World } from './support/world.ts'

const udp = requestedTransport.of(17)

function allocated(): World {
  const world = new World()
  world.ask('allocate', [udp])
  return world
}

function dual(): World {
  const world = new World()
  world.ask('allocate', [udp, additionalAddressFamily.of(6)])
  return world
}

function codeOf(message: Message | undefined): number | undefined {
  return message?.get(errorCode)?.code
}

test('an allocation goes on for what the server grants', () => {
  const world = allocated()
  for (const [asked, given] of [
    [30, 600],
    [1200, 1200],
    [100_000, 3600],
  ] as const) {
    assert.equal(world.ask('refresh', [lifetime.of(asked)])?.get(lifetime), given)
  }
  world.pass(3599)
  assert.equal(world.server.table.size, 1)
  world.pass(1)
  assert.equal(world.server.table.size, 0)
})

test('a lifetime of 0 ends it, and everything that it had', () => {
  const world = allocated()
  world.ask('createPermission', [xorPeerAddress.of({ address: '192.0.2.1', port: 7 })])
  assert.equal(world.ask('refresh', [lifetime.of(0)])?.get(lifetime), 0)
  assert.deepEqual([world.server.table.size, world.relays.open_.size], [0, 0])
  assert.equal(codeOf(world.ask('refresh', [])), 437)
})

test('without an allocation 437, of another user 441, which ends nothing', () => {
  const world = allocated()
  assert.equal(codeOf(world.ask('refresh', [lifetime.of(0)], { from: bob })), 437)
  assert.equal(codeOf(world.ask('refresh', [lifetime.of(0)], { as: 'mallory' })), 441)
  assert.equal(world.server.table.size, 1)
})

test('a family that it has no relay of: 443; a lifetime that cannot be read: 400', () => {
  const world = allocated()
  assert.equal(codeOf(world.ask('refresh', [requestedAddressFamily.of(6)])), 443)
  assert.equal(codeOf(world.ask('refresh', [requestedAddressFamily.of(4)])), undefined)
  assert.equal(codeOf(world.ask('refresh', [{ ...lifetime.of(1), write: () => new Uint8Array(2) }])), 400)
})

test('of two relays one can be ended alone, with its permissions, and the other goes on', () => {
  const world = dual()
  const allocation = world.server.table.of(alice)!
  const peers = ['192.0.2.1', '2001:db8::7'].map((address) => xorPeerAddress.of({ address, port: 7 }))
  world.ask('createPermission', peers)
  assert.equal(world.ask('refresh', [lifetime.of(0), requestedAddressFamily.of(4)])?.get(lifetime), 0)
  assert.deepEqual(
    [...world.relays.open_].map(({ family }) => family),
    [6],
  )
  assert.deepEqual([...allocation.permissions.keys()], ['2001:db8::7'])
  assert.equal(codeOf(world.ask('createPermission', [peers[0]!])), 443)
  assert.equal(codeOf(world.ask('refresh', [requestedAddressFamily.of(4)])), 443)
  world.ask('refresh', [lifetime.of(0), requestedAddressFamily.of(6)])
  assert.equal(world.server.table.size, 0)
})

test('of two relays one can be refreshed alone, and the other ends', () => {
  const world = dual()
  world.pass(300)
  world.ask('refresh', [requestedAddressFamily.of(6)])
  world.pass(300)
  assert.deepEqual(
    [...world.relays.open_].map(({ family }) => family),
    [6],
  )
  assert.equal(world.server.table.size, 1)
  world.pass(300)
  assert.deepEqual([world.server.table.size, world.relays.open_.size], [0, 0])
})

test('without a family a refresh is for both', () => {
  const world = dual()
  world.pass(300)
  world.ask('refresh')
  world.pass(599)
  assert.equal(world.relays.open_.size, 2)
  world.ask('refresh', [lifetime.of(0)])
  assert.equal(world.relays.open_.size, 0)
})

test('when half of a dual allocation is given up, the other one’s end is the allocation’s', () => {
  const world = dual()
  world.ask('refresh', [requestedAddressFamily.of(6), lifetime.of(3600)])
  const allocation = world.server.table.of(alice)!
  assert.equal(allocation.expires, world.now + 3_600_000)
  world.ask('refresh', [requestedAddressFamily.of(6), lifetime.of(0)])
  assert.equal(allocation.expires, world.now + 600_000)
})
