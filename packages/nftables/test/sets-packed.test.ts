import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { assertBytes, hex } from '@sallyport/linux/testing'
import fc from 'fast-check'
import {
  compileElements,
  formatKeyValue,
  type KernelElement,
  listElements,
  type ModelError,
  PackedElements,
  packElements,
  parseKeyValue,
  SetDefinition,
} from '../src/index.ts'
import { elementsMessage, splitElements } from '../src/messages/index.ts'

const TOP = 255

/** The last 256 values of each type, with the text of the nth of them. */
const tops = {
  inet_proto: (n: number) => String(n),
  ipv4_addr: (n: number) => `255.255.255.${n}`,
  ipv6_addr: (n: number) => `ffff:ffff:ffff:ffff:ffff:ffff:ffff:ff${n.toString(16).padStart(2, '0')}`,
  ether_addr: (n: number) => `ff:ff:ff:ff:ff:${n.toString(16).padStart(2, '0')}`,
  mark: (n: number) => String(0xffffff00 + n),
} as const
const types = Object.keys(tops) as (keyof typeof tops)[]

const ranges = fc.array(
  fc
    .tuple(fc.integer({ min: 0, max: TOP }), fc.integer({ min: 0, max: TOP }))
    .map(([a, b]) => [Math.min(a, b), Math.max(a, b)] as const),
  { minLength: 1, maxLength: 20 },
)
type Range = readonly [first: number, last: number]

function bitmap(list: readonly Range[]): boolean[] {
  return Array.from({ length: TOP + 1 }, (_, value) => list.some(([first, last]) => first <= value && value <= last))
}

function setAtTop(type: keyof typeof tops, list: readonly Range[], autoMerge: boolean): SetDefinition {
  const text = tops[type]
  const elements = list.map(([first, last]) => `${text(first)}-${text(last)}`)
  return new SetDefinition('s', type, { flags: ['interval'], autoMerge }, elements as never)
}

/** Reads elements as the kernel does: the nearest one at or below a value begins an interval, or ends one. */
function members(elements: readonly KernelElement[]): boolean[] {
  const isEnd = ({ flags }: KernelElement): boolean => flags?.includes('interval_end') ?? false
  const inRange = elements.filter(({ key }) => key!.subarray(0, -1).every((byte) => byte === 0xff))
  let inside = false
  return Array.from({ length: TOP + 1 }, (_, value) => {
    const here = inRange.filter(({ key }) => key!.at(-1) === value)
    if (here.length > 0) inside = here.some((element) => !isEnd(element))
    return inside
  })
}

describe('intervals at the top of what a type has', () => {
  for (const type of types) {
    it(`of ${type} hold exactly the values that were given, in as few elements as can be`, () => {
      fc.assert(
        fc.property(ranges, (list) => {
          const set = setAtTop(type, list, true)
          const elements = [...packElements(set, set.columns)]
          const bits = bitmap(list)
          assert.deepEqual(members(elements), bits)
          assert.equal(elements.length, bits.filter((bit, value) => bit !== (bits[value - 1] ?? false)).length)
        }),
      )
    })

    it(`of ${type} are refused with both offenders when they overlap`, () => {
      fc.assert(
        fc.property(ranges, (list) => {
          const set = setAtTop(type, list, false)
          const total = list.reduce((sum, [first, last]) => sum + last - first + 1, 0)
          if (total === bitmap(list).filter(Boolean).length) {
            assert.deepEqual(members([...packElements(set, set.columns)]), bitmap(list))
            return
          }
          const written = list.map((_, index) => formatKeyValue(type, set.columns.key(index)))
          assert.throws(
            () => packElements(set, set.columns),
            ({ problem }: ModelError) => {
              const [, one, other] = /^(\S+) and (\S+) overlap$/.exec(problem) ?? []
              return written.includes(one!) && written.includes(other!)
            },
          )
        }),
      )
    })
  }

  it('that overlap are named, the one and the other', () => {
    const set = new SetDefinition('s', 'ipv4_addr', { flags: ['interval'] }, ['192.0.2.7', '10.1.0.0/16', '10.0.0.0/8'])
    assert.throws(() => packElements(set, set.columns), /10\.0\.0\.0\/8 and 10\.1\.0\.0\/16 overlap/)
  })

  it('are read back as they were written', () => {
    const written = ['0.0.0.0/8', '10.0.0.1', '10.0.0.3-10.0.0.9', '255.255.255.255']
    const set = new SetDefinition('s', 'ipv4_addr', { flags: ['interval'] }, written)
    const read = listElements(set, packElements(set, set.columns, { whole: true }))
    assert.deepEqual(
      read.map(({ text }) => text),
      written,
    )
  })
})

