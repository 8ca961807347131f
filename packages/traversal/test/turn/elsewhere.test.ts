import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  errorCode,
  type Message,
  mobilityTicket,
  requestedTransport,
  reservationToken,
  xorRelayedAddress,
} from '../../src/stun/index.ts'
import type { Allocation, Elsewhere, NotFound, Relay } from '../../src/turn/server/index.ts'
import { alice, bob, World } from './support/world.ts'

const udp = requestedTransport.of(17)
/** Of server 2, where these worlds are server 1. */
const token = reservationToken.of(Uint8Array.of(2, 1, 2, 3, 4, 5, 6, 7))
const ticket = mobilityTicket.of(new Uint8Array(24).fill(2))

/** Another server that answers when it is told to. */
class Other implements Elsewhere {
  readonly number = 1
  readonly reservations: ((found: Relay | undefined) => void)[] = []
  readonly allocations: ((found: Allocation | NotFound) => void)[] = []

  reservation(owner: number, _token: Uint8Array, then: (found: Relay | undefined) => void): void {
    assert.equal(owner, 2)
    this.reservations.push(then)
  }

  allocation(
    owner: number,
    _ticket: Uint8Array,
    _request: unknown,
    then: (found: Allocation | NotFound) => void,
  ): void {
    assert.equal(owner, 2)
    this.allocations.push(then)
  }
}

function shared(perUser = 1): { world: World; other: Other } {
  const other = new Other()
  return { world: new World({ elsewhere: other, limits: { perUser } }), other }
}

function keptPort(world: World): Relay {
  const opened = world.relays.open({ family: 4, protocol: 'udp' })
  assert.ok('relay' in opened)
  return opened.relay
}

function codes(messages: readonly { readonly message: Message }[]): (number | undefined)[] {
  return messages.map(({ message }) => message.get(errorCode)?.code)
}

test('a port that another server keeps is asked for, and the answer waits for it', () => {
  const { world, other } = shared()
  assert.equal(world.ask('allocate', [udp, token]), undefined)
  const relay = keptPort(world)
  other.reservations[0]!(relay)
  assert.deepEqual(world.received.at(-1)?.message.get(xorRelayedAddress), relay.endpoint)
})

test('a retransmission meanwhile asks nobody again, is no second allocation, and gets one answer', () => {
  const { world, other } = shared()
  const transaction = world.transaction()
  for (let repeated = 0; repeated < 3; repeated += 1) world.ask('allocate', [udp, token], { transaction })
  assert.equal(other.reservations.length, 1)
  other.reservations[0]!(keptPort(world))
  assert.deepEqual(codes(world.received), [undefined])
  assert.equal(world.ask('allocate', [udp, token], { transaction })?.class, 'success')
})

test('a port that nobody keeps any more: 508, it does not count, and may be asked for again', () => {
  const { world, other } = shared()
  for (const answer of [0, 1]) {
    assert.equal(world.ask('allocate', [udp, token]), undefined)
    other.reservations[answer]!(undefined)
  }
  assert.deepEqual(codes(world.received), [508, 508])
  assert.equal(world.ask('allocate', [udp])?.class, 'success')
})

test('a client that began something else meanwhile: 437, and the port is closed', () => {
  const { world, other } = shared(2)
  world.ask('allocate', [udp, token])
  assert.equal(world.ask('allocate', [udp])?.class, 'success')
  other.reservations[0]!(keptPort(world))
  assert.equal(world.received.at(-1)?.message.get(errorCode)?.code, 437)
  assert.deepEqual([world.server.table.size, world.relays.open_.size], [1, 1])
  assert.equal(world.ask('allocate', [udp], { from: bob })?.class, 'success', 'it does not count')
})

test('an allocation of another server goes on here, for its owner alone', () => {
  for (const [found, code] of [
    ['unknown', 437],
    ['of somebody else', 441],
  ] as const) {
    const { world, other } = shared()
    assert.equal(world.ask('refresh', [ticket]), undefined)
    other.allocations[0]!(found)
    assert.deepEqual(codes(world.received), [code])
  }
  const { world, other } = shared()
  const there = new World()
  there.ask('allocate', [udp], { from: bob })
  const allocation = there.server.table.of(bob)!
  world.ask('refresh', [ticket])
  other.allocations[0]!(allocation)
  assert.equal(world.received.at(-1)?.message.class, 'success')
  assert.equal(world.server.table.of(alice), allocation)
})

test('a retransmitted move gets the answer of the first one, although nothing is left where it came from', () => {
  const { world, other } = shared()
  const there = new World()
  there.ask('allocate', [udp, mobilityTicket.of(new Uint8Array())], { from: bob })
  const allocation = there.server.table.of(bob)!
  const transaction = world.transaction()
  for (let repeated = 0; repeated < 2; repeated += 1) world.ask('refresh', [ticket], { transaction })
  other.allocations[0]!(allocation)
  other.allocations[1]!('unknown')
  const [first, second] = world.received.map(({ message }) => message)
  assert.equal(first?.class, 'success')
  assert.deepEqual(second?.bytes, first?.bytes)
})

test('a client that has an allocation here by the time its old one arrives keeps the new one: 437', () => {
  const { world, other } = shared(2)
  const there = new World()
  there.ask('allocate', [udp], { from: bob })
  const old = there.server.table.of(bob)!
  world.ask('refresh', [ticket])
  world.ask('allocate', [udp])
  const begun = world.server.table.of(alice)
  other.allocations[0]!(old)
  assert.equal(world.received.at(-1)?.message.get(errorCode)?.code, 437)
  assert.deepEqual([old.closed, world.server.table.of(alice)], [true, begun])
})
