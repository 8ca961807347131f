import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  additionalAddressFamily,
  addressErrorCode,
  errorCode,
  evenPort,
  lifetime,
  type Message,
  requestedAddressFamily,
  requestedTransport,
  reservationToken,
  xorMappedAddress,
  xorRelayedAddress,
} from '../../src/stun/index.ts'
import { alice, bob, overTcp, World } from './support/world.ts'

const strangeFamily = { ...requestedAddressFamily.of(6), write: () => Uint8Array.of(3, 0, 0, 0) }
const udp = requestedTransport.of(17)

function codeOf(message: Message | undefined): number | undefined {
  return message?.get(errorCode)?.code
}

test('a client gets a relay, its lifetime, and its own address as the server sees it', () => {
  const answer = new World().ask('allocate', [udp])
  assert.deepEqual(answer?.get(xorRelayedAddress), { address: '203.0.113.1', port: 50_000 })
  assert.equal(answer?.get(lifetime), 600)
  assert.deepEqual(answer?.get(xorMappedAddress), alice.remote)
})

test('a retransmission gets the same answer, another request on the same 5-tuple a 437', () => {
  const world = new World()
  const transaction = world.transaction()
  const first = world.ask('allocate', [udp], { transaction })
  assert.deepEqual(world.ask('allocate', [udp], { transaction })?.bytes, first?.bytes)
  assert.equal(world.relays.open_.size, 1)
  assert.equal(codeOf(world.ask('allocate', [udp])), 437)
})

test('the lifetime is what was asked for, between the default and the most', () => {
  for (const [asked, given] of [
    [30, 600],
    [1200, 1200],
    [100_000, 3600],
  ] as const) {
    assert.equal(new World().ask('allocate', [udp, lifetime.of(asked)])?.get(lifetime), given)
  }
})

test('an allocation ends with its lifetime, and its port with it', () => {
  const world = new World()
  world.ask('allocate', [udp])
  world.pass(599)
  assert.equal(world.server.table.size, 1)
  world.pass(1)
  assert.deepEqual([world.server.table.size, world.relays.open_.size], [0, 0])
})

for (const [name, attributes, code, from] of [
  ['no transport', [], 400, alice],
  ['an unknown transport', [requestedTransport.of(99)], 442, alice],
  ['TCP relays asked for over UDP', [requestedTransport.of(6)], 400, alice],
  ['TCP relays with an even port', [requestedTransport.of(6), evenPort.of({ reserve: false })], 400, overTcp],
  ['a token that nobody was given', [udp, reservationToken.of(new Uint8Array(8))], 508, alice],
  [
    'a token and an even port',
    [udp, reservationToken.of(new Uint8Array(8)), evenPort.of({ reserve: true })],
    400,
    alice,
  ],
  ['a family and another one', [udp, requestedAddressFamily.of(4), additionalAddressFamily.of(6)], 400, alice],
  ['IPv4 as the additional family', [udp, additionalAddressFamily.of(4)], 400, alice],
  [
    'a second family and a port to be kept',
    [udp, additionalAddressFamily.of(6), evenPort.of({ reserve: true })],
    400,
    alice,
  ],
  ['a family that there is none of', [udp, strangeFamily], 440, alice],
] as const) {
  test(`${name}: ${code}`, () => {
    assert.equal(codeOf(new World().ask('allocate', attributes, { from })), code)
  })
}

test('a family that the server has no addresses of: 440, alone or as the additional one', () => {
  const only4 = { families: [4] } as const
  assert.equal(codeOf(new World(only4).ask('allocate', [udp, requestedAddressFamily.of(6)])), 440)
  const answer = new World(only4).ask('allocate', [udp, additionalAddressFamily.of(6)])
  assert.equal(answer?.class, 'success')
  assert.deepEqual([answer?.get(addressErrorCode)?.family, answer?.get(addressErrorCode)?.code], [6, 440])
})

test('a server of IPv6 alone: 440 for who asks for no family, IPv6 with a word about IPv4 for who asks for both', () => {
  const only6 = { families: [6] } as const
  assert.equal(codeOf(new World(only6).ask('allocate', [udp])), 440)
  const answer = new World(only6).ask('allocate', [udp, additionalAddressFamily.of(6)])
  assert.equal(answer?.get(xorRelayedAddress)?.address, '2001:db8::1')
  assert.deepEqual([answer?.get(addressErrorCode)?.family, answer?.get(addressErrorCode)?.code], [4, 440])
})

test('a token needs no family: what was kept is what it is', () => {
  const world = new World({ families: [6] })
  const wants = [udp, requestedAddressFamily.of(6), evenPort.of({ reserve: true })]
  const token = world.ask('allocate', wants)?.get(reservationToken)
  assert.ok(token)
  const second = world.ask('allocate', [udp, reservationToken.of(token)], { from: bob })
  assert.equal(second?.get(xorRelayedAddress)?.address, '2001:db8::1')
})

test('both families at once are two relays', () => {
  const answer = new World().ask('allocate', [udp, additionalAddressFamily.of(6)])
  assert.deepEqual(
    answer?.all(xorRelayedAddress)?.map(({ address }) => address),
    ['203.0.113.1', '2001:db8::1'],
  )
})

test('an even port, and the next one for who shows the token within thirty seconds', () => {
  const world = new World()
  world.ask('allocate', [udp]) // takes an even port, so that the next free one is odd
  const answer = world.ask('allocate', [udp, evenPort.of({ reserve: true })], { from: bob })
  const port = answer?.get(xorRelayedAddress)?.port ?? 1
  assert.equal(port % 2, 0)
  const token = answer?.get(reservationToken)
  assert.ok(token)
  const carol = { ...bob, remote: { address: '198.51.100.9', port: 7 } }
  const second = world.ask('allocate', [udp, reservationToken.of(token)], { from: carol })
  assert.equal(second?.get(xorRelayedAddress)?.port, port + 1)
})

test('a reserved port that nobody claims is closed', () => {
  const world = new World()
  world.ask('allocate', [udp, evenPort.of({ reserve: true })])
  assert.equal(world.relays.open_.size, 2)
  world.pass(31)
  assert.equal(world.relays.open_.size, 1)
})

test('quotas: 486 for a user who has enough, 508 for a server that is full or without ports', () => {
  const world = new World({ limits: { perUser: 1, total: 2 } })
  world.ask('allocate', [udp])
  assert.equal(codeOf(world.ask('allocate', [udp], { from: bob })), 486)
  world.ask('allocate', [udp], { from: bob, as: 'mallory' })
  const third = { ...bob, remote: { address: '198.51.100.9', port: 7 } }
  const full = new World({ limits: { total: 0 } })
  assert.equal(codeOf(full.ask('allocate', [udp], { from: third })), 508)
  const noPorts = new World()
  noPorts.relays.full = true
  assert.equal(codeOf(noPorts.ask('allocate', [udp])), 508)
})

test('what did not come about does not count against a quota', () => {
  const world = new World({ limits: { perUser: 1 } })
  world.relays.full = true
  assert.equal(codeOf(world.ask('allocate', [udp])), 508)
  assert.equal(codeOf(world.ask('allocate', [udp, reservationToken.of(new Uint8Array(8))])), 508)
  world.relays.full = false
  assert.equal(world.ask('allocate', [udp])?.class, 'success')
})

test('a draining server keeps what there is and takes nothing new', () => {
  const world = new World()
  world.ask('allocate', [udp])
  world.server.draining = true
  assert.equal(codeOf(world.ask('allocate', [udp], { from: bob })), 508)
  assert.equal(world.ask('refresh', [])?.class, 'success')
})
