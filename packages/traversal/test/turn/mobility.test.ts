import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  channelNumber,
  errorCode,
  lifetime,
  type Message,
  mobilityTicket,
  requestedTransport,
  xorPeerAddress,
} from '../../src/stun/index.ts'
import type { Client } from '../../src/turn/server/index.ts'
import { alice, bob, overTcp, World } from './support/world.ts'

const udp = requestedTransport.of(17)
const wanted = mobilityTicket.of(new Uint8Array())
const peer = xorPeerAddress.of({ address: '192.0.2.1', port: 7 })
/** Where alice goes to. */
const elsewhere: Client = { ...alice, remote: { address: '198.51.100.99', port: 9999 } }
const further: Client = { ...alice, remote: { address: '198.51.100.98', port: 9998 } }

function codeOf(message: Message | undefined): number | undefined {
  assert.ok(message, 'no answer')
  return message.get(errorCode)?.code
}

function mobile(world = new World()): { world: World; ticket: Uint8Array } {
  const ticket = world.ask('allocate', [udp, wanted])?.get(mobilityTicket)
  assert.ok(ticket)
  return { world, ticket }
}

function show(world: World, ticket: Uint8Array, options: Parameters<World['ask']>[2] = {}): Message | undefined {
  return world.ask('refresh', [mobilityTicket.of(ticket)], { from: elsewhere, ...options })
}

test('with its ticket a client goes on from elsewhere, with all that it had', () => {
  const { world, ticket } = mobile()
  world.ask('channelBind', [channelNumber.of(0x4000), peer])
  const allocation = world.server.table.of(alice)
  const answer = show(world, ticket)
  assert.equal(answer?.class, 'success')
  assert.equal(world.server.table.of(elsewhere), allocation)
  assert.equal(allocation?.channels.size, 1)
  world.server.fromPeer(allocation!, { address: '192.0.2.1', port: 8 }, new Uint8Array(1), world.now)
  assert.equal(world.received.at(-1)?.client, elsewhere)
  assert.equal(world.relays.open_.size, 1)
})

test('the address that it left is dead', () => {
  const { world, ticket } = mobile()
  show(world, ticket)
  assert.equal(codeOf(world.ask('refresh')), 437)
  assert.equal(codeOf(world.ask('createPermission', [peer])), 437)
  assert.equal(world.ask('allocate', [udp])?.class, 'success') // and free for somebody else
})

test('a ticket is good once: the next move needs the new one', () => {
  const { world, ticket } = mobile()
  const next = show(world, ticket)?.get(mobilityTicket)
  assert.ok(next)
  assert.notDeepEqual(next, ticket)
  assert.equal(codeOf(show(world, ticket, { from: further })), 437)
  assert.equal(show(world, next, { from: further })?.class, 'success')
})

test('a retransmission gets the same ticket, so that the one which the client took stays good', () => {
  const { world, ticket } = mobile()
  const transaction = world.transaction()
  const first = show(world, ticket, { transaction })
  const again = show(world, ticket, { transaction })
  assert.deepEqual(again?.bytes, first?.bytes)
  assert.equal(show(world, first!.get(mobilityTicket)!, { from: further })?.class, 'success')
})

test('a stolen ticket is worth nothing to another user: 441, and the owner keeps it', () => {
  const { world, ticket } = mobile()
  assert.equal(codeOf(show(world, ticket, { as: 'mallory' })), 441)
  assert.equal(world.server.table.of(elsewhere), undefined)
  assert.equal(show(world, ticket)?.class, 'success')
})

test('an invented ticket, one that is cut off, one of an allocation that ended: 437', () => {
  const { world, ticket } = mobile()
  assert.equal(codeOf(show(world, new Uint8Array(24))), 437)
  assert.equal(codeOf(show(world, ticket.subarray(0, 8))), 437)
  world.ask('refresh', [lifetime.of(0)])
  assert.equal(codeOf(show(world, ticket)), 437)
})

test('a move can end the allocation as well', () => {
  const { world, ticket } = mobile()
  const answer = world.ask('refresh', [mobilityTicket.of(ticket), lifetime.of(0)], { from: elsewhere })
  assert.equal(answer?.get(lifetime), 0)
  assert.deepEqual([world.server.table.size, world.relays.open_.size], [0, 0])
})

test('a ticket is asked for with an empty attribute: with anything else 400, where it is not offered 405', () => {
  const full = mobilityTicket.of(new Uint8Array(4))
  assert.equal(codeOf(new World().ask('allocate', [udp, full])), 400)
  assert.equal(codeOf(new World({ mobility: false }).ask('allocate', [udp, wanted])), 405)
  const world = new World({ mobility: false })
  assert.equal(codeOf(show(world, new Uint8Array(24))), 405)
})

test('who did not ask for a ticket has none', () => {
  const world = new World()
  assert.equal(world.ask('allocate', [udp])?.has(mobilityTicket), false)
  assert.equal(world.ask('refresh', [wanted])?.has(mobilityTicket), false)
})

test('with a ticket an allocation outlives its connection, without one it does not', () => {
  const world = new World()
  const ticket = world.ask('allocate', [udp, wanted], { from: overTcp })?.get(mobilityTicket)
  assert.ok(ticket)
  world.server.gone(overTcp)
  assert.equal(show(world, ticket, { from: { ...elsewhere, transport: 'tcp' } })?.class, 'success')
  const plain = new World()
  plain.ask('allocate', [udp], { from: overTcp })
  plain.server.gone(overTcp)
  assert.deepEqual([plain.server.table.size, plain.relays.open_.size], [0, 0])
})

test('on an address that has an allocation already the ticket of another one is not looked at', () => {
  const { world, ticket } = mobile()
  world.ask('allocate', [udp], { from: bob })
  const own = world.server.table.of(bob)
  assert.equal(show(world, ticket, { from: bob })?.class, 'success')
  assert.equal(world.server.table.of(bob), own)
  assert.ok(world.server.table.of(alice))
})
