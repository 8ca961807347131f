import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sandbox } from '@sallyport/linux'
import { type Data, type Expression, type KnownExpression, ruleIdentity, sameExpressions } from '../src/expr/index.ts'
import type { KernelRule } from '../src/messages/index.ts'
import { connect } from '../src/nftables.ts'
import { Batch } from '../src/transaction/index.ts'
import { listing, skip } from './support/nft.ts'

await sandbox()

const table = { family: 'inet', name: 't' } as const
const inTable = { family: 'inet', table: 't' } as const

const value = (...bytes: number[]): Data => ({ value: Uint8Array.of(...bytes) })
const constant = (dreg: number, ...bytes: number[]): Expression => ({ expr: 'immediate', dreg, data: value(...bytes) })
const verdict = (code: 'accept' | 'jump', chain?: string): Expression => ({
  expr: 'immediate',
  dreg: 0,
  data: { verdict: { code, ...(chain !== undefined && { chain }) } },
})
const mark = (direction: 'dreg' | 'sreg'): Expression => ({ expr: 'meta', key: 'mark', [direction]: 1 })

interface Case {
  readonly kind: KnownExpression['expr']
  readonly listed: string
  readonly expressions: Expression[]
}

/** A rule for every kind of expression, and how nft lists it. The marks and the bit counts are little-endian. */
const cases: Case[] = [
  {
    kind: 'payload',
    listed: '@nh,64,8 set 0x9',
    expressions: [constant(1, 9), { expr: 'payload', sreg: 1, base: 'network', offset: 8, len: 1 }],
  },
  { kind: 'meta', listed: 'meta mark set 0x00000005', expressions: [constant(1, 5, 0, 0, 0), mark('sreg')] },
  {
    kind: 'ct',
    listed: 'ct original proto-src 0x0 [invalid type]',
    expressions: [
      { expr: 'ct', key: 'proto_src', dreg: 1, direction: 'original' },
      { expr: 'cmp', sreg: 1, op: 'eq', data: value(0, 0) },
    ],
  },
  {
    kind: 'cmp',
    listed: 'meta mark != 0x00000007',
    expressions: [mark('dreg'), { expr: 'cmp', sreg: 1, op: 'neq', data: value(7, 0, 0, 0) }],
  },
  {
    kind: 'range',
    listed: 'th dport != 80-90',
    expressions: [
      { expr: 'payload', dreg: 1, base: 'transport', offset: 2, len: 2 },
      { expr: 'range', sreg: 1, op: 'neq', fromData: value(0, 80), toData: value(0, 90) },
    ],
  },
  {
    kind: 'bitwise',
    listed: 'meta mark set meta mark << 5',
    expressions: [
      mark('dreg'),
      { expr: 'bitwise', sreg: 1, dreg: 1, len: 4, op: 'lshift', data: value(5, 0, 0, 0) },
      mark('sreg'),
    ],
  },
  {
    kind: 'byteorder',
    listed: 'meta mark >= 0x00000005',
    expressions: [
      mark('dreg'),
      { expr: 'byteorder', sreg: 1, dreg: 1, op: 'hton', len: 4, size: 4 },
      { expr: 'cmp', sreg: 1, op: 'gte', data: value(0, 0, 0, 5) },
    ],
  },
  {
    kind: 'fib',
    listed: 'fib daddr type local',
    expressions: [
      { expr: 'fib', dreg: 1, result: 'addrtype', flags: ['daddr'] },
      { expr: 'cmp', sreg: 1, op: 'eq', data: value(2, 0, 0, 0) },
    ],
  },
  {
    kind: 'rt',
    listed: 'rt mtu 1400',
    expressions: [
      { expr: 'rt', dreg: 1, key: 'tcpmss' },
      { expr: 'cmp', sreg: 1, op: 'eq', data: value(0x78, 5) },
    ],
  },
  {
    kind: 'exthdr',
    listed: 'tcp option maxseg size set 1400',
    expressions: [constant(1, 5, 0x78), { expr: 'exthdr', sreg: 1, type: 2, offset: 2, len: 2, op: 'tcpopt' }],
  },
  { kind: 'immediate', listed: 'jump other', expressions: [verdict('jump', 'other')] },
  {
    kind: 'lookup',
    listed: 'meta mark != @marks',
    expressions: [mark('dreg'), { expr: 'lookup', set: 'marks', sreg: 1, flags: ['inv'] }],
  },
  {
    kind: 'dynset',
    listed: 'update @seen { meta mark timeout 30s counter limit rate 1/week burst 1 packets }',
    expressions: [
      mark('dreg'),
      {
        expr: 'dynset',
        setName: 'seen',
        op: 'update',
        sregKey: 1,
        timeout: 30_000n,
        expressions: [{ expr: 'counter' }, { expr: 'limit', rate: 1n, unit: 604_800n, burst: 1 }],
      },
    ],
  },
  {
    kind: 'objref',
    listed: 'counter name "hits"',
    expressions: [{ expr: 'objref', immType: 'counter', immName: 'hits' }],
  },
  {
    kind: 'numgen',
    listed: 'meta mark set numgen inc mod 3',
    expressions: [{ expr: 'numgen', dreg: 1, modulus: 3, type: 'incremental' }, mark('sreg')],
  },
  {
    kind: 'hash',
    listed: 'meta mark set symhash mod 7',
    expressions: [{ expr: 'hash', dreg: 1, modulus: 7, type: 'sym' }, mark('sreg')],
  },
  {
    kind: 'nat',
    listed: 'dnat ip to 192.0.2.1',
    expressions: [constant(1, 192, 0, 2, 1), { expr: 'nat', type: 'dnat', family: 'ip', regAddrMin: 1 }],
  },
  {
    kind: 'masq',
    listed: 'masquerade to :1024-65535 fully-random',
    expressions: [
      { expr: 'meta', key: 'l4proto', dreg: 1 },
      { expr: 'cmp', sreg: 1, op: 'eq', data: value(17) },
      constant(1, 4, 0),
      constant(2, 255, 255),
      { expr: 'masq', flags: ['fully_random'], regProtoMin: 1, regProtoMax: 2 },
    ],
  },
  {
    kind: 'redir',
    listed: 'redirect to :80',
    expressions: [
      { expr: 'meta', key: 'l4proto', dreg: 1 },
      { expr: 'cmp', sreg: 1, op: 'eq', data: value(6) },
      constant(1, 0, 80),
      { expr: 'redir', regProtoMin: 1 },
    ],
  },
  {
    kind: 'tproxy',
    listed: 'tproxy to :80',
    expressions: [
      { expr: 'meta', key: 'l4proto', dreg: 1 },
      { expr: 'cmp', sreg: 1, op: 'eq', data: value(6) },
      constant(1, 0, 80),
      { expr: 'tproxy', family: 'unspec', regPort: 1 },
    ],
  },
  { kind: 'notrack', listed: 'notrack', expressions: [{ expr: 'notrack' }] },
  {
    kind: 'reject',
    listed: 'reject with icmpx admin-prohibited',
    expressions: [{ expr: 'reject', type: 'icmpx_unreach', icmpCode: 3 }],
  },
  { kind: 'log', listed: 'log prefix "x: " group 5', expressions: [{ expr: 'log', prefix: 'x: ', group: 5 }] },
  { kind: 'counter', listed: 'counter packets 5 bytes 7', expressions: [{ expr: 'counter', packets: 5n, bytes: 7n }] },
  {
    kind: 'limit',
    listed: 'limit rate over 5/minute',
    expressions: [{ expr: 'limit', rate: 5n, unit: 60n, flags: ['inv'] }],
  },
  { kind: 'quota', listed: 'quota over 1 mbytes', expressions: [{ expr: 'quota', bytes: 1n << 20n, flags: ['inv'] }] },
  { kind: 'connlimit', listed: 'ct count over 5', expressions: [{ expr: 'connlimit', count: 5, flags: ['inv'] }] },
]

