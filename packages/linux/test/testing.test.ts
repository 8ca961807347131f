import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Malformed, u32be } from '../src/bytes/index.ts'
import {
  assertBytes,
  assertUapi,
  attributeShaped,
  cutAnywhere,
  feedRandomBytes,
  hex,
  needs,
  programPath,
  Random,
  uapiConstants,
} from '../src/testing/index.ts'
import { evaluate, parseHeader } from '../src/testing/uapi-parser.ts'

describe('hex', () => {
  test('reads rows and leaves their comments out', () => {
    const bytes = hex`
      08 00 01 00  00 00 00 01   | NFTA_NAT_TYPE    dnat
      FF                         | c0 is a comment
    `
    assert.deepEqual([...bytes], [8, 0, 1, 0, 0, 0, 0, 1, 255])
  })

  test('takes the bytes of an interpolated array', () => {
    assert.deepEqual([...hex`01 ${Uint8Array.of(2, 3)} 04`], [1, 2, 3, 4])
  })

  test('keeps the rows of an interpolated template', () => {
    const inner = hex`
      02 03 | inner
      04    | last
    `
    const outer = hex`01 ${inner} 05 | outer`
    assert.deepEqual([...outer], [1, 2, 3, 4, 5])
    const failure = caught(() => assertBytes(hex`01 02 03 07 05`, outer))
    assert.match(
      failure.message,
      /^ {2}000000 +01 02 03 +01 02 03 +inner\n> 000003 +07 +04 +last\n {2}000004 +05 +05 +outer$/m,
    )
  })

  test('refuses what is not pairs of digits, naming the row', () => {
    assert.throws(() => hex`01 2`, /01 2/)
    assert.throws(() => hex`0g`, SyntaxError)
  })
})

describe('assertBytes', () => {
  const want = hex`
    08 00 01 00  | NFTA_NAT_TYPE
    00 00 00 01  | dnat
  `

  test('accepts equal bytes of any view', () => assertBytes(Buffer.from('0800010000000001', 'hex'), want))

  test('marks the row that differs and shows both sides with its comment', () => {
    const failure = caught(() => assertBytes(hex`08 00 01 00 00 00 00 02`, want))
    const lines = failure.message.split('\n')
    assert.match(lines.find((line) => line.includes('NFTA_NAT_TYPE'))!, /^ /)
    assert.match(lines.find((line) => line.endsWith('dnat'))!, /^> 000004 {2}00 00 00 02 +00 00 00 01 +dnat$/)
  })

  test('shows what is missing and what is too much', () => {
    assert.match(caught(() => assertBytes(hex`08 00 01 00`, want)).message, /^> 000004 +00 00 00 01 +dnat$/m)
    const longer = hex`08 00 01 00 00 00 00 01 aa bb`
    assert.match(caught(() => assertBytes(longer, want)).message, /^> 000008 {2}aa bb +\(not wanted\)$/m)
  })
})

describe('Random', () => {
  test('repeats itself for the same seed only', () => {
    assert.deepEqual(new Random(7).bytes(33), new Random(7).bytes(33))
    assert.notDeepEqual(new Random(7).bytes(33), new Random(8).bytes(33))
    assert.equal(new Random(7).bytes(33).length, 33)
  })

  test('attribute-shaped noise has lengths that add up', () => {
    const random = new Random(1)
    for (let size = 0; size < 200; size += 1) assert.equal(attributeShaped(random, size).length, size)
  })
})

