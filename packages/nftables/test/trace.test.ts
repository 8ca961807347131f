import assert from 'node:assert/strict'
import { test } from 'node:test'
import { codecTests, hex, survivesRandomBytes } from '@sallyport/linux/testing'
import type { Family } from '../src/expr/index.ts'
import type { Hook, KernelChain } from '../src/messages/index.ts'
import { decodeLink, decodeNetwork, decodeTransport, transportProtocol } from '../src/trace/layers.ts'
import { type TraceMessage, traceMessage } from '../src/trace/message.ts'
import { Packets } from '../src/trace/packets.ts'
import { Path } from '../src/trace/path.ts'

const ethernet = hex`
  02 00 00 00 00 02 | destination
  02 00 00 00 00 01 | source
`
const ipv4 = hex`
  45 b9 00 1f  7a 0d 40 00 | version 4, 20 bytes, DSCP 46, ECN 1, 31 bytes, id, don't fragment
  40 11 c2 be              | TTL 64, UDP
  7f 00 00 01  0a 00 00 01 | from 127.0.0.1 to 10.0.0.1
`
const udp = hex`
  c8 9d 00 09  00 0b fe 1e | from port 51357 to 9
`
const dropped: TraceMessage = {
  family: 'ip',
  nfproto: 2,
  type: 'rule',
  id: 0x09992bdf,
  chain: 'in',
  table: 't',
  ruleHandle: 8n,
  verdict: { verdict: 'jump', chain: 'x' },
  iif: 1,
  iifType: 772,
  networkHeader: ipv4,
  transportHeader: udp,
  ctState: ['new'],
  ctDirection: 'original',
  ctId: 0xe326d806,
  ctStatus: ['confirmed'],
}
const golden = hex`
  02 00 00 00                                     | nfgenmsg                     ip
  08 00 0f 00  00 00 00 02                        | NFTA_TRACE_NFPROTO           ip
  08 00 04 00  00 00 00 03                        | NFTA_TRACE_TYPE              rule
  08 00 06 00  09 99 2b df                        | NFTA_TRACE_ID
  07 00 02 00  69 6e 00 00                        | NFTA_TRACE_CHAIN             in
  06 00 01 00  74 00 00 00                        | NFTA_TRACE_TABLE             t
  0c 00 03 00  00 00 00 00 00 00 00 08            | NFTA_TRACE_RULE_HANDLE       8
  14 00 05 80  08 00 01 00  ff ff ff fd           | NFTA_TRACE_VERDICT           jump
               06 00 02 00  78 00 00 00           |                              x
  08 00 0a 00  00 00 00 01                        | NFTA_TRACE_IIF               lo
  06 00 0b 00  03 04 00 00                        | NFTA_TRACE_IIFTYPE           ARPHRD_LOOPBACK
  18 00 08 00  ${ipv4}                            | NFTA_TRACE_NETWORK_HEADER
  0c 00 09 00  ${udp}                             | NFTA_TRACE_TRANSPORT_HEADER
  08 00 15 00  00 00 00 08                        | NFTA_TRACE_CT_STATE          new
  05 00 13 00  00 00 00 00                        | NFTA_TRACE_CT_DIRECTION      original
  08 00 12 00  e3 26 d8 06                        | NFTA_TRACE_CT_ID
  08 00 14 00  00 00 00 08                        | NFTA_TRACE_CT_STATUS         confirmed
`
const policy = hex`
  02 00 00 00                                     | nfgenmsg                     ip
  08 00 0f 00  00 00 00 02                        | NFTA_TRACE_NFPROTO           ip
  08 00 04 00  00 00 00 01                        | NFTA_TRACE_TYPE              policy
  08 00 06 00  93 fe ff 25                        | NFTA_TRACE_ID
  08 00 02 00  6f 75 74 00                        | NFTA_TRACE_CHAIN             out
  06 00 01 00  74 00 00 00                        | NFTA_TRACE_TABLE             t
  08 00 10 00  00 00 00 01                        | NFTA_TRACE_POLICY            accept
`
const accepted: TraceMessage = {
  family: 'ip',
  nfproto: 2,
  type: 'policy',
  id: 0x93feff25,
  chain: 'out',
  table: 't',
  policy: 'accept',
}

codecTests(traceMessage, {
  examples: [
    { name: 'a rule that jumps', value: dropped, bytes: golden },
    { name: 'a policy', value: accepted, bytes: policy },
  ],
})

