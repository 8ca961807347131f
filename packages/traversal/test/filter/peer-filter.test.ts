import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatIp, inPrefix, parseIp, parsePrefix } from '@sallyport/linux'
import fc from 'fast-check'
import { addressesWithin, canonical, PeerFilter, special } from '../../src/filter/index.ts'
import { bytesInUse } from '../abuse/support/gc.ts'
import { forbidden } from './forbidden.ts'

test('what an operator allows beats the defaults, however short its prefix is', () => {
  const filter = new PeerFilter({ allow: ['10.0.0.0/8', '127.0.0.0/8', 'fc00::/7'] })
  for (const address of ['10.1.2.3', '127.0.0.1', '::ffff:127.0.0.1', 'fd00::1']) assert.ok(filter.allows(address))
  for (const address of ['192.168.0.1', '::1', '::127.0.0.1']) assert.ok(!filter.allows(address), address)
  assert.ok(new PeerFilter({ allow: ['0.0.0.0/0'] }).allows('127.0.0.1'))
})

test('of what an operator allows and denies the longest prefix wins, and of equal ones the denial', () => {
  const filter = new PeerFilter({ allow: ['8.0.0.0/8', '8.8.8.8', '9.0.0.0/8'], deny: ['8.8.0.0/16', '9.0.0.0/8'] })
  assert.deepEqual(
    ['8.1.1.1', '8.8.1.1', '8.8.8.8', '9.1.1.1'].map((address) => filter.allows(address)),
    [true, false, true, false],
  )
})

test('a wrapped address is allowed when both the outside and the inside are', () => {
  const filter = new PeerFilter({ allow: ['10.0.0.0/8'], deny: ['8.8.4.4'] })
  assert.deepEqual(
    ['64:ff9b::10.0.0.1', '2002:a00:1::1', '64:ff9b::8.8.4.4', '64:ff9b::8.8.8.8'].map((each) => filter.allows(each)),
    [true, false, false, true],
  )
  const outside = new PeerFilter({ allow: ['2002::/16', '64:ff9b:1::/48', '2001::/32'] })
  assert.deepEqual(
    ['2002:a00:1::1', '2002:808:808::1', '64:ff9b:1::10.0.0.1', '64:ff9b:1::8.8.8.8'].map((e) => outside.allows(e)),
    [false, true, false, true],
  )
})

test('a translator’s own prefix is looked into, with each length that it may have', () => {
  for (const [prefix, inside] of [
    ['2a00:1450::/32', '2a00:1450:7f00:1::'],
    ['2a00:1450:ab00::/40', '2a00:1450:ab7f:0:1::'],
    ['2a00:1450:abcd::/48', '2a00:1450:abcd:7f00:0:100::'],
    ['2a00:1450:abcd:ab00::/56', '2a00:1450:abcd:ab7f:0:1::'],
    ['2a00:1450:abcd:abcd::/64', '2a00:1450:abcd:abcd:7f:0:100:0'],
    ['2a00:1450:abcd:abcd::/96', '2a00:1450:abcd:abcd::127.0.0.1'],
  ] as const) {
    assert.ok(new PeerFilter().allows(inside), inside)
    assert.match(new PeerFilter({ nat64: [prefix] }).check(inside).because, /loopback/, inside)
  }
  assert.throws(() => new PeerFilter({ nat64: ['2a00::/33'] }), /no prefix of a translator/)
})

test('where the server listens is denied whatever is allowed, its other ports are as the operator says', () => {
  const listening = [{ address: '127.0.0.1', port: 3478 }]
  const filter = new PeerFilter({ allow: ['127.0.0.0/8'], listening })
  assert.deepEqual([filter.allows('127.0.0.1', 3478), filter.allows('127.0.0.1', 9)], [false, true])
  assert.ok(!filter.allows('::ffff:127.0.0.1', 3478))
  const public_ = new PeerFilter({ listening: [{ address: '9.9.9.9', port: 3478 }] })
  assert.deepEqual(
    [public_.allows('9.9.9.9', 80), public_.allows('9.9.9.9'), public_.allows('9.9.9.8')],
    [false, false, true],
  )
})

test('through a translator, too, nobody gets where the server listens, whatever is allowed', () => {
  const listening = [{ address: '192.0.2.1', port: 3478 }]
  const filter = new PeerFilter({ allow: ['192.0.2.0/24', '2002::/16'], nat64: ['2a00:1450::/96'], listening })
  for (const address of ['64:ff9b::192.0.2.1', '2002:c000:201::', '2a00:1450::192.0.2.1']) {
    assert.deepEqual([filter.allows(address, 3478), filter.allows(address, 3479)], [false, true], address)
  }
})

