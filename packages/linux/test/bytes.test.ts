import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import {
  attributes,
  type Codec,
  type Field,
  flag,
  flagSet,
  i32,
  i32be,
  ipv4,
  ipv6,
  listOf,
  Malformed,
  mapped,
  mappedCodec,
  NLA_F_NESTED,
  NLA_F_NET_BYTEORDER,
  named,
  parseAttributes,
  raw,
  text,
  type Unknown,
  u8,
  u16,
  u16be,
  u32,
  u32be,
  u64,
  u64be,
  unknown,
  Writer,
  writeAttribute,
} from '../src/bytes/index.ts'
import { assertBytes, codecTests, hex, survivesRandomBytes } from '../src/testing/index.ts'

interface Inner extends Unknown {
  port?: number
  name?: string
}

const inner: Codec<Inner> = attributes<Inner>('inner', {
  port: [1, u16be, 'TEST_PORT'],
  name: [2, text, 'TEST_NAME'],
})

interface Outer extends Unknown {
  number?: number
  inner?: Inner
  list?: Inner[]
  present?: true
  blob?: Uint8Array
}

const outer: Codec<Outer> = attributes<Outer>('outer', {
  number: [1, u32be, 'TEST_NUMBER'],
  inner: [2, inner, 'TEST_INNER'],
  list: [3, listOf(1, inner), 'TEST_LIST'],
  present: [4, flag, 'TEST_PRESENT'],
  blob: [5, raw],
})

const golden = hex`
  08 00 01 00  00 00 00 07   | TEST_NUMBER  7
  14 00 02 80                | TEST_INNER
    06 00 01 00  13 89 00 00 |   TEST_PORT  5001
    07 00 02 00  61 62 00 00 |   TEST_NAME  "ab"
  10 00 03 80                | TEST_LIST
    0c 00 01 80              |   element
      06 00 01 00  00 50 00 00 |   TEST_PORT  80
  04 00 04 00                | TEST_PRESENT
  07 00 05 00  01 02 03 00   | blob
  08 00 63 c0  ff ff ff ff   | 99, nested, network order: no name in the table
`

const value: Outer = {
  number: 7,
  inner: { port: 5001, name: 'ab' },
  list: [{ port: 80 }],
  present: true,
  blob: Uint8Array.of(1, 2, 3),
  [unknown]: [{ type: 99, nested: true, networkOrder: true, bytes: Uint8Array.of(255, 255, 255, 255) }],
}

const bytesOf = fc.uint8Array({ maxLength: 40 })
const plainText = fc.string({ unit: 'grapheme', maxLength: 20 }).filter((string) => !string.includes('\0'))

/** Attributes of types that the tables leave free. */
const others = fc.array(
  fc.record(
    { type: fc.integer({ min: 6, max: 0x3fff }), nested: fc.boolean(), bytes: bytesOf },
    { noNullPrototype: true },
  ),
  { minLength: 1, maxLength: 3 },
)

const anyInner: fc.Arbitrary<Inner> = fc.record(
  { port: fc.integer({ min: 0, max: 0xffff }), name: plainText, [unknown]: others },
  { requiredKeys: [], noNullPrototype: true },
)

const anyOuter: fc.Arbitrary<Outer> = fc.record(
  {
    number: fc.integer({ min: 0, max: 0xffffffff }),
    inner: anyInner,
    list: fc.array(anyInner, { maxLength: 4 }),
    present: fc.constant(true as const),
    blob: bytesOf,
    [unknown]: others,
  },
  { requiredKeys: [], noNullPrototype: true },
)

