import type { Expression } from '../expr/index.ts'
import { datatype } from '../model/datatype.ts'
import { ModelError } from '../model/error.ts'
import type { Interval } from '../model/interval.ts'
import type { SetLookup } from '../model/match.ts'
import type { Field, Selector } from '../model/selector.ts'
import { AnonymousSet } from '../model/set.ts'
import type { PayloadSource } from '../model/source.ts'
import { valueData } from './bytes.ts'
import { register } from './registers.ts'

/** Where a field does not fill its bytes the constant is shifted to it, not the field to the constant. */
export function inPlaceOf({ source }: Field, value: bigint): bigint {
  const bits = source.from === 'payload' || source.from === 'exthdr' ? source.bits : undefined
  return bits === undefined ? value : value << BigInt(bits.shift)
}

/** Of a set without a name the elements are shifted to where the field is; they have to fit its bytes then. */
export function inPlaceElements<S extends SetLookup['set']>(selector: Selector, set: S): S {
  const field = bitField(selector)
  if (field === undefined || !(set instanceof AnonymousSet)) return set
  if (field.length !== datatype(field.type).length) {
    throw new ModelError(`a list of values of '${field.text}'`, 'compare with each of them in a rule of its own')
  }
  const moved = ({ first, last }: Interval): Interval => ({
    first: inPlaceOf(field, first),
    last: inPlaceOf(field, last),
  })
  const elements = set.elements.map((element) => ({ ...element, key: element.key.map(moved) }))
  return new AnonymousSet(set.type, set.value, elements) as S
}

/** In a set with a name the values are as they are, and the field is shifted to them. */
export function aligned(selector: Selector, set: SetLookup['set'], slot: number): Expression[] {
  const field = bitField(selector)
  if (field === undefined || set instanceof AnonymousSet) return []
  const { bits } = field.source as PayloadSource
  if (bits === undefined || bits.shift === 0) return []
  const reg = register(slot)
  const data = valueData(BigInt(bits.shift), 4, 'host')
  return [{ expr: 'bitwise', sreg: reg, dreg: reg, len: field.length, op: 'rshift', data }]
}

function bitField(selector: Selector): Field | undefined {
  const { source } = selector
  return (source.from === 'payload' || source.from === 'exthdr') && source.bits ? selector.fields[0] : undefined
}
