import assert from 'node:assert/strict'
import { test } from 'node:test'
import { unknown, Writer } from '@sallyport/linux'
import { hex, survivesRandomBytes } from '@sallyport/linux/testing'
import fc from 'fast-check'
import {
  canonical,
  type Expression,
  expressionElement,
  meta,
  ruleIdentity,
  sameExpressions,
} from '../src/expr/index.ts'
import { anyExpression } from './support/arbitrary.ts'

function encode(expression: Expression): Uint8Array {
  const out = new Writer()
  expressionElement.write(out, expression)
  return out.finish()
}

const future = hex`
  0b 00 01 00  66 75 74 75  72 65 00 00 | NFTA_EXPR_NAME 'future'
  0c 00 02 80                           | NFTA_EXPR_DATA
    08 00 01 00  00 00 00 01            | an attribute
`

const metaOfTheFuture = hex`
  09 00 01 00  6d 65 74 61  00 00 00 00 | NFTA_EXPR_NAME 'meta'
  14 00 02 80                           | NFTA_EXPR_DATA
    08 00 02 00  00 00 00 63            | NFTA_META_KEY  99
    08 00 01 00  00 00 00 01            | NFTA_META_DREG
`

test('an expression that has no codec is kept and written back byte by byte', () => {
  const read = expressionElement.read(future)
  assert.deepEqual(read, { expr: 'unknown', name: 'future', data: future.subarray(16) })
  assert.deepEqual(encode(read), future)
})

test('a key that a newer kernel has is kept and written back byte by byte', () => {
  const read = expressionElement.read(metaOfTheFuture)
  assert.equal(read.expr, 'unknown')
  assert.deepEqual(encode(read), metaOfTheFuture)
})

test('an attribute that a newer kernel has is kept and written back', () => {
  const bytes = hex`
    08 00 02 00  00 00 00 10 | NFTA_META_KEY  l4proto
    08 00 01 00  00 00 00 01 | NFTA_META_DREG
    08 00 1f 00  de ad be ef | of the future
  `
  const read = meta.decode(bytes)
  assert.equal(Object.getOwnPropertySymbols(read).includes(unknown), true)
  assert.deepEqual(meta.encode(read), bytes)
})

test('a flag that has no name is kept as a number', () => {
  const element = hex`
    0e 00 01 00  63 6f 6e 6e  6c 69 6d 69  74 00 00 00 | NFTA_EXPR_NAME 'connlimit'
    14 00 02 80                                        | NFTA_EXPR_DATA
      08 00 01 00  00 00 00 05                         | NFTA_CONNLIMIT_COUNT
      08 00 02 00  80 00 00 01                         | NFTA_CONNLIMIT_FLAGS
  `
  const read = expressionElement.read(element)
  assert.deepEqual(read, { expr: 'connlimit', count: 5, flags: ['inv', '0x80000000'] })
  assert.deepEqual(encode(read), element)
})

test('only an expression without attributes goes without NFTA_EXPR_DATA', () => {
  assert.deepEqual(encode({ expr: 'notrack' }), hex`0c 00 01 00  6e 6f 74 72  61 63 6b 00 | NFTA_EXPR_NAME 'notrack'`)
  assert.deepEqual(
    encode({ expr: 'masq' }),
    hex`
      09 00 01 00  6d 61 73 71  00 00 00 00 | NFTA_EXPR_NAME 'masq'
      04 00 02 80                           | NFTA_EXPR_DATA
    `,
  )
})

test('an offset into an expression is named by expression and attribute', () => {
  const nat = encode({ expr: 'nat', type: 'dnat', family: 'ip', regAddrMin: 1 })
  const family = nat.length - 16
  assert.deepEqual(expressionElement.pathAt?.(nat, family), ['nat', 'NFTA_EXPR_DATA', 'NFTA_NAT_FAMILY'])
  assert.deepEqual(expressionElement.pathAt?.(nat, 0), ['nat', 'NFTA_EXPR_NAME'])
})

test('two rules are the same when they differ only in what the kernel counts', () => {
  const quota = { expr: 'quota', bytes: 1000n } as const
  const fresh: Expression[] = [{ expr: 'counter' }, quota, { expr: 'last' }]
  const used: Expression[] = [
    { expr: 'counter', packets: 7n, bytes: 420n },
    { ...quota, consumed: 420n, flags: ['depleted'] },
    { expr: 'last', set: 1, msecs: 5n },
  ]
  assert.equal(sameExpressions(fresh, used), true)
  assert.equal(ruleIdentity(fresh), ruleIdentity(used))
})

const dnat: Expression = { expr: 'nat', type: 'dnat', family: 'ip', regAddrMin: 1, regProtoMin: 2 }
const different: [string, Expression, Expression][] = [
  ['another address register', dnat, { ...dnat, regAddrMin: 3 }],
  ['a range of ports', dnat, { ...dnat, regProtoMax: 3 }],
  ['a flag', dnat, { ...dnat, flags: ['random'] }],
  ['an inverted lookup', { expr: 'lookup', set: 's', sreg: 1 }, { expr: 'lookup', set: 's', sreg: 1, flags: ['inv'] }],
  [
    'a timeout',
    { expr: 'dynset', setName: 's', op: 'add', sregKey: 1 },
    { expr: 'dynset', setName: 's', op: 'add', sregKey: 1, timeout: 5000n },
  ],
  ['a log prefix', { expr: 'log', group: 1 }, { expr: 'log', group: 1, prefix: 'x' }],
  [
    'an element limit',
    { expr: 'dynset', setName: 's', op: 'add', sregKey: 1 },
    { expr: 'dynset', setName: 's', op: 'add', sregKey: 1, expressions: [{ expr: 'counter' }] },
  ],
]
for (const [what, one, other] of different) {
  test(`two rules are not the same when they differ in ${what}`, () => {
    assert.equal(sameExpressions([one], [other]), false)
  })
}

test('the first four bytes of a long register are the long register', () => {
  const long: Expression = { expr: 'meta', key: 'mark', dreg: 2 }
  assert.equal(sameExpressions([long], [{ ...long, dreg: 12 }]), true)
  assert.equal(sameExpressions([long], [{ ...long, dreg: 13 }]), false)
})

test('the canonical form is its own canonical form', () => {
  fc.assert(
    fc.property(anyExpression, (expression) =>
      assert.deepEqual(canonical(canonical(expression)), canonical(expression)),
    ),
    { seed: 1 },
  )
})

test('any expression survives the round trip', () => {
  fc.assert(
    fc.property(anyExpression, (value) => assert.deepStrictEqual(expressionElement.read(encode(value)), value)),
    { seed: 1 },
  )
})

const golden = fc.sample(anyExpression, { seed: 2, numRuns: 200 }).map(encode)
survivesRandomBytes('expression', (bytes) => expressionElement.read(bytes), { golden })