describe('attribute lists', () => {
  codecTests(outer, { examples: [{ name: 'every kind of field', value, bytes: golden }], arbitrary: anyOuter })
  survivesRandomBytes('attributes', (bytes) => outer.decode(bytes), { golden: [golden] })

  test('a codec tells its attribute types by the macros of its table', () => {
    assert.deepEqual(outer.macros, { TEST_NUMBER: 1, TEST_INNER: 2, TEST_LIST: 3, TEST_PRESENT: 4 })
  })

  test('an error says where', () => {
    assert.throws(
      () => outer.decode(hex`0c 00 02 80  05 00 01 00  13 00 00 00`),
      new Malformed('1 bytes where 2 are needed', ['inner', 'port']),
    )
  })

  test('lengths that do not add up are refused', () => {
    assert.throws(() => [...parseAttributes(hex`09 00 01 00  00 00 00 07`)], /claims 9 of 8 bytes/)
    assert.throws(() => [...parseAttributes(hex`03 00 01 00`)], /claims 3 of 4 bytes/)
    assert.throws(() => [...parseAttributes(hex`04 00 01 00 00 00`)], /2 bytes left over/)
  })

  test('the flag bits of a type are told apart from it', () => {
    const [first] = parseAttributes(hex`04 00 05 c0`)
    assert.deepEqual(first, { type: 5, nested: true, networkOrder: true, offset: 0, bytes: new Uint8Array() })
    assert.equal(NLA_F_NESTED | NLA_F_NET_BYTEORDER, 0xc000)
  })

  test('nla_len holds 65,535 bytes and not one more', () => {
    const out = new Writer()
    writeAttribute(out, 1, (inside) => inside.bytes(new Uint8Array(65_531)))
    assert.equal(out.length, 65_536)
    assert.throws(
      () => writeAttribute(out, 7, (inside) => inside.bytes(new Uint8Array(65_532))),
      /attribute 7 holds 65536/,
    )
  })

  test('what is decoded does not change with the buffer that it came from', () => {
    const buffer = Uint8Array.from(golden)
    const decoded = outer.decode(buffer)
    buffer.fill(0xaa)
    assert.deepStrictEqual(decoded, value)
  })
})

describe('pathAt', () => {
  const pathOf = (offset: number): string => outer.pathAt(golden, offset).join(' ')

  test('names the attribute whose header or content holds the offset', () => {
    assert.equal(pathOf(0), 'TEST_NUMBER')
    assert.equal(pathOf(7), 'TEST_NUMBER')
    assert.equal(pathOf(8), 'TEST_INNER')
    assert.equal(pathOf(12), 'TEST_INNER TEST_PORT')
    assert.equal(pathOf(20), 'TEST_INNER TEST_NAME')
    assert.equal(pathOf(32), 'TEST_LIST [0]')
    assert.equal(pathOf(36), 'TEST_LIST [0] TEST_PORT')
    assert.equal(pathOf(44), 'TEST_PRESENT')
    assert.equal(pathOf(48), 'blob')
    assert.equal(pathOf(56), 'attribute 99')
    assert.equal(pathOf(64), '')
  })

  test('finds the header of every attribute of any value, by its number in the list and its nest', () => {
    fc.assert(
      fc.property(anyOuter, (any) => {
        const bytes = outer.encode(any)
        for (const { offset, type } of parseAttributes(bytes)) {
          const macro =
            ['', 'TEST_NUMBER', 'TEST_INNER', 'TEST_LIST', 'TEST_PRESENT', 'blob'][type] ?? `attribute ${type}`
          assert.deepEqual(outer.pathAt(bytes, offset), [macro])
        }
      }),
      { seed: 1 },
    )
  })
})

describe('Writer', () => {
  test('grows to whatever is written, from any capacity', () => {
    fc.assert(
      fc.property(fc.array(bytesOf), fc.integer({ min: 0, max: 8 }), (pieces, capacity) => {
        const out = new Writer(capacity)
        for (const piece of pieces) out.bytes(piece)
        assertBytes(out.finish(), Uint8Array.from(pieces.flatMap((piece) => [...piece])))
      }),
      { seed: 1 },
    )
  })

  test('writes each integer in the byte order of its name', () => {
    const out = new Writer(1)
    out.u8(1)
    out.align(4)
    out.u16be(0x0102)
    out.u16(0x0102)
    out.u32be(0x01020304)
    out.u32(0x01020304)
    out.u64be(0x0102030405060708n)
    out.u64(0x0102030405060708n)
    assertBytes(
      out.finish(),
      hex`
        01 00 00 00              | u8, padding
        01 02  02 01             | u16be, u16
        01 02 03 04  04 03 02 01 | u32be, u32
        01 02 03 04 05 06 07 08  | u64be
        08 07 06 05 04 03 02 01  | u64
      `,
    )
  })

  test('what was finished stays as it was when more is written', () => {
    const out = new Writer(4)
    out.u32be(1)
    const before = out.finish()
    out.u32be(2)
    assertBytes(before, hex`00 00 00 01`)
    assertBytes(out.finish(), hex`00 00 00 01 00 00 00 02`)
  })

  for (const [name, write] of Object.entries({
    'u8 256': (out: Writer) => out.u8(256),
    'u16be 70000': (out: Writer) => out.u16be(70_000),
    'u16 -1': (out: Writer) => out.u16(-1),
    'u32be 2^32': (out: Writer) => out.u32be(2 ** 32),
    'u32 1.5': (out: Writer) => out.u32(1.5),
    'u32 NaN': (out: Writer) => out.u32(Number.NaN),
    'u64be -1': (out: Writer) => out.u64be(-1n),
    'u64 2^64': (out: Writer) => out.u64(2n ** 64n),
    'i32 2^31': (out: Writer) => i32.write(out, 2 ** 31),
    'patchU16 65536': (out: Writer) => out.patchU16(0, 65_536),
  })) {
    test(`refuses ${name}, which would wrap`, () => assert.throws(() => write(new Writer()), RangeError))
  }
})

