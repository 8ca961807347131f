import assert from 'node:assert/strict'
import test from 'node:test'
import { behaviour } from '../../src/nat/behaviour.ts'
import { at, Talk } from './support/talk.ts'

const a = '192.168.1.2:40000'
const b = '192.168.1.3:41000'
const server = '203.0.113.9:3478'

test('external source: hosts see each other by their external endpoints, and answers go the same way', () => {
  const nat = new Talk({ hairpin: 'external-source' })
  nat.out(b, server)
  const verdict = nat.nat.outbound({ protocol: 'udp', source: at(a), destination: at('203.0.113.1:41000') }, 0)
  assert.ok('packet' in verdict)
  assert.deepEqual(
    [verdict.to, verdict.packet.source, verdict.packet.destination],
    ['inside', at('203.0.113.1:40000'), at(b)],
  )
  assert.equal(nat.out(b, '203.0.113.1:40000'), '203.0.113.1:41000')
})

test('internal source: the source stays as it is', () => {
  const nat = new Talk({ hairpin: 'internal-source' })
  nat.out(b, server)
  assert.equal(nat.out(a, '203.0.113.1:41000'), a)
})

test('none: what goes to an external address from inside is dropped', () => {
  const nat = new Talk({ hairpin: 'none' })
  nat.out(b, server)
  assert.equal(nat.out(a, '203.0.113.1:41000'), 'no hairpin')
})

test('towards an endpoint that nobody has nothing is opened', () => {
  const nat = new Talk()
  assert.equal(nat.out(a, '203.0.113.1:41000'), 'unsolicited')
  assert.deepEqual(nat.nat.mappings(0), [])
  assert.equal(behaviour().hairpin, 'external-source')
})
