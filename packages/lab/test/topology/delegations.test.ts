import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Delegations, division } from '../../src/topology/delegations.ts'

const pool = (from = '2001:db8:1::/48'): Delegations =>
  new Delegations({ from, length: 56, own: from.replace(/\/\d+$/, '/64') })

test('pieces are given out one after the other, and the first is left out: the network itself is in it', () => {
  const pieces = pool()
  assert.deepEqual([pieces.take('a'), pieces.take('b')], ['2001:db8:1:100::/56', '2001:db8:1:200::/56'])
})

test('a piece that was given back is used again when all others have been', () => {
  const pieces = pool()
  pieces.give(pieces.take('a'))
  assert.equal(pieces.take('b'), '2001:db8:1:200::/56')
  for (let n = 3; n < 256; n += 1) pieces.take(`router ${n}`)
  assert.equal(pieces.take('c'), '2001:db8:1:100::/56')
  assert.throws(() => pieces.take('d'), /d: no IPv6 prefix is left in 2001:db8:1::\/48/)
})

test('a wished prefix of any length is kept clear of, and belongs to one', () => {
  const pieces = pool()
  assert.equal(pieces.take('a', '2001:db8:1:120::1/60'), '2001:db8:1:120::/60')
  assert.equal(pieces.take('b'), '2001:db8:1:200::/56')
  assert.throws(() => pieces.take('c', '2001:db8:1:100::/56'), /c: 2001:db8:1:100::\/56 belongs to a already/)
  assert.throws(() => pieces.take('c', '2001:db8:1:12f::/64'), /belongs to a already/)
  pieces.give('2001:db8:1:120::/60')
  assert.equal(pieces.take('c', '2001:db8:1:100::/56'), '2001:db8:1:100::/56')
})

test('a reserved prefix waits for who will ask for it', () => {
  const pieces = pool()
  pieces.reserve('late', '2001:db8:1:100::/56')
  assert.equal(pieces.take('early'), '2001:db8:1:200::/56')
  assert.throws(() => pieces.take('early', '2001:db8:1:100::/56'), /belongs to late already/)
  assert.equal(pieces.take('late', '2001:db8:1:100::/56'), '2001:db8:1:100::/56')
})

test('what is no prefix, not in the pool, or the network itself is refused', () => {
  const pieces = pool()
  for (const [wanted, error] of [
    ['2001:db8:2:100::/56', /is not in 2001:db8:1::\/48/],
    ['2001:db8:1::/56', /uses 2001:db8:1::\/64 itself/],
    ['2001:db8::/32', /is not in/],
    ['2001:db8:1:100::/72', /a \/72 is not delegated/],
    ['10.0.0.0/32', /is no IPv6 prefix/],
    ['nonsense', /nonsense/],
  ] as const)
    assert.throws(() => pieces.take('a', wanted), { name: 'TopologyError', message: error })
})

test('the counterpart of a piece is the same one of another prefix of that length, if it is free', () => {
  const [before, after] = [pool(), pool('2001:db8:ffff::/48')]
  assert.equal(after.counterpart('2001:db8:1:ab00::/56', before), '2001:db8:ffff:ab00::/56')
  after.take('a', '2001:db8:ffff:ab00::/60')
  assert.equal(after.counterpart('2001:db8:1:ab00::/56', before), undefined)
  const shorter = new Delegations({ from: '2001:db8::/32', length: 56, own: '2001:db8::/64' })
  assert.equal(shorter.counterpart('2001:db8:1:ab00::/56', before), undefined)
})

test('a prefix is divided at the next boundary of four or eight bits, and a /64 not at all', () => {
  const all = [32, 48, 50, 56, 60, 62, 63, 64].map((length) => division(length)?.length)
  assert.deepEqual(all, [56, 56, 60, 60, 64, 64, 64, undefined])
  assert.deepEqual([division(48)?.count, division(56)?.count, division(60)?.count], [255, 15, 15])
})
