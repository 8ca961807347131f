import assert from 'node:assert/strict'
import { test } from 'node:test'
import { NetworkNamespace, sandbox } from '@sallyport/linux'
import { type Expression, type Family, sameExpressions } from '../src/expr/index.ts'
import type { KernelHook, KernelObject } from '../src/messages/index.ts'
import { connect } from '../src/nftables.ts'
import { Batch } from '../src/transaction/index.ts'

await sandbox()

const constant = (dreg: number, ...bytes: number[]): Expression => ({
  expr: 'immediate',
  dreg,
  data: { value: Uint8Array.from(bytes) },
})
const equals = (...bytes: number[]): Expression => ({
  expr: 'cmp',
  sreg: 1,
  op: 'eq',
  data: { value: Uint8Array.from(bytes) },
})
const tcp: Expression[] = [{ expr: 'meta', key: 'l4proto', dreg: 1 }, equals(6)]
const text = (value: string, length: number): number[] => [...Buffer.from(value.padEnd(length, '\0'), 'latin1')]

interface Case {
  readonly name: string
  readonly family?: Family
  readonly expressions: Expression[]
}

/** Rules for what nft 1.0.6 has no words for, or other families than inet. */
const cases: Case[] = [
  { name: 'socket transparent', expressions: [{ expr: 'socket', key: 'transparent', dreg: 1 }, equals(1)] },
  { name: 'socket wildcard', expressions: [{ expr: 'socket', key: 'wildcard', dreg: 1 }, equals(1)] },
  { name: 'osf', expressions: [{ expr: 'osf', dreg: 1 }, equals(...text('Linux', 16))] },
  {
    name: 'osf with a version',
    expressions: [{ expr: 'osf', dreg: 1, ttl: 'nocheck', flags: ['version'] }, equals(...text('Linux:3.0', 16))],
  },
  { name: 'xfrm', expressions: [{ expr: 'xfrm', key: 'spi', direction: 'in', dreg: 1 }, equals(0, 0, 0, 5)] },
  { name: 'tunnel path', family: 'netdev', expressions: [{ expr: 'tunnel', key: 'path', dreg: 1 }, equals(1)] },
  {
    name: 'tunnel id',
    family: 'netdev',
    expressions: [{ expr: 'tunnel', key: 'id', dreg: 1, mode: 'rx' }, equals(5, 0, 0, 0)],
  },
  { name: 'synproxy', expressions: [...tcp, { expr: 'synproxy', mss: 1460, wscale: 7, flags: ['timestamp'] }] },
  { name: 'synproxy with options alone', expressions: [...tcp, { expr: 'synproxy', flags: ['sack_perm'] }] },
  {
    name: 'dup to an address by an interface',
    family: 'ip',
    expressions: [constant(1, 10, 0, 0, 1), constant(2, 1, 0, 0, 0), { expr: 'dup', sregAddr: 1, sregDev: 2 }],
  },
  {
    name: 'dup to an interface',
    family: 'netdev',
    expressions: [constant(1, 1, 0, 0, 0), { expr: 'dup', sregDev: 1 }],
  },
  { name: 'fwd', family: 'netdev', expressions: [constant(1, 1, 0, 0, 0), { expr: 'fwd', sregDev: 1 }] },
  {
    name: 'fwd to a neighbour',
    family: 'netdev',
    expressions: [
      constant(1, 1, 0, 0, 0),
      constant(2, 10, 0, 0, 1),
      { expr: 'fwd', sregDev: 1, sregAddr: 2, nfproto: 'ip' },
    ],
  },
  {
    name: 'inner payload of vxlan',
    expressions: [
      {
        expr: 'inner',
        num: 0,
        type: 'vxlan',
        flags: ['hdrsize', 'll', 'nh', 'th'],
        hdrsize: 8,
        expression: { expr: 'payload', dreg: 1, base: 'network', offset: 12, len: 4 },
      },
      equals(10, 0, 0, 1),
    ],
  },
  {
    name: 'inner meta of geneve',
    expressions: [
      {
        expr: 'inner',
        num: 0,
        type: 'geneve',
        flags: ['hdrsize', 'll', 'nh', 'th'],
        hdrsize: 8,
        expression: { expr: 'meta', key: 'l4proto', dreg: 1 },
      },
      equals(6),
    ],
  },
  ...(['and', 'or', 'xor'] as const).map(
    (op): Case => ({
      name: `two registers put together by ${op}`,
      expressions: [
        { expr: 'meta', key: 'mark', dreg: 1 },
        { expr: 'ct', key: 'mark', dreg: 2 },
        { expr: 'bitwise', sreg: 1, sreg2: 2, dreg: 1, op, len: 4 },
        { expr: 'meta', key: 'mark', sreg: 1 },
      ],
    }),
  ),
  {
    name: 'a register and a constant put together by or',
    expressions: [
      { expr: 'meta', key: 'mark', dreg: 1 },
      { expr: 'bitwise', sreg: 1, dreg: 1, op: 'or', len: 4, data: { value: Uint8Array.of(1, 0, 0, 0) } },
      { expr: 'meta', key: 'mark', sreg: 1 },
    ],
  },
  { name: 'last', expressions: [{ expr: 'last' }] },
  { name: 'a removed TCP option', expressions: [{ expr: 'exthdr', type: 4, offset: 0, len: 0, op: 'tcpopt' }] },
  {
    name: 'a written payload with both checksums',
    expressions: [
      constant(1, 10, 0, 0, 1),
      {
        expr: 'payload',
        sreg: 1,
        base: 'network',
        offset: 12,
        len: 4,
        csumType: 'inet',
        csumOffset: 10,
        csumFlags: ['pseudohdr'],
      },
    ],
  },
  {
    name: 'match mark of x_tables',
    family: 'ip',
    expressions: [
      { expr: 'match', name: 'mark', rev: 1, info: Uint8Array.of(5, 0, 0, 0, 255, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0) },
    ],
  },
  {
    name: 'target MARK of x_tables',
    family: 'ip',
    expressions: [{ expr: 'target', name: 'MARK', rev: 2, info: Uint8Array.of(5, 0, 0, 0, 255, 0, 0, 0) }],
  },
]