describe('fields', () => {
  const roundTrips = <T>(name: string, field: Field<T>, arbitrary: fc.Arbitrary<T>): void => {
    test(`${name} survives the round trip`, () => {
      fc.assert(
        fc.property(arbitrary, (any) => {
          const out = new Writer()
          field.write(out, any)
          assert.deepStrictEqual(field.read(out.finish()), any)
        }),
        { seed: 1 },
      )
    })
  }
  const unsigned = (bits: number): fc.Arbitrary<number> => fc.integer({ min: 0, max: 2 ** bits - 1 })

  roundTrips('u8', u8, unsigned(8))
  roundTrips('u16', u16, unsigned(16))
  roundTrips('u16be', u16be, unsigned(16))
  roundTrips('u32', u32, unsigned(32))
  roundTrips('u32be', u32be, unsigned(32))
  roundTrips('i32', i32, fc.integer())
  roundTrips('i32be', i32be, fc.integer())
  roundTrips('u64', u64, fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }))
  roundTrips('u64be', u64be, fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }))
  roundTrips('text', text, plainText)
  roundTrips('raw', raw, bytesOf)
  roundTrips(
    'flags',
    flagSet(u16be, { a: 1, b: 8 }),
    fc.uniqueArray(fc.constantFrom('a', 'b', 'bit 2', 'bit 15' as never)).map(sorted),
  )

  function sorted(flags: string[]): ReadonlySet<'a' | 'b'> {
    return new Set(['a', 'bit 2', 'b', 'bit 15'].filter((flag) => flags.includes(flag))) as never
  }

  test('text with a NUL inside is refused, for the kernel would cut it', () => {
    assert.throws(() => text.write(new Writer(), 'a\0b'), RangeError)
  })

  test('text is read with and without its NUL', () => {
    assert.equal(text.read(hex`61 62`), 'ab')
    assert.equal(text.read(hex`61 62 00 63`), 'ab')
  })

  test('addresses are text', () => {
    assert.equal(ipv4.read(hex`c0 a8 01 02`), '192.168.1.2')
    assert.equal(ipv6.read(hex`fe80 0000 0000 0000 0000 0000 0000 0001`), 'fe80::1')
    assert.throws(() => ipv4.read(hex`c0 a8 01`), Malformed)
    assert.throws(() => ipv4.write(new Writer(), '::1'), RangeError)
    assert.throws(() => ipv6.write(new Writer(), '10.0.0.1'), RangeError)
  })

  test('a number without a name is malformed, a name without a number a RangeError', () => {
    const colour = named(u8, { red: 1, green: 2 })
    assert.equal(colour.read(hex`02`), 'green')
    assert.throws(() => colour.read(hex`03`), new Malformed('3 is none of red, green'))
    assert.throws(() => colour.write(new Writer(), 'blue' as never), /'blue' is none of red, green/)
    assert.throws(() => colour.write(new Writer(), 'toString' as never), RangeError)
  })

  test('a flag of bit 31 is one flag', () => {
    const flags = flagSet(u32be, { top: 2 ** 31 })
    assert.deepEqual(flags.read(hex`80 00 00 01`), new Set(['bit 0', 'top']))
    const out = new Writer()
    flags.write(out, new Set(['top', 'bit 0']))
    assertBytes(out.finish(), hex`80 00 00 01`)
    assert.throws(() => flags.write(new Writer(), new Set(['bit 32'] as never)), RangeError)
  })

  test('a mapped list is still a nest with a path inside', () => {
    const shout = mapped(
      inner,
      (a) => ({ ...a, name: a.name?.toUpperCase() }),
      (b) => b as Inner,
    )
    assert.equal(shout.nested, true)
    assert.deepEqual(shout.pathAt?.(hex`06 00 01 00 13 89 00 00`, 0), ['TEST_PORT'])
  })

  test('a mapped codec encodes and decodes by its functions', () => {
    const port = mappedCodec(
      inner,
      ({ port = 0 }) => port,
      (number: number): Inner => ({ port: number }),
    )
    assert.equal(port.decode(port.encode(5001)), 5001)
    assert.equal(port.macros, inner.macros)
  })
})
