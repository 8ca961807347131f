import type { CmpOp, Data, Expression } from '../expr/index.ts'
import { isSingle } from '../model/interval.ts'
import type { Compare, Flags, SetLookup, VerdictMap } from '../model/match.ts'
import type { Field } from '../model/selector.ts'
import { AnonymousSet } from '../model/set.ts'
import { aligned, inPlaceElements, inPlaceOf } from './bits.ts'
import { orderedBytes, valueData } from './bytes.ts'
import type { Context } from './context.ts'
import { load, sort } from './load.ts'

const operators: Readonly<Record<Compare['operator'], CmpOp>> = {
  '==': 'eq',
  '!=': 'neq',
  '<': 'lt',
  '<=': 'lte',
  '>': 'gt',
  '>=': 'gte',
}

const cmp = (op: CmpOp, data: Data): Expression => ({ expr: 'cmp', sreg: 1, op, data })

/** `sreg & mask`; nft leaves the exclusive or in, with zeros. */
function masked(field: Field, mask: bigint): Expression {
  const len = field.length
  const data = (value: bigint): Data => valueData(value, len, field.order)
  return { expr: 'bitwise', sreg: 1, dreg: 1, len, mask: data(mask), xor: data(0n) }
}

export function compileCompare(statement: Compare, context: Context): Expression[] {
  const { selector, operator, value } = statement
  const needed = context.need(selector)
  if (operator === '==' && isSingle(value) && statement.mask === undefined) {
    context.protocols.learn(selector, [value.first])
  }
  context.before(needed)
  if (statement.mask !== undefined) {
    return [...load(selector, 0), masked(selector, statement.mask), cmp(operators[operator], single(statement))]
  }
  if (isSingle(value)) return compareSingle(statement)
  return value.prefix === undefined ? compareRange(statement) : comparePrefix(statement, value.prefix)
}

const single = ({ selector, value }: Compare): Data =>
  valueData(inPlaceOf(selector, value.first), selector.length, selector.order)

function compareSingle(statement: Compare): Expression[] {
  const { selector, operator, value } = statement
  if (operator === '==' || operator === '!=') {
    return [...load(selector, 0), cmp(operators[operator], single(statement))]
  }
  const data = valueData(inPlaceOf(selector, value.first), selector.length, 'network')
  return [...load(selector, 0), ...sort(selector, 0, false), cmp(operators[operator], data)]
}

/** As two comparisons; what lies outside needs one expression of its own, as two would have to be joined by "or". */
function compareRange({ selector, operator, value }: Compare): Expression[] {
  const data = (number: bigint): Data => valueData(inPlaceOf(selector, number), selector.length, 'network')
  const read = [...load(selector, 0), ...sort(selector, 0, false)]
  if (operator === '==') return [...read, cmp('gte', data(value.first)), cmp('lte', data(value.last))]
  return [...read, { expr: 'range', sreg: 1, op: 'neq', fromData: data(value.first), toData: data(value.last) }]
}

/** Whole bytes are compared as such, without a mask; of a header only these are read. */
function comparePrefix({ selector, operator, value }: Compare, prefix: number): Expression[] {
  const op = operators[operator]
  const len = selector.length
  const bytes = orderedBytes(value.first, len, selector.order)
  if (prefix > 0 && prefix % 8 === 0) {
    const length = prefix / 8
    return [...load(selector, 0, { length }), cmp(op, { value: bytes.subarray(0, length) })]
  }
  const mask = ((1n << BigInt(prefix)) - 1n) << BigInt(8 * len - prefix)
  return [...load(selector, 0), masked(selector, mask), cmp(op, { value: bytes })]
}

export function compileFlags({ selector, test, mask, value }: Flags, context: Context): Expression[] {
  context.before(context.need(selector))
  const data = valueData(value, selector.length, selector.order)
  return [...load(selector, 0), masked(selector, mask), cmp(test === 'any' ? 'neq' : 'eq', data)]
}

export function compileLookup(statement: SetLookup, context: Context): Expression[] {
  const alone = compareInstead(statement)
  if (alone !== undefined) return compileCompare(alone, context)
  const { selector, set, inverted } = statement
  context.before(context.need(selector))
  if (set instanceof AnonymousSet && !inverted && selector.fields.length === 1) {
    const singles = set.elements.every(({ key }) => isSingle(key[0]!))
    if (singles)
      context.protocols.learn(
        selector.fields[0]!,
        set.elements.map(({ key }) => key[0]!.first),
      )
  }
  const found = context.reference(inPlaceElements(selector, set), selector)
  return [
    ...load(selector, 0, { sorted: set.isInterval }),
    ...aligned(selector, set, 0),
    { expr: 'lookup', sreg: 1, ...found, ...(inverted && { flags: ['inv'] }) },
  ]
}

/** A set of one element without a name is no set: nft compares. */
export function compareInstead({ selector, set, inverted }: SetLookup): Compare | undefined {
  const field = selector.fields[0]!
  if (!(set instanceof AnonymousSet) || selector !== field || set.elements.length !== 1) return undefined
  const value = set.elements[0]!.key[0]!
  return { statement: 'compare', selector: field, operator: inverted ? '!=' : '==', value }
}

/** The verdict goes to register 0. */
export function compileVmap({ selector, map }: VerdictMap, context: Context): Expression[] {
  context.before(context.need(selector))
  const found = context.reference(inPlaceElements(selector, map), selector)
  const read = [...load(selector, 0, { sorted: map.isInterval }), ...aligned(selector, map, 0)]
  return [...read, { expr: 'lookup', sreg: 1, dreg: 0, ...found }]
}