for (const { name, family = 'inet', expressions } of cases) {
  test(`${name} comes back from the kernel as it was written`, () => {
    using namespace = NetworkNamespace.create()
    using nft = connect({ namespace })
    const table = { family, name: 't' }
    const chain = { family, table: 't', name: 'c' }
    const hook: KernelHook = { hook: 'ingress', priority: 0, devices: ['lo'] }
    const hooked = family === 'netdev' ? { ...chain, type: 'filter' as const, hook } : chain
    const batch = new Batch().add('table', table).add('chain', hooked)
    nft.commit(batch.add('rule', { family, table: 't', chain: 'c', expressions }))
    const [rule] = nft.rules(table)
    assert.equal(rule?.expressions.length, expressions.length)
    assert.ok(sameExpressions(rule.expressions, expressions), JSON.stringify(rule.expressions, bigints))
  })
}

const objects: KernelObject['data'][] = [
  { expr: 'ct_helper', name: 'ftp', l3proto: 'ip', l4proto: 6 },
  { expr: 'ct_timeout', l3proto: 'ip', l4proto: 6, policy: { established: 123, close: 4 } },
  { expr: 'ct_timeout', l3proto: 'ip', l4proto: 17, policy: { unreplied: 5, replied: 6 } },
  { expr: 'ct_expect', l3proto: 'ip', l4proto: 6, dport: 5432, timeout: 3_600_000, size: 12 },
  { expr: 'synproxy', mss: 1460, wscale: 7, flags: ['mss', 'wscale', 'timestamp'] },
  { expr: 'connlimit', count: 5 },
  { expr: 'tunnel', id: 7, ip: { src: '192.0.2.1', dst: '192.0.2.2' }, ttl: 64, sport: 1000, dport: 4789 },
  { expr: 'tunnel', id: 7, ip6: { src: 'fd00::1', dst: 'fd00::2', flowlabel: 5 }, opts: [{ vxlan: { gbp: 5 } }] },
  {
    expr: 'tunnel',
    id: 9,
    ip: { dst: '192.0.2.2' },
    opts: [{ geneve: { class: 1, type: 2, data: Uint8Array.of(1, 2, 3, 4) } }],
  },
  { expr: 'tunnel', id: 9, ip: { dst: '192.0.2.2' }, opts: [{ erspan: { version: 1, v1Index: 5 } }] },
]

