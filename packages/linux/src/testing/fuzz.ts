import { AssertionError } from 'node:assert/strict'
import { test } from 'node:test'
import { Malformed } from '../bytes/index.ts'
import { hexDigits } from './hex.ts'
import { Random } from './random.ts'

/** How {@link survivesRandomBytes} treats a decoder; everything may be left out. */
export interface FuzzOptions {
  /** How many bytes are fed in all. Default 10,000,000. */
  readonly bytes?: number
  /** Well-formed messages: half of the inputs are these with bytes changed, cut, doubled or moved. */
  readonly golden?: readonly Uint8Array[]
  /** Default 1. The same seed gives the same inputs. */
  readonly seed?: number
  /** Milliseconds for all of it; a decoder that needs more is too slow for hostile input. Default 60,000. */
  readonly within?: number
  /** Longest input in bytes. Default 512. */
  readonly longest?: number
  /** Which errors are an answer to bad bytes. Default: instances of {@link Malformed}. */
  readonly refusal?: (error: unknown) => boolean
}

/** True for the one error that a decoder may throw. */
export function isMalformed(error: unknown): boolean {
  return error instanceof Malformed
}

/** Registers a test: noise, attribute-shaped noise and damaged golden messages are decoded or refused, never worse. */
export function survivesRandomBytes(
  name: string,
  decode: (bytes: Uint8Array) => unknown,
  options: FuzzOptions = {},
): void {
  test(`${name}: random bytes are decoded or refused`, () => feedRandomBytes(decode, options))
}

/** The same outside of a test: throws at the first input that is neither decoded nor refused. */
export function feedRandomBytes(decode: (bytes: Uint8Array) => unknown, options: FuzzOptions = {}): void {
  const { bytes = 10_000_000, golden = [], seed = 1, within = 60_000, longest = 512, refusal = isMalformed } = options
  const random = new Random(seed)
  const deadline = performance.now() + within
  for (let fed = 0, round = 0; fed < bytes; round += 1) {
    const input = makeInput(random, golden, longest)
    tryOne(decode, input, refusal, `seed ${seed}, input ${round}`)
    fed += Math.max(input.length, 1)
    if (performance.now() > deadline)
      throw new Error(`too slow: ${fed} of ${bytes} bytes in ${within} ms, seed ${seed}`)
  }
}

function tryOne(
  decode: (bytes: Uint8Array) => unknown,
  input: Uint8Array,
  refusal: (error: unknown) => boolean,
  where: string,
): void {
  try {
    decode(input)
  } catch (error) {
    if (refusal(error)) return
    throw new AssertionError({ message: `${where}: ${String(error)}\n${hexDigits(input)}\n${(error as Error).stack}` })
  }
}

function makeInput(random: Random, golden: readonly Uint8Array[], longest: number): Uint8Array {
  const kind = random.below(4)
  const seed = golden[random.below(Math.max(golden.length, 1))]
  if (kind >= 2 && seed !== undefined) return damaged(random, seed)
  return kind % 2 === 0 ? random.bytes(random.below(longest + 1)) : attributeShaped(random, random.below(longest + 1))
}

/** Attributes with lengths that add up and small types, so that noise gets past the outer parser. */
export function attributeShaped(random: Random, size: number): Uint8Array {
  const out = random.bytes(size)
  const view = new DataView(out.buffer, out.byteOffset, out.byteLength)
  for (let at = 0; at + 4 <= size; ) {
    const length = Math.min(4 + random.below(40), size - at)
    view.setUint16(at, length, true)
    view.setUint16(at + 2, random.below(32), true)
    if (length >= 8 && random.below(2) === 0) out.set(attributeShaped(random, length - 4), at + 4)
    at += (length + 3) & ~3
  }
  return out
}

const damages: readonly ((random: Random, bytes: Uint8Array) => Uint8Array)[] = [
  (random, bytes) => bytes.subarray(0, random.below(bytes.length + 1)),
  (random, bytes) => bytes.subarray(random.below(bytes.length + 1)),
  (random, bytes) => changed(bytes, random.below(bytes.length || 1), random.next() & 0xff),
  (random, bytes) => changed(bytes, random.below(bytes.length || 1), 1 << random.below(8)),
  (random, bytes) =>
    changed(bytes, random.below(bytes.length || 1), [0x00, 0xff, 0x7f, 0x80][random.below(4)] as number),
  (random, bytes) => Uint8Array.from([...bytes, ...bytes.subarray(random.below(bytes.length + 1))]),
  (random, bytes) => Uint8Array.from([...bytes, ...random.bytes(random.below(16))]),
]

function damaged(random: Random, seed: Uint8Array): Uint8Array {
  let bytes = Uint8Array.from(seed)
  for (let times = 1 + random.below(4); times > 0; times -= 1) {
    bytes = Uint8Array.from(damages[random.below(damages.length)]!(random, bytes))
  }
  return bytes
}

function changed(bytes: Uint8Array, at: number, mask: number): Uint8Array {
  const copy = Uint8Array.from(bytes)
  if (at < copy.length) copy[at] = copy[at]! ^ mask
  return copy
}
