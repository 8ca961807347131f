import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  type Attached,
  attribute,
  changeRequest,
  checkFingerprint,
  encodeMessage,
  errorCode,
  fingerprint,
  hasIntegrity,
  methods,
  ReplyBudget,
  requestedTransport,
  software,
  unknownAttributes,
  xorMappedAddress,
} from '../../src/stun/index.ts'
import type { Client } from '../../src/turn/server/index.ts'
import { alice, decoded, overTcp, World } from './support/world.ts'

/** What those get who have shown nothing yet. */

const unknown = attribute<true>(0x7ffe, 'UNKNOWN', { encode: () => new Uint8Array(4), decode: () => true })
const unknownOptional = attribute<true>(0xfffe, 'OPTIONAL', { encode: () => new Uint8Array(4), decode: () => true })

function request(method: number, attributes: readonly Attached[] = []): Uint8Array {
  return encodeMessage({ class: 'request', method, transaction: new Uint8Array(12) }, attributes)
}

test('a binding request gets its address, a fingerprint for a fingerprint, and no name of the software', () => {
  const world = new World()
  const answer = world.deliver(fingerprint(request(methods.binding)), alice)
  assert.deepEqual(answer?.get(xorMappedAddress), alice.remote)
  assert.equal(answer && checkFingerprint(answer), 'right')
  assert.equal(answer?.has(software), false)
  assert.equal(checkFingerprint(world.deliver(request(methods.binding), alice)!), 'absent')
})

test('what has to be understood and is not: 420 with its number, sealed for who is known', () => {
  const world = new World()
  const answer = world.deliver(
    request(methods.binding, [unknown.of(true), changeRequest.of({ address: true, port: true })]),
    alice,
  )
  assert.equal(answer?.get(errorCode)?.code, 420)
  assert.deepEqual(answer?.get(unknownAttributes), [0x7ffe, 3])
  const sealed = world.ask('allocate', [requestedTransport.of(17), unknown.of(true)])
  assert.deepEqual([sealed?.get(errorCode)?.code, sealed?.get(unknownAttributes)], [420, [0x7ffe]])
  assert.ok(hasIntegrity(sealed!, 'sha1'))
  assert.equal(world.server.table.size, 0)
})

test('a stranger is asked who he is before anything else is said', () => {
  const world = new World()
  assert.equal(world.deliver(request(methods.allocate, [unknown.of(true)]), alice)?.get(errorCode)?.code, 401)
  assert.equal(world.deliver(request(methods.allocate), alice)?.get(errorCode)?.code, 401)
})

test('what may be ignored, and what makes no sense in a request, is ignored', () => {
  const world = new World()
  const odd = [unknownOptional.of(true), xorMappedAddress.of(alice.remote), errorCode.of({ code: 400, reason: '' })]
  assert.equal(world.ask('allocate', [requestedTransport.of(17), ...odd])?.class, 'success')
})

test('methods that nobody defined, answers, indications of the server’s own: silence', () => {
  const world = new World()
  for (const method of [0x000, 0x002, 0x005, 0x00d, 0xfff])
    assert.equal(world.deliver(request(method), alice), undefined)
  for (const kind of ['success', 'error', 'indication'] as const) {
    for (const method of Object.values(methods)) {
      const bytes = encodeMessage({ class: kind, method, transaction: new Uint8Array(12) }, [])
      assert.equal(world.deliver(bytes, alice), undefined)
    }
  }
})

test('a wrong fingerprint: silence', () => {
  const bytes = fingerprint(request(methods.binding))
  bytes[bytes.length - 1]! ^= 1
  assert.equal(new World().deliver(bytes, alice), undefined)
})

/** How many of so many requests are answered. */
function answered(world: World, count: number, bytes: Uint8Array, from: (index: number) => Client): number {
  const before = world.received.length
  for (let index = 0; index < count; index += 1) world.server.receive(decoded(bytes), from(index), world.now)
  return world.received.length - before
}

const fromPort = (index: number): Client => ({ ...alice, remote: { ...alice.remote, port: 1024 + (index % 60_000) } })

test('challenges to one address, from whichever ports, end when its budget is spent, and come back', () => {
  const silenced: Client[] = []
  const world = new World()
  world.server.events.silenced = (client) => silenced.push(client)
  const first = answered(world, 10_000, request(methods.allocate), fromPort)
  assert.ok(first >= 80 && first <= 100, `${first}`) // ten thousand bytes
  assert.equal(silenced.length, 10_000 - first)
  assert.equal(
    answered(world, 1, request(methods.allocate), () => ({ ...alice, remote: { address: '192.0.2.99', port: 1 } })),
    1,
  )
  world.now += 1000
  assert.equal(answered(world, 100, request(methods.allocate), fromPort), 20)
})

test('an unknown attribute in a binding does not get round it', () => {
  const world = new World()
  const bytes = request(methods.binding, [unknown.of(true)])
  assert.ok(answered(world, 10_000, bytes, fromPort) < 250)
})

test('a reply that is no larger than its request is always given', () => {
  const world = new World()
  const bytes = request(methods.allocate, [software.of('x'.repeat(200))])
  assert.equal(answered(world, 1000, bytes, fromPort), 1000)
})

test('a source that has proven itself gets more', () => {
  const world = new World()
  world.ask('refresh')
  assert.ok(answered(world, 3000, request(methods.allocate), fromPort) === 3000)
})

test('over TCP nobody can forge an address: no budget', () => {
  assert.equal(
    answered(new World(), 3000, request(methods.allocate), () => overTcp),
    3000,
  )
})

test('bindings are free, unless the operator says otherwise', () => {
  assert.equal(answered(new World(), 3000, request(methods.binding), fromPort), 3000)
  const world = new World({ budget: new ReplyBudget({ bindings: true }) })
  assert.equal(answered(world, 3000, request(methods.binding), fromPort), 312) // ten thousand bytes, 32 each
})
