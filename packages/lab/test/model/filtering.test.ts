import assert from 'node:assert/strict'
import test from 'node:test'
import { NatModel, seeded } from '../../src/model/index.ts'
import { behaviour, type Dependence } from '../../src/nat/behaviour.ts'
import { at, Talk } from './support/talk.ts'

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

test('who gets in beside an older flow is seen with another port, so that answers go where they belong', () => {
  const nat = new NatModel(
    behaviour({ mapping: 'address-and-port-dependent', filtering: 'endpoint-independent', ports: 'sequential' }),
    { external: ['203.0.113.1'] },
    seeded(1),
  )
  const [inside, peer, relay] = [at(a), at('198.51.100.7:9000'), at(server)]
  nat.outbound({ protocol: 'udp', source: inside, destination: relay }, 0)
  nat.outbound({ protocol: 'udp', source: inside, destination: peer }, 0)
  const probe = nat.inbound({ protocol: 'udp', source: peer, destination: at('203.0.113.1:20000') }, 0)
  assert.ok('packet' in probe)
  const { source: seen } = probe.packet
  assert.equal(seen.address, peer.address)
  assert.notEqual(seen.port, peer.port)
  for (const [to, from] of [
    [seen, 20000],
    [peer, 20001],
  ] as const) {
    const answer = nat.outbound({ protocol: 'udp', source: inside, destination: to }, 0)
    assert.ok('packet' in answer)
    assert.deepEqual([answer.packet.source.port, answer.packet.destination], [from, peer])
  }
})

test('of two hosts that share a port, who came first gets what nobody asked for', () => {
  const nat = new Talk({ overloading: true, filtering: 'endpoint-independent', timeouts: { udp: 30, udpStream: 30 } })
  const b = '192.168.1.3:40000'
  nat.out(a, server)
  nat.wait(20).out(b, '203.0.113.10:1')
  assert.equal(nat.in('203.0.113.11:1', external), a)
  assert.equal(nat.wait(40).out(b, '203.0.113.10:1'), external)
  assert.equal(nat.in('203.0.113.11:1', external), b)
})

test('a TCP segment of no connection leaves as it is where nothing drops it, and nowhere else', () => {
  for (const [unsolicited, said] of [
    ['remember', a],
    ['drop', 'no connection'],
  ] as const)
    assert.equal(new Talk({ unsolicited }, { protocol: 'tcp' }).out(a, server, { ack: true }), said)
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
