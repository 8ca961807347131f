import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { littleEndian } from '@sallyport/linux'
import {
  accept,
  type Comment,
  compile,
  concat,
  ct,
  type Expression,
  ip,
  meta,
  Ruleset,
  type Statement,
  tcp,
  udp,
} from '../src/index.ts'

function expressions(...statements: readonly (Statement | Comment)[]): Expression[] {
  const ruleset = new Ruleset()
  ruleset
    .table('inet', 't')
    .chain('c')
    .rule(...statements)
  return compile(ruleset).tables[0]!.rules[0]!.rule.expressions
}

const value = (...bytes: number[]): { value: Uint8Array } => ({ value: Uint8Array.from(bytes) })
const host32 = (number: number): { value: Uint8Array } =>
  littleEndian ? value(number, 0, 0, 0) : value(0, 0, 0, number)

describe('a rule in the kernel’s terms', () => {
  it('matches the protocol before it reads its header', () => {
    assert.deepEqual(expressions(tcp.dport.eq(22), accept()), [
      { expr: 'meta', key: 'l4proto', dreg: 1 },
      { expr: 'cmp', sreg: 1, op: 'eq', data: value(6) },
      { expr: 'payload', base: 'transport', offset: 2, len: 2, dreg: 1 },
      { expr: 'cmp', sreg: 1, op: 'eq', data: value(0, 22) },
      { expr: 'immediate', dreg: 0, data: { verdict: { code: 'accept' } } },
    ])
  })

  it('matches what is known already no second time', () => {
    const [, , ...rest] = expressions(meta.l4proto.eq('udp'), udp.dport.eq(53))
    assert.equal(rest.filter(({ expr }) => expr === 'meta').length, 0)
  })

  it('reads only the bytes of a prefix', () => {
    assert.deepEqual(expressions(ip.saddr.eq('10.1.0.0/16')).slice(2), [
      { expr: 'payload', base: 'network', offset: 12, len: 2, dreg: 1 },
      { expr: 'cmp', sreg: 1, op: 'eq', data: value(10, 1) },
    ])
  })

  it('masks a prefix that ends inside a byte', () => {
    const [, mask] = expressions(ip.saddr.eq('10.0.0.0/9')).slice(2)
    const bits = { mask: value(255, 128, 0, 0), xor: value(0, 0, 0, 0) }
    assert.deepEqual(mask, { expr: 'bitwise', sreg: 1, dreg: 1, len: 4, ...bits })
  })

  it('compares flags and marks in the order of the host', () => {
    assert.deepEqual(expressions(ct.state.any('established', 'related')), [
      { expr: 'ct', key: 'state', dreg: 1 },
      { expr: 'bitwise', sreg: 1, dreg: 1, len: 4, mask: host32(6), xor: host32(0) },
      { expr: 'cmp', sreg: 1, op: 'neq', data: host32(0) },
    ])
    assert.deepEqual(expressions(meta.mark.eq(5)).at(-1), { expr: 'cmp', sreg: 1, op: 'eq', data: host32(5) })
  })

  it('compares ranges of marks in network order, in which bytes sort', () => {
    const [, turn, least] = expressions(meta.mark.eq('5-7'))
    assert.deepEqual(turn, { expr: 'byteorder', sreg: 1, dreg: 1, op: 'hton', len: 4, size: 4 })
    assert.deepEqual(least, { expr: 'cmp', sreg: 1, op: 'gte', data: value(0, 0, 0, 5) })
  })

  it('puts the fields of a key into neighbouring registers of four bytes', () => {
    const key = concat(meta.l4proto, ip.saddr, udp.sport)
    const loads = expressions(key.in([['udp', '10.0.0.1', 5]])).slice(4)
    assert.deepEqual(
      loads.map((each) => ('dreg' in each ? each.dreg : each.expr)),
      [1, 9, 10, 'lookup'],
    )
  })

  it('reads neighbouring ports at once, but not over a statement that acts', () => {
    const merged = expressions(udp.sport.eq(68), udp.dport.eq(67)).slice(2)
    assert.deepEqual(merged, [
      { expr: 'payload', base: 'transport', offset: 0, len: 4, dreg: 1 },
      { expr: 'cmp', sreg: 1, op: 'eq', data: value(0, 68, 0, 67) },
    ])
  })
})
