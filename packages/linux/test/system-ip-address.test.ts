import assert from 'node:assert/strict'
import { isIP } from 'node:net'
import { test } from 'node:test'
import fc from 'fast-check'
import { formatIp, formatPrefix, inPrefix, isIp, networkOf, parseIp, parsePrefix } from '../src/index.ts'

const bytesOf = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex'))

// Text in, bytes, text out.
for (const [text, hex, canonical] of [
  ['192.168.1.1', 'c0a80101', '192.168.1.1'],
  ['0.0.0.0', '00000000', '0.0.0.0'],
  ['255.255.255.255', 'ffffffff', '255.255.255.255'],
  ['::', '00000000000000000000000000000000', '::'],
  ['::1', '00000000000000000000000000000001', '::1'],
  ['1::', '00010000000000000000000000000000', '1::'],
  // RFC 5952 §2.1 and §4.1: no leading zeros
  ['2001:0db8:0000:0000:0001:0000:0000:0001', '20010db8000000000001000000000001', '2001:db8::1:0:0:1'],
  // §4.2.1: as short as possible
  ['2001:db8::0:1', '20010db8000000000000000000000001', '2001:db8::1'],
  // §4.2.2: one zero group stays
  ['2001:db8::1:1:1:1:1', '20010db8000000010001000100010001', '2001:db8:0:1:1:1:1:1'],
  // §4.2.3: the longest run; of two equal ones the first
  ['2001:0:0:1:0:0:0:1', '20010000000000010000000000000001', '2001:0:0:1::1'],
  ['2001:db8:0:0:1:0:0:1', '20010db8000000000001000000000001', '2001:db8::1:0:0:1'],
  // §4.3: lower case
  ['2001:DB8::ABCD', '20010db800000000000000000000abcd', '2001:db8::abcd'],
  // §5: mapped addresses show the IPv4 address
  ['::ffff:192.0.2.1', '00000000000000000000ffffc0000201', '::ffff:192.0.2.1'],
  ['::ffff:c000:201', '00000000000000000000ffffc0000201', '::ffff:192.0.2.1'],
  ['64:ff9b::192.0.2.33', '0064ff9b0000000000000000c0000221', '64:ff9b::c000:221'],
  ['1:2:3:4:5:6:7::', '00010002000300040005000600070000', '1:2:3:4:5:6:7:0'],
  ['::2:3:4:5:6:7:8', '00000002000300040005000600070008', '0:2:3:4:5:6:7:8'],
  ['fe80::1', 'fe800000000000000000000000000001', 'fe80::1'],
] as const) {
  test(`${text} is read, and written as ${canonical}`, () => {
    assert.deepEqual(parseIp(text), { family: hex.length === 8 ? 4 : 6, bytes: bytesOf(hex) })
    assert.equal(formatIp(bytesOf(hex)), canonical)
  })
}

const notAddresses = [
  '',
  ' ',
  'localhost',
  '1.2.3',
  '1.2.3.4.5',
  '256.1.1.1',
  '010.0.0.1',
  '1.2.3.4 ',
  '+1.2.3.4',
  '1e1.2.3.4',
  '0x1.2.3.4',
  ':',
  ':::',
  '1:::2',
  '1::2::3',
  ':1:2:3:4:5:6:7',
  '1:2:3:4:5:6:7:',
  '1:2:3:4:5:6:7',
  '1:2:3:4:5:6:7:8:9',
  '1::2:3:4:5:6:7:8',
  '12345::',
  'g::',
  '::1%lo',
  '::1.2.3',
  '::1.2.3.256',
  '1.2.3.4::',
  '::1.2.3.4:1',
  '1:2:3:4:5:6:7:1.2.3.4',
]
for (const text of notAddresses) {
  test(`'${text}' is not an address`, () => {
    assert.equal(isIp(text), false)
    assert.throws(() => parseIp(text), { name: 'RangeError', message: `'${text}' is not an IP address` })
  })
}

