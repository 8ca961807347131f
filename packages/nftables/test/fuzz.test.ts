import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { type Codec, Malformed, Writer } from '@sallyport/linux'
import { feedRandomBytes, Random } from '@sallyport/linux/testing'
import fc from 'fast-check'
import * as expr from '../src/expr/index.ts'
import * as messages from '../src/messages/index.ts'
import { traceMessage } from '../src/trace/message.ts'
import { anyExpression, arbitraries } from './support/arbitrary.ts'
import { injected, shuffled } from './support/inject.ts'

/** Bytes for each decoder; FUZZ_BYTES=… for a longer run. */
const BYTES = Number(process.env.FUZZ_BYTES ?? 3_000_000)
const WITHIN = 60_000 * Math.max(1, BYTES / 3_000_000)

const inTable = { family: 'inet', table: 't' } as const
const expressions = fc.sample(
  anyExpression.filter(({ expr }) => expr !== 'unknown'),
  { seed: 1, numRuns: 200 },
)

/** One message of each kind, and of rules many. */
const seeds: readonly (readonly [Codec<never>, Uint8Array[]])[] = [
  seeded(messages.tableMessage, [{ family: 'inet', name: 't', flags: ['dormant'], userdata: Uint8Array.of(0, 1, 0) }]),
  seeded(messages.chainMessage, [
    { ...inTable, name: 'c', type: 'nat', policy: 'drop', hook: { hook: 'input', priority: 5, devices: ['lo'] } },
    { ...inTable, name: 'd', hook: { hook: 'ingress', priority: 5, devices: ['lo', 'lan*'] }, flags: ['binding'] },
  ]),
  seeded(
    messages.ruleMessage,
    expressions.map((each) => ({
      ...inTable,
      chain: 'c',
      handle: 5n,
      expressions: [each, { expr: 'notrack' as const }],
    })),
  ),
  seeded(messages.setMessage, [
    { ...inTable, name: 's', flags: ['interval'], keyType: 7, keyLen: 4, size: 5, fields: [4, 2], policy: 'memory' },
    {
      ...inTable,
      name: 'm',
      flags: ['map'],
      keyType: 7,
      keyLen: 4,
      expressions: [{ expr: 'counter' }, { expr: 'last' }],
    },
  ]),
  seeded(messages.elementsMessage, [
    { ...inTable, set: 's', elements: [{ key: Uint8Array.of(1), data: { verdict: { code: 'jump', chain: 'c' } } }] },
    { ...inTable, set: 's', elements: [{ key: Uint8Array.of(1), keyEnd: Uint8Array.of(2), timeout: 5n, objref: 'o' }] },
    { ...inTable, set: 's', elements: [{ flags: ['catchall'], expressions: [{ expr: 'counter', packets: 1n }] }] },
  ]),
  seeded(messages.objectMessage, [
    { ...inTable, name: 'o', data: { expr: 'ct_timeout', l3proto: 'ip', l4proto: 6, policy: { established: 1 } } },
    { ...inTable, name: 'o', data: { expr: 'ct_helper', name: 'ftp', l4proto: 6 } },
    { ...inTable, name: 'o', data: { expr: 'ct_expect', l4proto: 6, dport: 5, timeout: 6, size: 7 } },
    { ...inTable, name: 'o', data: { expr: 'tunnel', id: 5, ip: { dst: '10.0.0.1' }, opts: [{ vxlan: { gbp: 1 } }] } },
    { ...inTable, name: 'o', data: { expr: 'counter', packets: 5n } },
  ]),
  seeded(messages.flowtableMessage, [{ ...inTable, name: 'f', hook: { num: 0, priority: 5, devices: ['lo', 'e*'] } }]),
  seeded(messages.generationCodec, [{ id: 5, procPid: 6, procName: 'nft' }]),
  [traceMessage as Codec<never>, []],
]

function seeded<T>(codec: Codec<T>, values: readonly T[]): readonly [Codec<never>, Uint8Array[]] {
  return [codec as Codec<never>, values.map((value) => codec.encode(value))]
}

/** As they are, in other orders, with attributes of the future. */
function variants(golden: readonly Uint8Array[]): Uint8Array[] {
  const random = new Random(1)
  const behindHeader = (bytes: Uint8Array, change: typeof injected): Uint8Array =>
    Buffer.concat([bytes.subarray(0, 4), change(bytes.subarray(4), random)])
  return golden.flatMap((bytes) => [bytes, behindHeader(bytes, shuffled), behindHeader(bytes, injected)])
}

for (const [codec, golden] of seeds) {
  const all = codec.name === 'generation' ? golden : variants(golden)
  for (const endianness of ['little', 'big'] as const) {
    test(`${codec.name}, ${endianness}-endian: any bytes are decoded or refused`, () => {
      feedRandomBytes((bytes) => codec.decode(bytes, endianness), { golden: all, bytes: BYTES, within: WITHIN })
    })
  }

  test(`${codec.name}: what was decoded from any bytes can be encoded, and is the same then`, () => {
    feedRandomBytes((bytes) => assertStable(codec, bytes), { golden: all, bytes: BYTES / 4, seed: 2, within: WITHIN })
  })
}

/** Values have no place on the wire that could be lost: once read, the second reading finds the same. */
function assertStable(codec: Codec<never>, bytes: Uint8Array): void {
  const value = codec.decode(bytes)
  const again = codec.encode(value)
  assert.deepStrictEqual(codec.decode(again), value)
}

describe('every expression', () => {
  for (const [name, arbitrary] of Object.entries(arbitraries)) {
    const golden = fc.sample(arbitrary as fc.Arbitrary<expr.Expression>, { seed: 1, numRuns: 20 }).map(encoded)
    test(`${name}: any bytes are decoded or refused, and kept`, () => {
      feedRandomBytes((bytes) => assertKept(bytes), { golden, bytes: BYTES / 10, within: WITHIN })
    })
  }
})

function encoded(expression: expr.Expression): Uint8Array {
  const out = new Writer()
  expr.expressionElement.write(out, expression)
  return out.finish()
}

function assertKept(bytes: Uint8Array): void {
  const value = expr.expressionElement.read(bytes)
  assert.deepStrictEqual(expr.expressionElement.read(encoded(value)), value)
}

test('userdata: any bytes have a comment and notes, or none', () => {
  feedRandomBytes((userdata) => [messages.commentOf({ userdata }), messages.setNotesOf({ userdata })], { bytes: BYTES })
})

test('decoding leaves nothing behind: memory is what it was', () => {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  const golden = variants(seeds.flatMap(([codec, all]) => (codec.name === 'rule' ? all : [])))
  const feed = (seed: number): void =>
    feedRandomBytes((bytes) => messages.ruleMessage.decode(bytes), { golden, bytes: BYTES / 4, seed, within: WITHIN })
  feed(1)
  collect()
  const before = process.memoryUsage().heapUsed
  for (let seed = 2; seed < 6; seed += 1) feed(seed)
  collect()
  const grown = process.memoryUsage().heapUsed - before
  assert.ok(grown < 16 << 20, `${grown} bytes more than before`)
})

test('a length that lies makes no room: the largest attribute costs as much as the message', () => {
  const bytes = new Uint8Array(64)
  new DataView(bytes.buffer).setUint16(4, 0xffff, true)
  const before = process.memoryUsage().arrayBuffers
  for (let round = 0; round < 10_000; round += 1) {
    for (const [codec] of seeds) assert.throws(() => codec.decode(bytes), Malformed)
  }
  assert.ok(process.memoryUsage().arrayBuffers - before < 32 << 20)
})
