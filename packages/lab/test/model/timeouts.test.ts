import assert from 'node:assert/strict'
import test from 'node:test'
import { NatModel, seeded } from '../../src/model/index.ts'
import { behaviour } from '../../src/nat/behaviour.ts'
import { at, Talk } from './support/talk.ts'

const a = '192.168.1.2:40000'
const external = '203.0.113.1:40000'
const server = '203.0.113.9:3478'
const timeouts = { udp: 30, udpStream: 120, tcpTransitory: 240, tcpEstablished: 7440 }

test('a one-sided flow lives for `udp`, an answered one for `udpStream`', () => {
  const nat = new Talk({ timeouts })
  nat.out(a, server)
  assert.equal(nat.wait(29).in(server, external), a)
  assert.equal(nat.wait(119).in(server, external), a)
  assert.equal(nat.wait(120).in(server, external), 'unsolicited')
})

test('refresh by outbound packets alone: what comes in keeps nothing alive (RFC 4787 REQ-6)', () => {
  const lives = (refresh: 'outbound' | 'both'): boolean => {
    const nat = new Talk({ refresh, timeouts })
    nat.out(a, server)
    for (let second = 0; second < 40; second += 10) nat.wait(10).in(server, external)
    return nat.in(server, external) === a
  }
  assert.deepEqual([lives('outbound'), lives('both')], [false, true])
})

test('one flow keeps the mapping for the others', () => {
  const nat = new Talk({ timeouts, ports: 'random' })
  const seen = nat.out(a, server)
  nat.wait(20).out(a, '203.0.113.10:1')
  assert.equal(nat.wait(20).out(a, '203.0.113.11:1'), seen)
  assert.notEqual(nat.wait(31).out(a, '203.0.113.11:1'), seen)
})

test('streamAfter: an answered flow is a stream only when it is old enough, as on Linux', () => {
  const nat = new NatModel(behaviour({ timeouts }), { external: ['203.0.113.1'] }, seeded(1), { streamAfter: 2000 })
  const out = { protocol: 'udp', source: at(a), destination: at(server) } as const
  const answer = { protocol: 'udp', source: at(server), destination: at(external) } as const
  nat.outbound(out, 0)
  nat.inbound(answer, 1000)
  assert.equal(nat.mappings(1000)[0]!.expires, 31_000)
  nat.inbound(answer, 2000)
  assert.equal(nat.mappings(2000)[0]!.expires, 122_000)
})

test('TCP: transitory while it opens, established then, transitory again when it closes', () => {
  const nat = new Talk({ timeouts }, { protocol: 'tcp' })
  const left = (): number => (nat.nat.mappings(nat.now)[0]!.expires - nat.now) / 1000
  nat.out(a, server, { syn: true })
  nat.in(server, external, { syn: true, ack: true })
  assert.equal(left(), 240)
  nat.out(a, server, { ack: true })
  assert.equal(left(), 7440)
  nat.in(server, external, { fin: true, ack: true })
  assert.equal(left(), 240)
})

test('TCP: a SYN that crosses another one does not make the connection last longer', () => {
  const nat = new Talk({ timeouts: { tcpTransitory: 30 } }, { protocol: 'tcp' })
  nat.out(a, server, { syn: true })
  assert.equal(nat.wait(20).in(server, external, { syn: true }), a)
  assert.equal(nat.wait(11).in(server, external, { syn: true, ack: true }), 'no connection')
})

test('TCP: a SYN that is sent again keeps the mapping, and not the connection', () => {
  const nat = new Talk({ ports: 'sequential', timeouts: { tcpTransitory: 30 } }, { protocol: 'tcp' })
  const first = nat.out(a, server, { syn: true })
  assert.equal(nat.wait(20).out(a, server, { syn: true }), first)
  assert.equal(nat.wait(11).in(server, first, { syn: true, ack: true }), 'no connection')
  assert.equal(nat.out(a, server, { syn: true }), first)
  assert.equal(nat.in(server, first, { syn: true, ack: true }), a)
})

test('TCP: a connection that is closed is opened anew by a SYN, and mapped as a first packet', () => {
  const nat = new Talk({ ports: 'random', mapping: 'address-and-port-dependent' }, { protocol: 'tcp' })
  const first = nat.out(a, server, { syn: true })
  assert.equal(nat.out(a, server, { syn: true }), first, 'a SYN that is sent again')
  nat.in(server, first, { rst: true })
  assert.notEqual(nat.out(a, server, { syn: true }), first)
})

test('TCP: only a SYN opens; crossing SYNs of both sides are one connection (RFC 5382 REQ-2)', () => {
  const nat = new Talk({}, { protocol: 'tcp' })
  assert.equal(nat.out(a, server, { ack: true }), 'no connection')
  assert.equal(nat.out(a, server, { syn: true, ack: true }), 'no connection')
  nat.out(a, server, { syn: true })
  assert.equal(nat.in(server, external, { syn: true }), a)
})

test('echoes have the identifier for a port, kept where it is free', () => {
  const nat = new Talk({}, { protocol: 'icmp-echo' })
  assert.equal(nat.out('192.168.1.2:7', '203.0.113.9:0'), '203.0.113.1:7')
  assert.notEqual(nat.out('192.168.1.3:7', '203.0.113.9:0'), '203.0.113.1:7')
  assert.equal(nat.in('203.0.113.9:0', '203.0.113.1:7'), '192.168.1.2:7')
  assert.equal(nat.in('203.0.113.10:0', '203.0.113.1:7'), 'filtered')
})
