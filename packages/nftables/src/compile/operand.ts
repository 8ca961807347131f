import type { Expression } from '../expr/index.ts'
import { datatype } from '../model/datatype.ts'
import { fieldTypes } from '../model/key.ts'
import type { Constant, ParsedOperand } from '../model/operand.ts'
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
      context.before(context.protocols.need(operand))
      return load(operand, slot)
    case 'lookup': {
      const { selector, map } = operand
      context.before(context.protocols.need(selector))
      const found = context.reference(map, selector)
      const reg = register(slot)
      return [...load(selector, slot, { sorted: map.isInterval }), { expr: 'lookup', ...found, sreg: reg, dreg: reg }]
    }
  }
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