/** Not listed by nft 1.0.6, and the kernel's defaults where a property is left out. */
const silent: Expression[][] = [
  [{ expr: 'last' }],
  [{ expr: 'log' }],
  [{ expr: 'log', level: 'debug', flags: ['tcpseq', 'uid'] }],
  [{ expr: 'limit', rate: 1000n, unit: 1n, type: 'pkt_bytes' }],
  [{ expr: 'masq' }],
  [{ expr: 'redir' }],
  [{ expr: 'reject', type: 'tcp_rst' }],
  [
    constant(1, 192, 0, 2, 1),
    constant(2, 0, 80),
    { expr: 'nat', type: 'snat', family: 'ip', regAddrMin: 1, regProtoMin: 2, flags: ['random'] },
  ],
  [constant(1, 0, 80), { expr: 'nat', type: 'dnat', family: 'inet', regProtoMin: 1 }],
  [mark('dreg'), { expr: 'dynset', setName: 'seen', op: 'add', sregKey: 1 }],
  [mark('dreg'), { expr: 'dynset', setName: 'seen', op: 'delete', sregKey: 1, timeout: 0n }],
  [mark('dreg'), { expr: 'dynset', setName: 'seen', op: 'add', sregKey: 1, expressions: [{ expr: 'counter' }] }],
  [
    { expr: 'payload', dreg: 8, base: 'link', offset: 6, len: 6 },
    { expr: 'payload', dreg: 12, base: 'network', offset: 0, len: 4 },
  ],
  [
    constant(1, 0, 9),
    {
      expr: 'payload',
      sreg: 1,
      base: 'transport',
      offset: 2,
      len: 2,
      csumType: 'inet',
      csumOffset: 16,
      csumFlags: ['pseudohdr'],
    },
  ],
  [{ expr: 'exthdr', dreg: 1, type: 44, offset: 0, len: 1, flags: ['present'] }],
  [
    { expr: 'meta', key: 'mark', dreg: 2 },
    { expr: 'hash', sreg: 2, dreg: 1, len: 4, modulus: 7, seed: 1, offset: 3 },
  ],
  [{ expr: 'quota', bytes: 1000n, consumed: 10n }],
]

