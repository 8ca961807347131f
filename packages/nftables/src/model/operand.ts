import type { TypeName } from './datatype.ts'
import type { MapType } from './element.ts'
import { type Key, type KeyValue, parseKeyValue, type Value } from './key.ts'
import type { Field, Selector } from './selector.ts'
import type { AnonymousSet, MapDefinition } from './set.ts'

/** A value that a map gives for a key of the packet: `tcp dport map @ports`. */
export interface MapLookup<D extends MapType = MapType> {
  readonly operand: 'lookup'
  readonly type: D
  readonly selector: Selector
  readonly map: MapDefinition<Key, D> | AnonymousSet
}

/** A value that is known when the rule is written. */
export interface Constant {
  readonly operand: 'constant'
  readonly type: Key
  readonly value: KeyValue
}

/** What a selector gives, with its bits changed: `ct mark & 0xff`. Made by `ct.mark.and(0xff)` and the like. */
export type Computed<T extends TypeName = TypeName> = {
  readonly operand: 'computed'
  readonly type: T
  readonly selector: Field<T>
  readonly text: string
} & (
  | { readonly op: 'mask_xor'; readonly mask: bigint; readonly xor: bigint }
  | { readonly op: 'lshift' | 'rshift'; readonly count: number }
)

/** What can stand where a value is wanted: a selector of the packet, a map's answer, or a value as written. */
export type Operand<D extends MapType> =
  | (D extends Key ? Selector<D> | MapLookup<D> | Value<D> : never)
  | (D extends 'mark' ? AnyNumber | Computed<'mark'> : never)

/** Selectors of numbers that fit a mark. */
export type AnyNumber = Selector<'number32'>

/** The same, parsed. */
export type ParsedOperand = Selector | MapLookup | Constant | Computed

export function parseOperand(type: Key, input: unknown): ParsedOperand {
  if (typeof input === 'object' && input !== null && 'operand' in input) return input as Selector | MapLookup | Computed
  return { operand: 'constant', type, value: parseKeyValue(type, input) }
}
