import type { Data, Expression } from '../expr/index.ts'
import { keyLength } from '../model/key.ts'
import type { Field, Selector } from '../model/selector.ts'
import type { Bits, HashSource, Source } from '../model/source.ts'
import { valueData } from './bytes.ts'
import { register, SLOTS_PER_REGISTER, slotsOf } from './registers.ts'

/** How a value is wanted in its registers. */
export interface LoadOptions {
  /** For a set with intervals, which compares bytes: numbers turned to network order. */
  readonly sorted?: boolean
  /** Only so many leading bytes of a header. */
  readonly length?: number
}

/** Reads a selector into registers from `slot` on, the fields of a concatenation one behind the other. */
export function load(selector: Selector, slot: number, options: LoadOptions = {}): Expression[] {
  const inRow = selector.source.from === 'concat'
  let at = slot
  return selector.fields.flatMap((field) => {
    const expressions = [
      ...loadField(field, at, options),
      ...(inRow ? rightAligned(field, at) : []),
      ...(options.sorted ? sort(field, at, inRow) : []),
    ]
    at += slotsOf(field.length)
    return expressions
  })
}

function loadField(field: Field, slot: number, options: LoadOptions): Expression[] {
  const { source } = field
  const dreg = register(slot)
  switch (source.from) {
    case 'payload': {
      const { base, offset, length, bits } = source
      return [{ expr: 'payload', base, offset, len: options.length ?? length, dreg }, ...onlyBits(bits, field, dreg)]
    }
    case 'exthdr': {
      const { op, type, offset, length: len, bits, present } = source
      const read: Expression = { expr: 'exthdr', op, type, offset, len, dreg, ...(present && { flags: ['present'] }) }
      return [read, ...onlyBits(bits, field, dreg)]
    }
    case 'hash':
      return loadHash(source, slot)
    case 'concat':
      throw new TypeError('a field of a concatenation cannot be one')
    default:
      return [loadValue(source, dreg)]
  }
}

/** What one expression reads as a whole. */
function loadValue(
  source: Exclude<Source, { from: 'payload' | 'exthdr' | 'hash' | 'concat' }>,
  dreg: number,
): Expression {
  switch (source.from) {
    case 'meta':
      return { expr: 'meta', key: source.key, dreg }
    case 'ct':
      return { expr: 'ct', key: source.key, dreg, ...(source.direction && { direction: source.direction }) }
    case 'fib':
      return { expr: 'fib', result: source.result, flags: [...source.flags], dreg }
    case 'numgen':
      return { expr: 'numgen', type: source.type, modulus: source.modulus, offset: source.offset, dreg }
    case 'socket':
      return { expr: 'socket', key: source.key, dreg, ...(source.level !== undefined && { level: source.level }) }
    case 'osf':
      return { expr: 'osf', dreg, ttl: source.ttl, ...(source.version && { flags: ['version'] }) }
    case 'rt':
      return { expr: 'rt', key: source.key, dreg }
    case 'xfrm':
      return { expr: 'xfrm', key: source.key, direction: source.direction, spnum: source.spnum, dreg }
  }
}

/** Of the bytes that were read, those bits; they stay where they are. */
function onlyBits(bits: Bits | undefined, field: Field, reg: number): Expression[] {
  if (bits === undefined) return []
  const mask = ((1n << BigInt(bits.width)) - 1n) << BigInt(bits.shift)
  const data = (value: bigint): Data => valueData(value, field.length, field.order)
  return [{ expr: 'bitwise', sreg: reg, dreg: reg, len: field.length, mask: data(mask), xor: data(0n) }]
}

/** In a concatenation the bits go to where the elements have them. */
function rightAligned({ source, length: len }: Field, slot: number): Expression[] {
  const bits = source.from === 'payload' || source.from === 'exthdr' ? source.bits : undefined
  if (bits === undefined || bits.shift === 0) return []
  const reg = register(slot)
  const data = valueData(BigInt(bits.shift), 4, 'host')
  return [{ expr: 'bitwise', sreg: reg, dreg: reg, len, op: 'rshift', data }]
}

/** The hash takes the first register, and what it is made of those behind. */
function loadHash({ selector, modulus, seed, offset }: HashSource, slot: number): Expression[] {
  const common = { expr: 'hash', dreg: register(slot), modulus, offset } as const
  if (selector === undefined) return [{ ...common, type: 'sym' }]
  const from = slot + SLOTS_PER_REGISTER
  const len = keyLength(selector.type)
  const sreg = register(from)
  return [...load(selector, from), { ...common, type: 'jenkins', sreg, len, ...(seed !== undefined && { seed }) }]
}

/**
 * Host order to network order. Of a single byte there is nothing to turn, but nft 1.0.6 writes the step in
 * concatenations all the same (`hton(reg, 2, 1)`), and leaves it out otherwise.
 */
export function sort(field: Field, slot: number, inRow: boolean): Expression[] {
  const len = field.length
  if (field.order !== 'host' || (len === 1 && !inRow)) return []
  const reg = register(slot)
  return [{ expr: 'byteorder', sreg: reg, dreg: reg, op: 'hton', len, size: len === 8 ? 8 : len === 4 ? 4 : 2 }]
}
