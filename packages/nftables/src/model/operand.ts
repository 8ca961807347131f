import type { MapType } from './element.ts'
import { type Key, type KeyValue, parseKeyValue, type Value } from './key.ts'
import type { Selector } from './selector.ts'
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

/** What can stand where a value is wanted: a selector of the packet, a map's answer, or a value as written. */
export type Operand<D extends MapType> = D extends Key ? Selector<D> | MapLookup<D> | Value<D> : never

/** The same, parsed. */
export type ParsedOperand = Selector | MapLookup | Constant

export function parseOperand(type: Key, input: unknown): ParsedOperand {
  if (typeof input === 'object' && input !== null && 'operand' in input) return input as Selector | MapLookup
  return { operand: 'constant', type, value: parseKeyValue(type, input) }
}