test('a verdict of a queue has its number, one of a drop may have an errno', () => {
  const withCode = (...code: number[]): unknown => {
    const head = [2, 0, 0, 0, 8, 0, 4, 0, 0, 0, 0, 3, 8, 0, 6, 0, 0, 0, 0, 1]
    return traceMessage.decode(Uint8Array.of(...head, 12, 0, 5, 128, 8, 0, 1, 0, ...code)).verdict
  }
  assert.deepEqual(withCode(0, 7, 0, 3), { verdict: 'queue', queue: 7 })
  assert.deepEqual(withCode(0, 1, 0, 0), { verdict: 'drop' })
  assert.deepEqual(withCode(0xff, 0xff, 0xff, 0xfb), { verdict: 'return' })
  assert.throws(() => withCode(0, 0, 0, 77), /77 is no verdict/)
})

test('an Ethernet header, with VLAN tags and without', () => {
  const addresses = { source: '02:00:00:00:00:01', destination: '02:00:00:00:00:02' }
  assert.deepEqual(decodeLink(Uint8Array.of(...ethernet, 8, 0)), { ...addresses, type: 0x0800, vlans: [] })
  const tagged = Uint8Array.of(...ethernet, 0x88, 0xa8, 0x20, 5, 0x81, 0, 0, 6, 0x86, 0xdd)
  assert.deepEqual(decodeLink(tagged), { ...addresses, type: 0x86dd, vlans: [5, 6] })
  assert.equal(decodeLink(ethernet), undefined)
})

test('an IPv4 header, and which fragments show their ports', () => {
  const network = decodeNetwork(ipv4)
  assert.deepEqual(network, {
    version: 4,
    source: '127.0.0.1',
    destination: '10.0.0.1',
    protocol: 17,
    ttl: 64,
    dscp: 46,
    ecn: 1,
    id: 0x7a0d,
    length: 31,
    dontFragment: true,
    moreFragments: false,
    fragmentOffset: 0,
  })
  assert.equal(transportProtocol(network), 17)
  const later = Uint8Array.from(ipv4)
  later.set([0x20, 0x02], 6)
  const fragment = decodeNetwork(later)
  assert.ok(fragment?.version === 4)
  assert.deepEqual([fragment.moreFragments, fragment.fragmentOffset], [true, 16])
  assert.equal(transportProtocol(fragment), undefined)
  assert.equal(decodeNetwork(ipv4.subarray(0, 19)), undefined)
})

test('an IPv6 header; what follows extensions is not guessed', () => {
  const bytes = hex`
    6b 8c 46 b7  00 40 3a 40                         | DSCP 46, ECN 0, flow label 0xc46b7, 64 bytes, ICMPv6
    20 01 0d b8  00 00 00 00  00 00 00 00 00 00 00 01 | from 2001:db8::1
    fe 80 00 00  00 00 00 00  00 00 00 00 00 00 00 02 | to fe80::2
  `
  const network = decodeNetwork(bytes)
  assert.deepEqual(network, {
    version: 6,
    source: '2001:db8::1',
    destination: 'fe80::2',
    nextHeader: 58,
    hopLimit: 64,
    dscp: 46,
    ecn: 0,
    flowLabel: 0xc46b7,
    length: 64,
  })
  assert.equal(transportProtocol(network), 58)
  const extended = Uint8Array.from(bytes)
  extended[6] = 44
  assert.equal(transportProtocol(decodeNetwork(extended)), undefined)
})

test('an ARP message', () => {
  const bytes = hex`
    00 01 08 00 06 04 00 02        | Ethernet, IPv4, reply
    02 00 00 00 00 01  c0 a8 01 01 | 192.168.1.1 is at 02:00:00:00:00:01
    02 00 00 00 00 02  c0 a8 01 02 | told to 192.168.1.2
  `
  assert.deepEqual(decodeNetwork(bytes, true), {
    version: 'arp',
    operation: 'reply',
    senderHardware: '02:00:00:00:00:01',
    sender: '192.168.1.1',
    targetHardware: '02:00:00:00:00:02',
    target: '192.168.1.2',
  })
})

test('transport headers', () => {
  const tcp = hex`
    80 5c 00 0b  ed fa cf de  00 00 00 01 | from 32860 to 11, sequence, acknowledgement
    a0 12 ff d7                           | SYN and ACK, window
  `
  assert.deepEqual(decodeTransport(tcp, 6), {
    protocol: 'tcp',
    sourcePort: 32860,
    destinationPort: 11,
    sequence: 0xedfacfde,
    acknowledgement: 1,
    flags: ['syn', 'ack'],
    window: 0xffd7,
  })
  assert.deepEqual(decodeTransport(udp, 17), { protocol: 'udp', sourcePort: 51357, destinationPort: 9 })
  const echo = Uint8Array.of(8, 0, 0, 0, 0, 12, 0, 1)
  assert.deepEqual(decodeTransport(echo, 1), { protocol: 'icmp', type: 8, code: 0, id: 12, sequence: 1 })
  assert.deepEqual(decodeTransport(Uint8Array.of(3, 3, 0, 0, 1, 2, 3, 4), 1), { protocol: 'icmp', type: 3, code: 3 })
  assert.deepEqual(decodeTransport(Uint8Array.of(1), 47), { protocol: 47 })
  assert.equal(decodeTransport(tcp.subarray(0, 15), 6), undefined)
})