describe('uapi headers', () => {
  const constants = parseHeader(`
    #define PLAIN 3 /* three */
    #define HEXED 0x10U
    #define SHIFTED (1 << 4)
    #define TOP (1UL << 31)
    #define INVERTED (~(__u32)0)
    #define SUM (PLAIN + LATER)
    #define LATER 7
    #define TEXT "nf_tables"
    #define ALIGN(len) ((len) + 3)
    enum named {
      FIRST,      /* zero, says the standard */
      SECOND,
    #define SECOND SECOND
      FIFTH = 5, SIXTH,
      FLAG = (1 << SECOND), MIXED = (FLAG | FIFTH),
      __END
    };
    #define MAX (__END - 1)
  `)

  test('defines and enums become numbers', () => {
    assert.deepEqual(Object.fromEntries([...constants].sort(([a], [b]) => (a < b ? -1 : 1))), {
      FIFTH: 5,
      FIRST: 0,
      FLAG: 2,
      HEXED: 16,
      INVERTED: 0xffffffff,
      LATER: 7,
      MAX: 7,
      MIXED: 7,
      PLAIN: 3,
      SECOND: 1,
      SHIFTED: 16,
      SIXTH: 6,
      SUM: 10,
      TOP: 0x80000000,
      __END: 8,
    })
  })

  test('an expression with something unknown in it has no value', () => {
    assert.equal(evaluate('1 + sizeof(int)', new Map()), undefined)
    assert.equal(evaluate('(1', new Map()), undefined)
    assert.equal(evaluate('2 * 3 + 4 * (5 - 1)', new Map()), 22)
    assert.equal(evaluate('-1', new Map()), -1)
  })

  test('a header that does not exist is an error with the way out', () => {
    assert.throws(() => uapiConstants('linux/no-such-thing.h'), /linux-libc-dev/)
  })

  assertUapi('linux/netlink.h', { NLMSG_ERROR: 2, NLM_F_DUMP: 0x300, NLA_F_NESTED: 0x8000, NLMSG_MIN_TYPE: 0x10 })
})

describe('other programs', () => {
  const withCi = <T>(value: string | undefined, run: () => T): T => {
    const before = process.env.CI
    if (value === undefined) delete process.env.CI
    else process.env.CI = value
    try {
      return run()
    } finally {
      if (before === undefined) delete process.env.CI
      else process.env.CI = before
    }
  }

  test('a missing one is a skip with its name and package, and none with CI=true', () => {
    const programs = { sh: 'dash', 'no-such-program': 'no-such-package' }
    const options = withCi(undefined, () => needs(programs))
    assert.deepEqual(options, { skip: 'not installed: no-such-program (Debian: no-such-package)' })
    assert.deepEqual(
      withCi('true', () => needs(programs)),
      { skip: false },
    )
    assert.deepEqual(
      withCi(undefined, () => needs({ sh: 'dash' })),
      { skip: false },
    )
  })

  test('a program is found by its path', () => {
    assert.match(programPath('sh') ?? '', /\/sh$/)
    assert.equal(programPath('no-such-program'), undefined)
  })
})

describe('bad bytes', () => {
  const golden = hex`01 02 03 04`

  test('a decoder that throws something else than Malformed is caught when its input is cut', () => {
    const decode = (bytes: Uint8Array): number => new DataView(bytes.buffer).getUint32(0)
    assert.throws(() => cutAnywhere({ decode }, golden), /at 0 of 4 bytes/)
  })

  test('a decoder that refuses is not', () => {
    const decode = (bytes: Uint8Array): number => u32be.read(bytes)
    cutAnywhere({ decode }, golden)
    feedRandomBytes(decode, { golden: [golden], bytes: 10_000 })
  })

  test('random bytes find a crash, and tell the seed and the input', () => {
    const decode = (bytes: Uint8Array): void => {
      if (bytes.length === 7) throw new RangeError('seven')
    }
    const failure = caught(() => feedRandomBytes(decode, { bytes: 1_000_000, longest: 16 }))
    assert.match(failure.message, /^seed 1, input \d+: RangeError: seven\n([0-9a-f]{2} ?){7}\n/)
  })

  test('damaged golden messages find a crash behind a checksum-like gate', () => {
    const decode = (bytes: Uint8Array): void => {
      if (bytes[0] === 1 && bytes[1] === 2 && bytes[2] === 3 && bytes[3] !== 4) throw new Error('through')
    }
    assert.throws(() => feedRandomBytes(decode, { golden: [golden], bytes: 1_000_000 }), /through/)
  })

  test('a decoder that takes too long is caught', () => {
    const decode = (): void => {
      const end = performance.now() + 5
      while (performance.now() < end);
    }
    assert.throws(() => feedRandomBytes(decode, { within: 20 }), /too slow/)
  })
})

test('Malformed is told by its path', () => {
  assert.equal(new Malformed('too short').inside('port').inside('tuple').message, 'tuple.port: too short')
})

function caught(run: () => void): Error {
  try {
    run()
  } catch (error) {
    return error as Error
  }
  throw new Error('nothing was thrown')
}
