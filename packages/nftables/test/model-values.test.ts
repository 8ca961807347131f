import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import {
  datatypes,
  formatDuration,
  formatInterval,
  formatKeyValue,
  ModelError,
  parseDuration,
  parseInterval,
  parseKeyValue,
  type TypeName,
} from '../src/index.ts'

const refused = (type: TypeName, input: unknown, because: RegExp): void => {
  assert.throws(
    () => parseInterval(type, input),
    (error) => error instanceof ModelError && because.test(error.message),
  )
}

describe('a value', () => {
  it('of an address is one, a prefix or a range', () => {
    assert.deepEqual(parseInterval('ipv4_addr', '10.0.0.1'), { first: 0x0a000001n, last: 0x0a000001n })
    assert.deepEqual(parseInterval('ipv4_addr', '10.0.0.0/8'), { first: 0x0a000000n, last: 0x0affffffn, prefix: 8 })
    assert.deepEqual(parseInterval('ipv4_addr', '10.0.0.1-10.0.0.9'), { first: 0x0a000001n, last: 0x0a000009n })
  })

  it('of a prefix of full length is a single one', () => {
    assert.deepEqual(parseInterval('ipv4_addr', '10.0.0.1/32'), parseInterval('ipv4_addr', '10.0.0.1'))
    assert.deepEqual(parseInterval('ipv6_addr', '::1/128'), parseInterval('ipv6_addr', '::1'))
  })

  it('reaches the end of its space', () => {
    assert.equal(parseInterval('inet_service', 65535).last, 0xffffn)
    assert.equal(parseInterval('ipv4_addr', '0.0.0.0/0').last, 0xffffffffn)
    assert.equal(parseInterval('ipv6_addr', '::/0').last, (1n << 128n) - 1n)
  })

  it('of an interface is padded, and with * stands for all that begin so', () => {
    assert.equal(parseInterval('ifname', 'eth0').first, 0x65746830n << 96n)
    assert.equal(formatInterval('ifname', parseInterval('ifname', 'eth*')), '"eth*"')
  })

  it('outside of its type is refused with what was expected', () => {
    refused('inet_service', 65536, /65536 is not a port from 0 to 65535/)
    refused('inet_service', -1, /-1 is not a port/)
    refused('inet_service', 1.5, /1.5 is not a port/)
    refused('inet_service', 'http', /'http' is not a port/)
    refused('inet_service', '30100-30000', /ends before it begins/)
    refused('ipv4_addr', '10.0.0.256', /not an address/)
    refused('ipv4_addr', '10.0.0.1/8', /bits after its prefix; write '10.0.0.0\/8'/)
    refused('ipv4_addr', '10.0.0.0/33', /not an address/)
    refused('ipv4_addr', '::1', /not an address/)
    refused('ipv4_addr', undefined, /undefined is not an address/)
    refused('inet_proto', 256, /protocol's name/)
    refused('ifname', 'a-very-long-name', /16 bytes; Linux allows 15/)
    refused('ifname', '', /empty/)
    refused('ifname', 'a b', /no interface name/)
    refused('ct_state', 'old', /'old' is not a value of ct_state/)
    refused('mark', 2 ** 32, /not a value of mark/)
  })

  it('reads the same after it was written', () => {
    for (const type of Object.values(datatypes)) {
      if (['ifname', 'string', 'boolean'].includes(type.name) || type.bits) continue
      const value = fc.bigInt({ min: 0n, max: (1n << BigInt(8 * type.length)) - 1n })
      fc.assert(
        fc.property(value, value, (a, b) => {
          const [first, last] = a < b ? [a, b] : [b, a]
          assert.deepEqual(parseInterval(type.name, formatInterval(type.name, { first, last })), { first, last })
          assert.deepEqual(parseInterval(type.name, type.format(first)), { first, last: first })
        }),
      )
    }
  })

  it('of a concatenation is a list of the right length', () => {
    const type = ['inet_proto', 'inet_service'] as const
    assert.equal(formatKeyValue(type, parseKeyValue(type, ['udp', '5-6'])), 'udp . 5-6')
    assert.throws(() => parseKeyValue(type, ['udp']), /1 fields where inet_proto . inet_service is expected/)
    assert.throws(() => parseKeyValue(type, 'udp'), /'udp' where inet_proto . inet_service is expected/)
  })
})

describe('a duration', () => {
  it('is milliseconds or a text', () => {
    assert.equal(parseDuration('5m'), 300_000)
    assert.equal(parseDuration('1d2h3m4s5ms'), 93_784_005)
    assert.equal(parseDuration(250), 250)
  })

  it('reads the same after it was written', () => {
    fc.assert(fc.property(fc.integer({ min: 1 }), (time) => parseDuration(formatDuration(time)) === time))
  })

  it('of nothing, or less, or in words, is refused', () => {
    for (const wrong of [0, -1, 1.5, Number.NaN, '', '5', '5 minutes', 'm5']) {
      assert.throws(() => parseDuration(wrong), ModelError)
    }
  })
})
