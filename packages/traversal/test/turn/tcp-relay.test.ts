import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  connectionId,
  errorCode,
  lifetime,
  type Message,
  methods,
  requestedTransport,
  xorPeerAddress,
} from '../../src/stun/index.ts'
import type { Allocation, Client } from '../../src/turn/server/index.ts'
import { alice, overTcp, World, type WorldOptions } from './support/world.ts'

const peer = { address: '192.0.2.1', port: 80 }
/** The client's second connection, that carries data. */
const dataConnection: Client = { ...overTcp, remote: { ...overTcp.remote, port: 5001 } }

function codeOf(message: Message | undefined): number | undefined {
  assert.ok(message, 'no answer')
  return message.get(errorCode)?.code
}

function allocated(options: WorldOptions = {}): { world: World; allocation: Allocation } {
  const world = new World(options)
  world.ask('allocate', [requestedTransport.of(6)], { from: overTcp })
  return { world, allocation: world.server.table.of(overTcp)! }
}

function connect(world: World, to = peer, options = {}): Message | undefined {
  return world.ask('connect', [xorPeerAddress.of(to)], { from: overTcp, ...options })
}

/** Connects all the way; gives the number that the client was told. */
function connected(world: World, to = peer): number {
  assert.equal(connect(world, to), undefined) // the answer takes its time
  const before = world.received.length
  world.server.connected(world.relays.connecting.at(-1)!.id, true, world.now)
  return world.received[before]!.message.get(connectionId)!
}

function bind(world: World, id: number | undefined, options: Parameters<World['ask']>[2] = {}): Message | undefined {
  const attributes = id === undefined ? [] : [connectionId.of(id)]
  return world.ask('connectionBind', attributes, { from: dataConnection, connection: 'socket', ...options })
}

test('Connect is answered when the peer has answered, with the number of the connection', () => {
  const { world } = allocated()
  const id = connected(world)
  assert.equal(id, world.relays.connecting[0]?.id)
  assert.equal(world.received.at(-1)?.message.class, 'success')
  assert.equal(bind(world, id)?.class, 'success')
  assert.deepEqual(world.relays.joined, [id])
})

test('a peer that refuses or does not answer in thirty seconds: 447, and it can be tried again', () => {
  const { world, allocation } = allocated()
  connect(world)
  world.server.connected(world.relays.connecting[0]!.id, false, world.now)
  assert.equal(codeOf(world.received.at(-1)?.message), 447)
  connect(world)
  world.pass(29)
  assert.equal(world.relays.disconnected.length, 1)
  world.pass(1)
  assert.equal(codeOf(world.received.at(-1)?.message), 447)
  assert.deepEqual([world.relays.disconnected.length, allocation.connections.size], [2, 0])
  connected(world)
})

test('a second connection to the same peer: 446, while the first is on its way, waits or is joined', () => {
  const { world } = allocated()
  connect(world)
  assert.equal(codeOf(connect(world)), 446)
  world.server.connected(world.relays.connecting[0]!.id, true, world.now)
  const id = world.received.at(-1)?.message.get(connectionId)
  assert.equal(codeOf(connect(world)), 446)
  bind(world, id)
  assert.equal(codeOf(connect(world)), 446)
  world.server.disconnected(id!)
  assert.equal(connect(world), undefined)
})

test('another port is another peer', () => {
  const { world } = allocated()
  connected(world)
  assert.equal(connect(world, { ...peer, port: 81 }), undefined)
})

test('without a peer 400, denied 403, of the other family 443, of another user 441, on a relay of UDP 437', () => {
  const { world } = allocated()
  assert.equal(codeOf(world.ask('connect', [], { from: overTcp })), 400)
  assert.equal(codeOf(connect(world, { ...peer, port: 0 })), 400)
  assert.equal(codeOf(connect(world, { address: '127.0.0.1', port: 80 })), 403)
  assert.equal(codeOf(connect(world, { address: '2001:db8::1', port: 80 })), 443)
  assert.equal(codeOf(connect(world, peer, { as: 'mallory' })), 441)
  world.ask('allocate', [requestedTransport.of(17)])
  assert.equal(codeOf(connect(world, peer, { from: alice })), 437)
  assert.equal(codeOf(connect(world, peer, { from: dataConnection })), 437)
  assert.equal(world.relays.connecting.length, 0)
})

