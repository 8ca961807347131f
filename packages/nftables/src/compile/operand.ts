import type { Expression } from '../expr/index.ts'
import { datatype } from '../model/datatype.ts'
import { fieldTypes } from '../model/key.ts'
import type { Computed, Constant, ParsedOperand } from '../model/operand.ts'
import { aligned, inPlaceElements } from './bits.ts'
import { valueData } from './bytes.ts'
import type { Context } from './context.ts'
import { load } from './load.ts'
import { register, slotsOf } from './registers.ts'

/** Puts a value into registers from `slot` on. A map's answer takes the place of its key. */
export function compileOperand(operand: ParsedOperand, slot: number, context: Context): Expression[] {
  switch (operand.operand) {
    case 'constant':
      return immediate(operand, slot, 'first')
    case 'selector':
      context.before(context.need(operand))
      return load(operand, slot)
    case 'lookup': {
      const { selector, map } = operand
      context.before(context.need(selector))
      const found = context.reference(inPlaceElements(selector, map), selector)
      const reg = register(slot)
      const read = [...load(selector, slot, { sorted: map.isInterval }), ...aligned(selector, map, slot)]
      return [...read, { expr: 'lookup', ...found, sreg: reg, dreg: reg }]
    }
    case 'computed':
      context.before(context.need(operand.selector))
      return [...load(operand.selector, slot), computed(operand, register(slot))]
  }
}

/** Bits of a value that lies in a register, changed there. */
function computed(operand: Computed, reg: number): Expression {
  const { length: len, order } = operand.selector
  const step = { expr: 'bitwise', sreg: reg, dreg: reg, len } as const
  if (operand.op !== 'mask_xor') return { ...step, op: operand.op, data: valueData(BigInt(operand.count), 4, 'host') }
  return { ...step, mask: valueData(operand.mask, len, order), xor: valueData(operand.xor, len, order) }
}

/** A constant, its lower or upper end, field by field. */
export function immediate({ type, value }: Constant, slot: number, end: 'first' | 'last'): Expression[] {
  let at = slot
  return fieldTypes(type).map((name, index) => {
    const { length, order } = datatype(name)
    const dreg = register(at)
    at += slotsOf(length)
    return { expr: 'immediate', dreg, data: valueData(value[index]![end], length, order) }
  })
}