const step = (id: number, chain: string, rest: Partial<TraceMessage> = {}): { message: TraceMessage } => ({
  message: { family: 'ip', table: 't', chain, type: 'rule', id, verdict: { verdict: 'continue' }, ...rest },
})

const entering = { iif: 1 }
const chainsOf = (gathered: readonly { steps: readonly { message: TraceMessage }[]; ended: string }[]): unknown[] =>
  gathered.map(({ steps, ended }) => [steps.map(({ message }) => message.chain).join(' '), ended])

test('steps of packets that pass at the same time are told apart by their ids', () => {
  const packets = new Packets(100, () => false)
  assert.deepEqual(packets.take(step(1, 'a', entering), 0), [])
  assert.deepEqual(packets.take(step(2, 'b', entering), 0), [])
  assert.deepEqual(chainsOf(packets.take(step(1, 'c', { verdict: { verdict: 'drop' } }), 0)), [['a c', 'verdict']])
  assert.deepEqual(chainsOf(packets.take(step(2, 'd', { policy: 'accept' }), 0)), [['b d', 'verdict']])
  assert.equal(packets.deadline, undefined)
})

test('an accepted packet goes on as long as a chain may see it, and ends when it is quiet', () => {
  const packets = new Packets(100, () => true)
  packets.take(step(1, 'a', { ...entering, policy: 'accept' }), 0)
  packets.take(step(2, 'a', { ...entering, policy: 'accept' }), 10)
  packets.take(step(1, 'b', entering), 50)
  assert.equal(packets.deadline, 110)
  assert.deepEqual(packets.expire(109), [])
  assert.deepEqual(chainsOf(packets.expire(110)), [['a', 'idle']])
  assert.deepEqual(chainsOf(packets.expire(1000)), [['a b', 'idle']])
})

test('a packet that enters a chain a second time is another one with the same id', () => {
  const packets = new Packets(100, () => true)
  packets.take(step(1, 'a', entering), 0)
  packets.take(step(1, 'a'), 0)
  packets.take(step(1, 'b', entering), 0)
  assert.deepEqual(chainsOf(packets.take(step(1, 'a', entering), 0)), [['a a b', 'reused']])
  assert.deepEqual(chainsOf(packets.lost()), [['a', 'lost']])
  assert.deepEqual(packets.lost(), [])
})

test('packets that never end do not gather without limit', () => {
  const packets = new Packets(100, () => true)
  let closed = 0
  for (let id = 0; id < 20_000; id++) closed += packets.take(step(id, 'a', entering), 0).length
  assert.equal(closed, 10_000)
})

function base(name: string, hook: Hook, priority: number, family: Family = 'ip'): KernelChain {
  return { family, table: 't', name, type: 'filter', hook: { hook, priority } }
}

test('which chains can follow is told from hooks, priorities and families', () => {
  const chains = [
    base('pre', 'prerouting', 0),
    base('in', 'input', 0),
    base('late', 'input', 10),
    base('fwd', 'forward', 0),
  ]
  const after = (more: KernelChain[], ...names: string[]): boolean =>
    new Path([...chains, ...more]).goesOn(names.map((name) => step(1, name).message))
  assert.equal(after([], 'pre'), true)
  assert.equal(after([], 'pre', 'in'), true, 'there is a later one at the same hook')
  assert.equal(after([], 'pre', 'late'), false)
  assert.equal(after([], 'in', 'late'), false, 'one that it has seen already')
  assert.equal(after([], 'fwd'), false)
  assert.equal(after([base('post', 'postrouting', 0)], 'fwd'), true)
  assert.equal(after([base('post', 'postrouting', 0, 'ip6')], 'fwd'), false)
  assert.equal(after([base('post', 'postrouting', 0, 'inet')], 'fwd'), true)
  assert.equal(
    after([base('post', 'postrouting', 0)], 'in', 'late', 'sub'),
    false,
    'a chain without a hook is of the one before',
  )
  assert.equal(after([], 'sub'), true, 'nothing is known')
})

survivesRandomBytes('traceMessage', (bytes) => traceMessage.decode(bytes), { golden: [golden, policy] })
survivesRandomBytes(
  'layers',
  (bytes) => {
    decodeLink(bytes)
    decodeTransport(bytes, transportProtocol(decodeNetwork(bytes)) ?? bytes[0] ?? 0)
    decodeNetwork(bytes, true)
  },
  { golden: [ipv4, udp] },
)