for (const data of objects) {
  test(`an object ${JSON.stringify(data, bigints)} comes back from the kernel with what was written`, () => {
    using namespace = NetworkNamespace.create()
    using nft = connect({ namespace })
    const family = data.expr.startsWith('ct_') ? 'ip' : data.expr === 'tunnel' ? 'netdev' : 'inet'
    const object = { family, table: 't', name: 'o', data } as const
    nft.commit(new Batch().add('table', { family, name: 't' }).add('object', object))
    const [found] = nft.objects({ family, name: 't' })
    assertHolds(found?.data, data)
  })
}

/** Everything that was said is there; what was left out the kernel may have filled in. */
function assertHolds(found: unknown, said: unknown): void {
  if (typeof said !== 'object' || said === null || said instanceof Uint8Array || Array.isArray(said)) {
    assert.deepEqual(found, said)
    return
  }
  for (const [key, value] of Object.entries(said)) assertHolds((found as Record<string, unknown>)?.[key], value)
}

function bigints(_: string, value: unknown): unknown {
  return typeof value === 'bigint' ? `${value}n` : value
}

test('a table is its owner’s, and may outlive him', () => {
  using namespace = NetworkNamespace.create()
  const owned = { family: 'inet', name: 't', flags: ['owner', 'persist'] } as const
  {
    using nft = connect({ namespace })
    nft.commit(new Batch().add('table', { ...owned, flags: [...owned.flags] }))
    const [table] = nft.tables()
    assert.deepEqual(table?.flags, ['owner', 'persist'])
    assert.equal(typeof table?.owner, 'number')
  }
  using nft = connect({ namespace })
  assert.deepEqual(
    nft.tables().map(({ name, owner }) => [name, owner]),
    [['t', undefined]],
  )
})

test('chains of every family stand at the hooks that the family has', () => {
  using namespace = NetworkNamespace.create()
  using nft = connect({ namespace })
  const inet = ['prerouting', 'input', 'forward', 'output', 'postrouting'] as const
  const hooks = {
    inet: [...inet, 'ingress'],
    ip: inet,
    ip6: inet,
    bridge: inet,
    arp: ['input', 'output'],
    netdev: ['ingress', 'egress'],
  } as const
  const batch = new Batch()
  for (const [family, names] of Object.entries(hooks) as [Family, (typeof hooks)[Family]][]) {
    batch.add('table', { family, name: 't' })
    for (const hook of names) {
      const devices = hook === 'ingress' || hook === 'egress' ? { devices: ['lo'] } : {}
      batch.add('chain', { family, table: 't', name: hook, type: 'filter', hook: { hook, priority: -5, ...devices } })
    }
  }
  nft.commit(batch)
  for (const { name, hook } of nft.chains()) assert.deepEqual([hook?.hook, hook?.priority], [name, -5])
  assert.equal(nft.chains().length, Object.values(hooks).flat().length)
})

test('a chain waits for interfaces by the beginning of their names (Linux 6.18)', () => {
  using namespace = NetworkNamespace.create()
  using nft = connect({ namespace })
  const hook: KernelHook = { hook: 'ingress', priority: 0, devices: ['lan*', 'lo'] }
  const batch = new Batch().add('table', { family: 'netdev', name: 't' })
  const chain = { family: 'netdev', table: 't', name: 'c', type: 'filter' } as const
  nft.commit(batch.add('chain', { ...chain, hook }))
  assert.deepEqual(nft.chains()[0]?.hook?.devices?.toSorted(), ['lan*', 'lo'])
})
