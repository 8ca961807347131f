import type { Expression } from '../expr/index.ts'
import type { Field, Selector } from '../model/selector.ts'
import { register, slotsOf } from './registers.ts'

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
    const expressions = [loadField(field, at, options.length), ...(options.sorted ? sort(field, at, inRow) : [])]
    at += slotsOf(field.length)
    return expressions
  })
}

function loadField(field: Field, slot: number, length?: number): Expression {
  const { source } = field
  const dreg = register(slot)
  switch (source.from) {
    case 'payload':
      return { expr: 'payload', base: source.base, offset: source.offset, len: length ?? source.length, dreg }
    case 'meta':
      return { expr: 'meta', key: source.key, dreg }
    case 'ct':
      return { expr: 'ct', key: source.key, dreg, ...(source.direction && { direction: source.direction }) }
    case 'fib':
      return { expr: 'fib', result: source.result, flags: [...source.flags], dreg }
    case 'concat':
      throw new TypeError('a field of a concatenation cannot be one')
  }
}

/**
 * Host order to network order. Of a single byte there is nothing to turn, but nft 1.0.6 writes the step in
 * concatenations all the same (`hton(reg, 2, 1)`), and leaves it out otherwise.
 */
export function sort(field: Field, slot: number, inRow: boolean): Expression[] {
  const len = field.length
  if (field.order !== 'host' || (len === 1 && !inRow)) return []
  const reg = register(slot)
  return [{ expr: 'byteorder', sreg: reg, dreg: reg, op: 'hton', len, size: len === 4 ? 4 : 2 }]
}