function prepared(): Batch {
  const set = { ...inTable, keyType: 19, keyLen: 4 }
  return new Batch()
    .add('table', table)
    .add('chain', { ...inTable, name: 'c' })
    .add('chain', { ...inTable, name: 'other' })
    .add('set', { ...set, name: 'marks', flags: [], id: 1 })
    .add('set', { ...set, name: 'seen', flags: ['timeout', 'eval'], id: 2, size: 10 })
    .add('object', { ...inTable, name: 'hits', data: { expr: 'counter' } })
}

/** Writes one rule for each, and reads them back. */
function roundTrip(rules: readonly Expression[][]): { dumped: KernelRule[]; listed: string } {
  using nftables = connect()
  const batch = prepared()
  for (const expressions of rules) batch.add('rule', { ...inTable, chain: 'c', expressions })
  nftables.commit(batch)
  const result = { dumped: nftables.rules(table), listed: skip === false ? listing() : '' }
  nftables.commit(new Batch().delete('table', table))
  return result
}

for (const { kind, listed, expressions } of cases) {
  test(`${kind} comes back from the kernel as it was written`, () => {
    const [rule] = roundTrip([expressions]).dumped
    assert.ok(expressions.some(({ expr }) => expr === kind))
    assert.equal(
      rule?.expressions.some(({ expr }) => expr === 'unknown'),
      false,
    )
    assert.equal(ruleIdentity(rule?.expressions ?? []), ruleIdentity(expressions))
  })
  test(`${kind} is listed by nft as what was meant: ${listed}`, { skip }, () => {
    const inside = roundTrip([expressions]).listed.split('chain c {\n')[1]?.split('\n')[0]?.trim()
    assert.ok(inside?.endsWith(listed), `nft lists: ${inside}`)
  })
}

test('what is left out is filled in by the kernel, and still the same rule', () => {
  const { dumped } = roundTrip(silent)
  for (const [index, expressions] of silent.entries()) {
    const found = dumped[index]!.expressions
    assert.ok(sameExpressions(found, expressions), `${expressions.at(-1)!.expr}, rule ${index}`)
  }
})

test('raw bytes of an expression are taken by the kernel', () => {
  const socket: Expression = {
    expr: 'unknown',
    name: 'socket',
    data: Uint8Array.of(8, 0, 1, 0, 0, 0, 0, 1, 8, 0, 2, 0, 0, 0, 0, 1), // NFTA_SOCKET_KEY mark, NFTA_SOCKET_DREG 1
  }
  const [rule] = roundTrip([[socket]]).dumped
  assert.deepEqual(rule?.expressions, [{ expr: 'socket', key: 'mark', dreg: 1 }])
})

test('a rule that counted is the same rule', () => {
  const before = roundTrip([[{ expr: 'counter', packets: 5n, bytes: 500n }]]).dumped[0]!
  assert.deepEqual(before.expressions, [{ expr: 'counter', packets: 5n, bytes: 500n }])
  assert.ok(sameExpressions(before.expressions, [{ expr: 'counter' }]))
})