const inputs = fc.oneof(
  fc.array(fc.ipV4().map(String), { maxLength: 60 }).map((list) => ['ipv4_addr', list] as const),
  fc.array(fc.ipV6().map(String), { maxLength: 60 }).map((list) => ['ipv6_addr', list] as const),
  fc.array(fc.integer({ min: 0, max: 65535 }), { maxLength: 60 }).map((list) => ['inet_service', list] as const),
  fc.array(fc.integer({ min: 0, max: 255 }), { maxLength: 60 }).map((list) => ['mark', list] as const),
)

describe('packed elements', () => {
  it('are on the wire what their objects are', () => {
    fc.assert(
      fc.property(inputs, fc.boolean(), ([type, list], isInterval) => {
        const flags = isInterval ? (['interval'] as const) : []
        const set = new SetDefinition('s', type, { flags, autoMerge: isInterval }, list as never)
        same(packElements(set, set.columns, { whole: true }))
      }),
    )
  })

  it('with comments, timeouts and counters among others are so too', () => {
    const list = Array.from({ length: 40 }, (_, n) => `10.0.0.${2 * n}`)
    const some = list.map((key, n) => (n % 3 === 0 ? { key, comment: `no. ${n}`, timeout: 1000 + n } : key))
    const counted = { key: '10.9.9.9', counter: { packets: 5n, bytes: 500n } }
    for (const flags of [['timeout'], ['interval', 'timeout']] as const) {
      const set = new SetDefinition('s', 'ipv4_addr', { flags }, [...some, counted])
      same(packElements(set, set.columns))
    }
  })

  it('with two keys each are so too', () => {
    const elements = [
      ['10.0.0.0/8', '1-5'],
      ['192.0.2.1', 7],
    ] as const
    const set = new SetDefinition('s', ['ipv4_addr', 'inet_service'], { flags: ['interval'] }, elements as never)
    same(packElements(set, set.columns))
  })

  it('are split where an attribute ends, and none is lost', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 12_000 }), fc.integer({ min: 1, max: 50 }), (count, every) => {
        const list = Array.from({ length: count }, (_, n) => {
          const key = `10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`
          return n % every === 0 ? { key, comment: 'x'.repeat(n % 100) } : key
        })
        const set = new SetDefinition('s', 'ipv4_addr', {}, list)
        const pieces = splitElements(packElements(set, set.columns))
        assert.equal(
          pieces.reduce((sum, piece) => sum + piece.length, 0),
          count,
        )
        assert.ok(pieces.slice(0, -1).every((piece) => messageOf(piece).length > 0xffff - 400))
        assert.deepEqual(pieces.flatMap((piece) => [...piece]).length, count)
      }),
      { numRuns: 10 },
    )
  })

  it('come from numbers and from bytes as well as from texts', () => {
    const set = (elements: Iterable<string> | Uint32Array | Uint8Array): KernelElement[] => {
      const definition = new SetDefinition('s', 'ipv4_addr', {}, elements)
      return [...packElements(definition, definition.columns)]
    }
    const texts = set(new Set(['192.0.2.1', '0.0.0.0', '255.255.255.255']))
    assert.deepEqual(set(Uint32Array.of(0xc0000201, 0, 0xffffffff)), texts)
    assert.deepEqual(set(Uint8Array.of(192, 0, 2, 1, 0, 0, 0, 0, 255, 255, 255, 255)), texts)
    assert.throws(() => set(Uint8Array.of(1, 2, 3)), /3 bytes are no whole number of keys/)
    assert.throws(() => new SetDefinition('s', 'ipv6_addr', {}, Uint32Array.of(1)), /numbers of 32 bits/)
  })

  it('name the one that is wrong', () => {
    const list = ['10.0.0.1', '10.0.0.2', '10.0.0.256']
    assert.throws(() => new SetDefinition('s', 'ipv4_addr', {}, list), /'s', element 3: '10\.0\.0\.256' is not an addr/)
  })
})

