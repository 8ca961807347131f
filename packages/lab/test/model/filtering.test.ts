import assert from 'node:assert/strict'
import test from 'node:test'
import type { Dependence } from '../../src/nat/behaviour.ts'
import { Talk } from './support/talk.ts'

const a = '192.168.1.2:40000'
const external = '203.0.113.1:40000'
const server = '203.0.113.9:3478'

function letsIn(filtering: Dependence): string[] {
  const nat = new Talk({ filtering })
  nat.out(a, server)
  return [server, '203.0.113.9:3479', '203.0.113.10:3478'].map((remote) => nat.in(remote, external))
}

test('endpoint-independent: everybody gets in', () => {
  assert.deepEqual(letsIn('endpoint-independent'), [a, a, a])
})

test('address-dependent: who has the address that was sent to', () => {
  assert.deepEqual(letsIn('address-dependent'), [a, a, 'filtered'])
})

test('address-and-port-dependent: nobody but the endpoint that was sent to', () => {
  assert.deepEqual(letsIn('address-and-port-dependent'), [a, 'filtered', 'filtered'])
})

test('who was let in is answered from the endpoint that it wrote to, however mappings are made', () => {
  const nat = new Talk({ mapping: 'address-and-port-dependent', filtering: 'endpoint-independent', ports: 'random' })
  const seen = nat.out(a, server)
  assert.equal(nat.in('198.51.100.7:9', seen), a)
  assert.equal(nat.out(a, '198.51.100.7:9'), seen)
})

test('what is not asked for is dropped and forgotten: the port is still there for who asks later', () => {
  const nat = new Talk({ overloading: true, unsolicited: 'drop' })
  assert.equal(nat.in(server, external), 'unsolicited')
  assert.equal(nat.out(a, server), external)
})

test('remembered: a probe that comes early takes the port away towards its sender', () => {
  const nat = new Talk({ overloading: true, unsolicited: 'remember' })
  assert.equal(nat.in(server, external), 'unsolicited')
  assert.notEqual(nat.out(a, server), external)
  assert.equal(nat.out(a, '203.0.113.10:1'), nat.out(a, server), 'the newest flow gives the port')
})

test('remembered: its sender stays outside even if everybody else gets in', () => {
  const nat = new Talk({ filtering: 'endpoint-independent', unsolicited: 'remember', timeouts: { udp: 30 } })
  nat.in(server, external)
  nat.out(a, '203.0.113.10:1')
  assert.equal(nat.in(server, external), 'remembered')
  assert.equal(nat.in('203.0.113.11:1', external), a)
  assert.equal(nat.wait(29).in(server, external), 'remembered')
  assert.equal(nat.wait(29).in(server, external), 'remembered', 'each packet is remembered anew')
})

test('blocked: nothing in either direction', () => {
  const nat = new Talk({ udp: 'blocked' })
  assert.deepEqual([nat.out(a, server), nat.in(server, external)], ['blocked', 'blocked'])
})

test('a packet for another address is not ours', () => {
  assert.equal(new Talk().in(server, '203.0.113.2:40000'), 'not ours')
})
