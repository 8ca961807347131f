import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { isMalformed } from './fuzz.ts'
import { assertBytes, hexDigits } from './hex.ts'

/** What the four tests need of a codec; `attributes()` makes one, and so does any pair of functions. */
export interface Testable<T> {
  readonly name: string
  encode(value: T): Uint8Array
  decode(bytes: Uint8Array): T
}

/** A value beside the bytes it has on the wire. */
export interface Example<T> {
  readonly name?: string
  readonly value: T
  readonly bytes: Uint8Array
}

export interface CodecTests<T> {
  readonly examples: readonly Example<T>[]
  /** Random values for the round trip; without it there is no such test. */
  readonly arbitrary?: fc.Arbitrary<T>
  /** Which errors are an answer to bad bytes. Default: instances of `Malformed`. */
  readonly refusal?: (error: unknown) => boolean
}

/** Registers the tests that every codec gets: golden encode, golden decode, truncated at every length, round trip. */
export function codecTests<T>(
  codec: Testable<T>,
  { examples, arbitrary, refusal = isMalformed }: CodecTests<NoInfer<T>>,
): void {
  assert.ok(examples.length > 0, `codecTests(${codec.name}) needs at least one example`)
  for (const [index, example] of examples.entries()) {
    const name = `${codec.name}: ${example.name ?? `example ${index + 1}`}`
    test(`${name} is encoded`, () => assertBytes(codec.encode(example.value), example.bytes))
    test(`${name} is decoded`, () => assert.deepStrictEqual(codec.decode(example.bytes), example.value))
    test(`${name}, cut off anywhere, is decoded or refused`, () => cutAnywhere(codec, example.bytes, refusal))
  }
  if (arbitrary !== undefined)
    test(`${codec.name}: any value survives the round trip`, () => roundTrip(codec, arbitrary))
}

/** Throws when some beginning of `bytes` is neither decoded nor refused. */
export function cutAnywhere<T>(
  codec: Pick<Testable<T>, 'decode'>,
  bytes: Uint8Array,
  refusal: (error: unknown) => boolean = isMalformed,
): void {
  for (let length = 0; length < bytes.length; length += 1) {
    const cut = Uint8Array.from(bytes.subarray(0, length))
    try {
      codec.decode(cut)
    } catch (error) {
      if (!refusal(error)) throw new Error(`at ${length} of ${bytes.length} bytes: ${hexDigits(cut)}`, { cause: error })
    }
  }
}

function roundTrip<T>(codec: Testable<T>, arbitrary: fc.Arbitrary<T>): void {
  fc.assert(
    fc.property(arbitrary, (value) => assert.deepStrictEqual(codec.decode(codec.encode(value)), value)),
    { seed: 1, numRuns: 300 },
  )
}
