import assert from 'node:assert/strict'
import test from 'node:test'
import { at, Talk } from './support/talk.ts'

const a = '192.168.1.2:40000'
const b = '192.168.1.3:40000'
const server = '203.0.113.9:3478'
const otherPort = '203.0.113.9:3479'
const other = '203.0.113.10:3478'

function seenBy(nat: Talk, inside: string): [boolean, boolean] {
  const first = nat.out(inside, server)
  return [nat.out(inside, otherPort) === first, nat.out(inside, other) === first]
}

test('endpoint-independent: every destination sees one endpoint', () => {
  assert.deepEqual(seenBy(new Talk({ mapping: 'endpoint-independent', ports: 'random' }), a), [true, true])
})

test('address-dependent: both ports of one address see one endpoint, another address another', () => {
  assert.deepEqual(seenBy(new Talk({ mapping: 'address-dependent', ports: 'random' }), a), [true, false])
})

test('address-and-port-dependent: every destination sees another endpoint, even where ports are preserved', () => {
  for (const ports of ['random', 'preserve'] as const) {
    assert.deepEqual(seenBy(new Talk({ mapping: 'address-and-port-dependent', ports }), a), [false, false])
  }
})

test('the port of who comes first is preserved, the second host gets another (RFC 4787 REQ-3)', () => {
  const nat = new Talk()
  assert.equal(nat.out(a, server), '203.0.113.1:40000')
  assert.notEqual(nat.out(b, other), '203.0.113.1:40000')
})

test('overloading: two hosts share a port until they meet at one destination', () => {
  const nat = new Talk({ overloading: true })
  assert.equal(nat.out(a, server), '203.0.113.1:40000')
  assert.equal(nat.out(b, other), '203.0.113.1:40000')
  const where = nat.out(b, server)
  assert.notEqual(where, '203.0.113.1:40000')
  assert.equal(nat.out(b, otherPort), where, 'the newest flow gives the port')
  assert.equal(nat.in(server, where), b)
})

test('sequential ports follow one another, whoever asks', () => {
  const nat = new Talk({ mapping: 'address-and-port-dependent', ports: 'sequential' })
  assert.deepEqual(
    [nat.out(a, server), nat.out(b, server), nat.out(a, other)],
    ['203.0.113.1:20000', '203.0.113.1:20001', '203.0.113.1:20002'],
  )
})

test('parity: even for even, odd for odd, and never somebody else’s (RFC 4787 REQ-4)', () => {
  const nat = new Talk({ ports: 'parity' })
  for (const port of [40000, 40001]) {
    const hosts = [2, 3, 4].map((last) => nat.out(`192.168.1.${last}:${port}`, server))
    assert.equal(hosts[0], `203.0.113.1:${port}`)
    assert.equal(new Set(hosts).size, 3)
    for (const seen of hosts) assert.equal(at(seen).port % 2, port % 2)
  }
})

test('a full range sends nothing, until one of its mappings is forgotten', () => {
  const nat = new Talk({ ports: { range: [5000, 5001] }, timeouts: { udp: 10 } })
  nat.out(a, server)
  nat.wait(5).out(b, server)
  assert.equal(nat.out('192.168.1.4:40000', server), 'ports exhausted')
  assert.match(nat.wait(6).out('192.168.1.4:40000', server), /:500[01]$/)
})

test('paired pooling gives a host one address for everything, arbitrary pooling does not', () => {
  const external = Array.from({ length: 8 }, (_, index) => `198.51.100.${index + 1}`)
  const addresses = (pooling: 'paired' | 'arbitrary'): Set<string> => {
    const nat = new Talk({ pooling }, { external })
    const seen = Array.from({ length: 20 }, (_, index) => nat.out(`192.168.1.2:${40000 + index}`, server))
    return new Set(seen.map((endpoint) => endpoint.split(':')[0]!))
  }
  assert.equal(addresses('paired').size, 1)
  assert.ok(addresses('arbitrary').size > 1)
})

test('mappings are listed with their remotes, and gone after a flush', () => {
  const nat = new Talk()
  nat.out(a, server)
  nat.out(a, other)
  const [mapping, ...more] = nat.nat.mappings(nat.now)
  assert.deepEqual(more, [])
  assert.deepEqual([mapping?.external.port, mapping?.remotes.length], [40000, 2])
  nat.nat.flush()
  assert.deepEqual(nat.nat.mappings(nat.now), [])
  assert.equal(nat.in(server, '203.0.113.1:40000'), 'unsolicited')
})