test('any bytes survive text and back, and Node takes the text for an address too', () => {
  const bytes = fc.oneof(fc.uint8Array({ minLength: 4, maxLength: 4 }), fc.uint8Array({ minLength: 16, maxLength: 16 }))
  fc.assert(
    fc.property(bytes, (value) => {
      const text = formatIp(value)
      assert.deepEqual([...parseIp(text).bytes], [...value])
      assert.equal(isIP(text), value.length === 4 ? 4 : 6)
    }),
    { seed: 1, numRuns: 2000 },
  )
})

test('runs of zeros at any place survive, too', () => {
  const group = fc.constantFrom(0, 0, 0, 1, 0xabcd)
  fc.assert(
    fc.property(fc.array(group, { minLength: 8, maxLength: 8 }), (groups) => {
      const bytes = Uint8Array.from(groups.flatMap((value) => [value >> 8, value & 0xff]))
      // The URL standard prescribes the same form (except for mapped addresses).
      const expected = new URL(`http://[${groups.map((value) => value.toString(16)).join(':')}]`).hostname.slice(1, -1)
      if (!formatIp(bytes).includes('.')) assert.equal(formatIp(bytes), expected)
      assert.deepEqual(parseIp(expected).bytes, bytes)
    }),
    { seed: 1, numRuns: 2000 },
  )
})

test('whatever Node takes for an address we do, and the other way round (without zones)', () => {
  const soup = fc.string({ unit: fc.constantFrom(...'0123456789abcf:.'.split(''), '::', '255'), maxLength: 24 })
  fc.assert(
    fc.property(soup, (text) => assert.equal(isIp(text), isIP(text) !== 0, text)),
    { seed: 1, numRuns: 20_000 },
  )
})

test('a prefix has its length, or is one address', () => {
  assert.deepEqual(parsePrefix('192.168.1.1/24'), { family: 4, bytes: bytesOf('c0a80101'), length: 24 })
  assert.equal(parsePrefix('10.0.0.1').length, 32)
  assert.equal(parsePrefix('::1').length, 128)
  assert.equal(parsePrefix('0.0.0.0/0').length, 0)
  assert.equal(formatPrefix(parsePrefix('2001:DB8::/32')), '2001:db8::/32')
})

for (const text of [
  '10.0.0.0/33',
  '::/129',
  '10.0.0.0/',
  '10.0.0.0/-1',
  '10.0.0.0/08',
  '10.0.0.0/8/8',
  '10.0.0.0/8.0',
  '/8',
  'x/8',
]) {
  test(`'${text}' is not a prefix`, () => {
    assert.throws(() => parsePrefix(text), RangeError)
  })
}

test('the network of a prefix has no host bits', () => {
  for (const [prefix, network] of [
    ['192.168.1.1/24', '192.168.1.0/24'],
    ['192.168.255.255/20', '192.168.240.0/20'],
    ['10.1.2.3/0', '0.0.0.0/0'],
    ['10.1.2.3/32', '10.1.2.3/32'],
    ['2001:db8:ffff::1/33', '2001:db8:8000::/33'],
  ] as const) {
    assert.equal(formatPrefix(networkOf(parsePrefix(prefix))), network)
  }
})

test('an address is in a prefix or not', () => {
  for (const [prefix, address, expected] of [
    ['192.168.1.0/24', '192.168.1.255', true],
    ['192.168.1.0/24', '192.168.2.0', false],
    ['10.0.0.128/25', '10.0.0.127', false],
    ['0.0.0.0/0', '8.8.8.8', true],
    ['::/0', '8.8.8.8', false],
    ['2001:db8::/33', '2001:db8:8000::', false],
    ['2001:db8::/32', '2001:db8:8000::', true],
  ] as const) {
    assert.equal(inPrefix(parsePrefix(prefix), parseIp(address)), expected, `${address} in ${prefix}`)
  }
})

test('bytes of another length are no address', () => {
  assert.throws(() => formatIp(new Uint8Array(5)), {
    name: 'RangeError',
    message: 'an IP address has 4 or 16 bytes, not 5',
  })
})