test('the unspecified address is nobody’s, whatever is allowed: the kernel takes it for the relay’s own', () => {
  const filter = new PeerFilter({ allow: ['0.0.0.0/0', '::/0', '0.0.0.0/32'] })
  for (const address of ['0.0.0.0', '::', '::ffff:0:0', '64:ff9b::0.0.0.0']) {
    assert.deepEqual([filter.allows(address), filter.allows(address, 3478)], [false, false], address)
  }
  assert.ok(filter.allows('0.0.0.1'))
})

test('ports count on relay addresses alone', () => {
  const filter = new PeerFilter({ relays: [{ address: '192.168.0.5', min: 50_000, max: 50_010 }] })
  assert.deepEqual(
    [undefined, 49_999, 50_000, 50_010, 50_011].map((port) => filter.allows('192.168.0.5', port)),
    [true, false, true, true, false],
  )
  assert.ok(!filter.allows('2002:c0a8:5::', 50_000))
  assert.ok(!filter.allows('64:ff9b::192.168.0.5', 50_000), 'through a translator it is no relay')
})

test('a denial says which prefix it comes from and what that is', () => {
  assert.equal(new PeerFilter().check('::ffff:10.1.1.1').because, '10.0.0.0/8: private (RFC 1918)')
  assert.equal(new PeerFilter({ deny: ['8.0.0.0/8'] }).check('8.8.8.8').because, '8.0.0.0/8: denied')
})

test('without defaults the operator’s own words are all that counts', () => {
  const filter = new PeerFilter({ defaults: false, deny: ['10.0.0.0/8'] })
  assert.deepEqual([filter.allows('127.0.0.1'), filter.allows('::ffff:10.0.0.1')], [true, false])
})

test('what is no prefix is shown', () => {
  assert.throws(() => new PeerFilter({ allow: ['10.0.0.0/33'] }), /10\.0\.0\.0\/33/)
  assert.throws(() => new PeerFilter({ own: ['localhost'] }), /localhost/)
})

test('all of a special prefix is denied, from its first address to its last', () => {
  const filter = new PeerFilter()
  for (const [text] of special) {
    const { bytes, length } = parsePrefix(text)
    const last = bytes.map((byte, index) => byte | (0xff >> Math.min(8, Math.max(0, length - index * 8))))
    assert.ok(!filter.allows(formatIp(bytes)), text)
    assert.ok(!filter.allows(formatIp(last)), text)
  }
})

test('the table of prefixes decides as a look at every prefix does', () => {
  const anyV4 = fc.tuple(fc.nat(255), fc.nat(255), fc.nat(255), fc.nat(255)).map((bytes) => bytes.join('.'))
  const lists = fc.array(fc.tuple(anyV4, fc.integer({ min: 1, max: 32 }), fc.boolean()), { maxLength: 20 })
  fc.assert(
    fc.property(lists, anyV4, (list, address) => {
      const text = (allowed: boolean): string[] =>
        list.filter((each) => each[2] === allowed).map(([base, length]) => `${base}/${length}`)
      const filter = new PeerFilter({ defaults: false, allow: text(true), deny: text(false) })
      const within = list
        .filter(([base, length]) => inPrefix(parsePrefix(`${base}/${length}`), parseIp(address)))
        .sort((a, b) => b[1] - a[1] || Number(a[2]) - Number(b[2]))
      assert.equal(filter.allows(address), within[0]?.[2] ?? true)
    }),
  )
})

test('300,000 strangers do not fill the memory of the filter', () => {
  const filter = new PeerFilter()
  const before = bytesInUse()
  for (let index = 0; index < 300_000; index += 1)
    filter.allows(`8.${index & 255}.${(index >> 8) & 255}.${index >> 16}`)
  const kept = bytesInUse() - before
  assert.ok(kept < 8 << 20, `${kept} bytes`)
  assert.ok(filter.allows('8.8.8.8')) // it is still in use
})

test('a form of an address says nothing but what it is', () => {
  assert.equal(canonical('::ffff:1.2.3.4'), '1.2.3.4')
  assert.deepEqual(addressesWithin('::ffff:1.2.3.4').map(formatIp), ['1.2.3.4'])
  assert.deepEqual(addressesWithin('2002:102:304::').map(formatIp), ['2002:102:304::', '1.2.3.4'])
  assert.deepEqual(addressesWithin('::1').map(formatIp), ['::1'])
  assert.throws(() => new PeerFilter().check('localhost'), RangeError)
  for (const [address] of forbidden) assert.equal(canonical(canonical(address)), canonical(address))
})