function messageOf(elements: PackedElements | readonly KernelElement[] | object): Uint8Array {
  return elementsMessage.encode({ family: 'inet', table: 't', set: 's', elements: elements as KernelElement[] })
}

function same(packed: PackedElements): void {
  assert.ok(packed instanceof PackedElements)
  assertBytes(messageOf(packed), messageOf([...packed]))
}

/** Valid addresses, and what is left of them after a stroke on the keyboard. */
function damaged(address: fc.Arbitrary<string>): fc.Arbitrary<string> {
  const stroke = fc.tuple(fc.nat(40), fc.constantFrom('', ':', '::', '.', '0', 'f', '/', '-', ' ', 'g', '00'))
  return fc
    .tuple(address, fc.array(stroke, { maxLength: 2 }))
    .map(([text, strokes]) => strokes.reduce((left, [at, what]) => left.slice(0, at) + what + left.slice(at + 1), text))
}

describe('the fast way from text to bytes', () => {
  const both = (type: 'ipv4_addr' | 'ipv6_addr', text: string): void => {
    const slow = attempt(() => parseKeyValue(type, text))
    const fast = attempt(() => new SetDefinition('s', type, { flags: ['interval'] }, [text]).columns.key(0))
    assert.deepEqual(fast, slow, text)
  }

  it('reads and refuses what the general parser does', () => {
    const options = { numRuns: 3000 }
    fc.assert(
      fc.property(damaged(fc.ipV4().map(String)), (text) => both('ipv4_addr', text)),
      options,
    )
    fc.assert(
      fc.property(damaged(fc.ipV6().map(String)), (text) => both('ipv6_addr', text)),
      options,
    )
    for (const text of [
      '::',
      '::1',
      '1::',
      '1:2:3:4:5:6:7::',
      '1:2:3:4:5:6:7:8',
      ':1',
      '1:',
      ':::',
      '::ffff:1.2.3.4',
    ]) {
      both('ipv6_addr', text)
    }
  })
})

/** What it returns, without how it was written; undefined when it throws. */
function attempt(read: () => readonly { first: bigint; last: bigint }[]): readonly bigint[][] | undefined {
  try {
    return read().map(({ first, last }) => [first, last])
  } catch {
    return undefined
  }
}

describe('keys in host order', () => {
  const elements = (flags: readonly 'interval'[], endianness: 'little' | 'big'): KernelElement[] => {
    const set = new SetDefinition('s', ['mark', 'ipv4_addr'], { flags }, [[0x01020304, '10.0.0.1']])
    return [...packElements(set, set.columns, { endianness })]
  }

  it('are turned for a machine that is little-endian', () => {
    assert.deepEqual(elements([], 'little')[0]!.key, hex`04 03 02 01  0a 00 00 01`)
    assert.deepEqual(elements([], 'big')[0]!.key, hex`01 02 03 04  0a 00 00 01`)
  })

  it('are in network order in every set with intervals', () => {
    for (const endianness of ['little', 'big'] as const) {
      assert.deepEqual(elements(['interval'], endianness)[0]!.key, hex`01 02 03 04  0a 00 00 01`)
    }
  })

  it('are turned where a map gives them', () => {
    const map = { kind: 'map', type: 'inet_service', value: 'mark', isInterval: false } as const
    const [entry] = ['little', 'big'].map((endianness) =>
      compileElements(map, [{ key: [{ first: 80n, last: 80n }], value: [{ first: 5n, last: 5n }] }], {
        endianness: endianness as 'little' | 'big',
      }).map(({ key, data }) => [key, data?.value]),
    )
    assert.deepEqual(entry, [[hex`00 50`, hex`05 00 00 00`]])
  })

  it('and the note on an open interval are written as that machine does', () => {
    const set = new SetDefinition('s', 'ipv4_addr', { flags: ['interval'] }, ['255.255.255.255'])
    const note = (endianness: 'little' | 'big'): Uint8Array | undefined =>
      packElements(set, set.columns, { endianness }).at(0)?.userdata
    assert.deepEqual(note('little'), hex`01 04 01 00 00 00`)
    assert.deepEqual(note('big'), hex`01 04 00 00 00 01`)
  })
})