test('more connections than one allocation may have: 508', () => {
  const { world } = allocated({ limits: { connections: 1 } })
  connected(world)
  assert.equal(codeOf(connect(world, { ...peer, port: 81 })), 508)
})

test('who connects to the relay is told to its client, if there is a permission', () => {
  const { world, allocation } = allocated()
  assert.equal(world.server.attempted(allocation, peer, world.now), undefined)
  world.ask('createPermission', [xorPeerAddress.of(peer)], { from: overTcp })
  const id = world.server.attempted(allocation, peer, world.now)
  const told = world.received.at(-1)
  assert.deepEqual([told?.message.class, told?.message.method], ['indication', methods.connectionAttempt])
  assert.deepEqual([told?.message.get(connectionId), told?.message.get(xorPeerAddress)], [id, peer])
  assert.equal(bind(world, id)?.class, 'success')
})

test('connections that come count as well: one too many is closed, and comes again when there is room', () => {
  const { world, allocation } = allocated({ limits: { connections: 1 } })
  world.ask('createPermission', [xorPeerAddress.of(peer)], { from: overTcp })
  const id = world.server.attempted(allocation, peer, world.now)
  assert.ok(id !== undefined)
  assert.equal(world.server.attempted(allocation, { ...peer, port: 81 }, world.now), undefined)
  world.server.disconnected(id)
  assert.ok(world.server.attempted(allocation, { ...peer, port: 81 }, world.now) !== undefined)
})

test('a connection that nobody binds within thirty seconds is closed', () => {
  const { world, allocation } = allocated()
  const id = connected(world)
  world.pass(30)
  assert.deepEqual([world.relays.disconnected, allocation.connections.size], [[id], 0])
  assert.equal(codeOf(bind(world, id)), 400)
})

test('a joined connection stays for as long as its allocation', () => {
  const { world } = allocated()
  const id = connected(world)
  bind(world, id)
  world.pass(599)
  assert.deepEqual(world.relays.disconnected, [])
  world.pass(1)
  assert.deepEqual(world.relays.disconnected, [id])
})

test('ConnectionBind: over UDP, without a number, with an unknown one, twice, on the control connection: 400', () => {
  const { world } = allocated()
  const id = connected(world)
  assert.equal(codeOf(bind(world, id, { from: { ...alice, remote: { ...alice.remote, port: 5001 } } })), 400)
  assert.equal(codeOf(bind(world, undefined)), 400)
  assert.equal(codeOf(bind(world, id + 1)), 400)
  assert.equal(codeOf(bind(world, id, { from: overTcp })), 400)
  bind(world, id)
  assert.equal(codeOf(bind(world, id, { from: { ...dataConnection, remote: { ...alice.remote, port: 5002 } } })), 400)
  assert.deepEqual(world.relays.joined, [id])
})

test('ConnectionBind before the peer has answered: 400', () => {
  const { world } = allocated()
  connect(world)
  assert.equal(codeOf(bind(world, world.relays.connecting[0]?.id)), 400)
})

test('a connection is bound by the user whose allocation it is: 441 for another, who gets nothing', () => {
  const { world } = allocated()
  const id = connected(world)
  assert.equal(codeOf(bind(world, id, { as: 'mallory' })), 441)
  assert.deepEqual(world.relays.joined, [])
  assert.equal(bind(world, id)?.class, 'success')
})

test('the end of an allocation closes its connections, and a late answer of a peer goes nowhere', () => {
  const { world } = allocated()
  connect(world)
  const { id } = world.relays.connecting[0]!
  world.ask('refresh', [lifetime.of(0)], { from: overTcp })
  assert.deepEqual(world.relays.disconnected, [id])
  const before = world.received.length
  world.server.connected(id, true, world.now)
  assert.equal(world.received.length, before)
})

test('where there are no TCP relays: 442', () => {
  const world = new World({ tcpRelay: false })
  assert.equal(codeOf(world.ask('allocate', [requestedTransport.of(6)], { from: overTcp })), 442)
})
