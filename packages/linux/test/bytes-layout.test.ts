import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import {
  attributes,
  bareText,
  type Codec,
  type Endianness,
  i32,
  keepLayout,
  listOf,
  Malformed,
  memoryOf,
  remember,
  text,
  u16,
  u16be,
  u32,
  u64,
  Writer,
  writeAttribute,
} from '../src/bytes/index.ts'
import { assertBytes, hex, Random } from '../src/testing/index.ts'

interface Inner {
  port?: number
  name?: string
}
interface Outer {
  mark?: number
  inner?: Inner
  list?: Inner[]
  label?: string
}

const inner: Codec<Inner> = attributes<Inner>('inner', { port: [1, u16be, 'T_PORT'], name: [2, text, 'T_NAME'] })
const outer: Codec<Outer> = attributes<Outer>('outer', {
  mark: [1, u32, 'T_MARK'],
  inner: [2, inner, 'T_INNER'],
  list: [3, listOf(1, inner, 'T_ELEM'), 'T_LIST'],
  label: [4, bareText, 'T_LABEL'],
})

const foreign = hex`
  06 00 04 00  61 62 00 00   | T_LABEL 'ab' without a NUL
  05 00 05 40  07 00 00 00   | of the future, in network order
  1c 00 02 00                | T_INNER without NLA_F_NESTED
    08 00 02 00  63 64 65 00 | T_NAME 'cde'
    08 00 09 00  01 02 03 04 | of the future
    06 00 01 00  00 50 00 00 | T_PORT
  18 00 03 00                | T_LIST
    0c 00 01 00              | T_ELEM
      06 00 01 00  00 51 00 00 | T_PORT
    04 00 07 00              | an element of another type
    04 00 01 80              | T_ELEM with NLA_F_NESTED
  08 00 01 00  05 00 00 00   | T_MARK
`

describe('the form in which attributes were read', () => {
  test('is kept: order, flag bits, a missing NUL, and what nobody knows in its place', () => {
    assertBytes(outer.encode(outer.decode(foreign)), foreign)
  })

  test('is not seen by equality, JSON or copies', () => {
    const value = inner.decode(hex`08 00 02 00  63 64 65 00  06 00 01 00  00 50 00 00`)
    assert.deepStrictEqual(value, { port: 80, name: 'cde' })
    assert.equal(JSON.stringify(value), '{"name":"cde","port":80}')
    assert.deepEqual(Reflect.ownKeys(value).sort(), ['name', 'port'])
    assertBytes(inner.encode({ ...value }), hex`06 00 01 00  00 50 00 00  08 00 02 00  63 64 65 00`)
  })

  test('is left when a value is written afresh', () => {
    const value = inner.decode(hex`08 00 02 00  63 64 65 00  06 00 01 00  00 50 00 00`)
    assertBytes(inner.encode(value, { afresh: true }), hex`06 00 01 00  00 50 00 00  08 00 02 00  63 64 65 00`)
  })

  test('holds for a changed value as far as it goes', () => {
    const value = outer.decode(foreign)
    delete value.inner
    value.label = 'xyz'
    value.mark = 6
    const bytes = outer.encode(value)
    assert.deepEqual(bytes.subarray(0, 8), hex`07 00 04 00  78 79 7a 00`)
    assert.deepEqual(outer.decode(bytes), value)
  })

  test('goes over to another value on demand', () => {
    const value = inner.decode(hex`08 00 02 00  63 64 65 00  06 00 01 00  00 50 00 00`)
    const other = keepLayout({ port: 1, name: 'x' }, value)
    assert.deepEqual(inner.encode(other).subarray(0, 6), hex`06 00 02 00  78 00`)
  })

  test('costs nothing where it is our own', () => {
    assert.equal(memoryOf(inner.decode(inner.encode({ port: 80, name: 'a' }))), undefined)
  })

  test('is kept for more orders than the shared tree takes', () => {
    const random = new Random(3)
    for (let round = 0; round < 2000; round += 1) {
      const out = new Writer()
      for (const type of new Set(Array.from({ length: 12 }, () => 3 + random.below(60)))) {
        writeAttribute(out, type === 30 ? 1 : type, (content) => content.u16be(type))
      }
      const bytes = out.finish()
      assertBytes(inner.encode(inner.decode(bytes)), bytes)
    }
  })

  test('can be added to', () => {
    const source = {}
    const value = remember(remember({ port: 1 }, { source }), { outer: undefined })
    assert.equal(memoryOf(value)?.source, source)
  })
})

test('a codec knows the macros of the lists inside too', () => {
  assert.deepEqual(outer.allMacros, {
    T_PORT: 1,
    T_NAME: 2,
    T_ELEM: 1,
    T_MARK: 1,
    T_INNER: 2,
    T_LIST: 3,
    T_LABEL: 4,
  })
})

test('a length that lies is refused, whatever it claims', () => {
  for (const claim of [0, 1, 3, 9, 0x7fff, 0xffff]) {
    const bytes = Uint8Array.of(claim & 0xff, claim >> 8, 1, 0, 0, 0, 0, 0)
    assert.throws(() => outer.decode(bytes), Malformed)
  }
})

describe('text', () => {
  const encoded = (value: string): Uint8Array => {
    const out = new Writer()
    text.write(out, value)
    return out.finish()
  }

  test('that is no UTF-8 survives', () => {
    const bytes = hex`e4 6c 65 20 c3 a4 ff 80 f0 9f 98 80 ed a0 80 00`
    assert.equal(text.read(bytes), '\udce4le ä\udcff\udc80😀\udced\udca0\udc80')
    assertBytes(encoded(text.read(bytes)), bytes)
  })

  test('of any bytes survives', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        const whole = Uint8Array.from([...bytes.map((byte) => byte || 1), 0])
        assertBytes(encoded(text.read(whole)), whole)
      }),
      { seed: 1 },
    )
  })

  test('with a replacement character of its own survives', () => {
    assert.equal(text.read(encoded('a\ufffdb')), 'a\ufffdb')
  })
})

describe('the byte order of another machine', () => {
  interface Mixed {
    short: number
    word: number
    signed: number
    long: bigint
    network: number
  }
  const mixed: Codec<Mixed> = attributes<Mixed>('mixed', {
    short: [1, u16],
    word: [2, u32],
    signed: [3, i32],
    long: [4, u64],
    network: [5, u16be],
  })
  const value: Mixed = { short: 1, word: 0x01020304, signed: -2, long: 5n, network: 80 }
  const golden: Record<Endianness, Uint8Array> = {
    little: hex`
      06 00 01 00  01 00 00 00             | short
      08 00 02 00  04 03 02 01             | word
      08 00 03 00  fe ff ff ff             | signed
      0c 00 04 00  05 00 00 00 00 00 00 00 | long
      06 00 05 00  00 50 00 00             | network
    `,
    big: hex`
      00 06 00 01  00 01 00 00             | short
      00 08 00 02  01 02 03 04             | word
      00 08 00 03  ff ff ff fe             | signed
      00 0c 00 04  00 00 00 00 00 00 00 05 | long
      00 06 00 05  00 50 00 00             | network
    `,
  }
  for (const endianness of ['little', 'big'] as const) {
    test(`${endianness}-endian: headers and integers in host order follow the parameter, those in network order do not`, () => {
      assertBytes(mixed.encode(value, { endianness }), golden[endianness])
      assert.deepEqual(mixed.decode(golden[endianness], endianness), value)
    })
  }
})
