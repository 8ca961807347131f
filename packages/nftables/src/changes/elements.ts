import { type ElementsOf, packElements } from '../compile/element.ts'
import type { WrittenElements } from '../messages/index.ts'
import { parseElements } from '../model/columns.ts'
import type {
  ElementsInput,
  EntryInput,
  Key,
  MapDefinition,
  MapType,
  PackedInput,
  SetDefinition,
  Value,
} from '../model/index.ts'
import type { Table } from '../model/table.ts'

export type AnySet = SetDefinition | MapDefinition

/** What goes into a set or map. */
export type ElementsFor<S> =
  S extends MapDefinition<infer K, infer D>
    ? Iterable<EntryInput<K, D>>
    : S extends SetDefinition<infer K>
      ? ElementsInput<K>
      : never

/** What names elements of a set or map: their keys. */
export type KeysFor<S> = S extends { readonly type: infer K extends Key } ? Iterable<Value<K>> | PackedInput : never

/** Elements as they are added. */
export function elementsFor(table: Table, set: AnySet, inputs: Iterable<unknown>): WrittenElements {
  const value: MapType | undefined = set.kind === 'map' ? set.value : undefined
  const columns = parseElements(`'${set.name}'`, set.type, value, inputs)
  return { family: table.family, table: table.name, set: set.name, elements: packElements(set, columns) }
}

/** Elements as they are removed: of a map, too, the keys say which. */
export function keysFor(table: Table, set: AnySet, keys: Iterable<unknown>): WrittenElements {
  const { type, isInterval, options, name } = set
  const byKey: ElementsOf = { kind: 'set', type, isInterval, options }
  const columns = parseElements(`'${name}'`, type, undefined, keys)
  return { family: table.family, table: table.name, set: name, elements: packElements(byKey, columns) }
}

/** The keys of what is added. */
export function keysOf(set: AnySet, inputs: Iterable<unknown>): Iterable<unknown> {
  if (ArrayBuffer.isView(inputs)) return inputs
  if (set.kind === 'map') {
    return [...inputs].map((input) => (Array.isArray(input) ? input[0] : (input as { key: unknown }).key))
  }
  return [...inputs].map((input) => (isDetailed(input) ? input.key : input))
}

function isDetailed(input: unknown): input is { key: unknown } {
  return typeof input === 'object' && input !== null && 'key' in input
}
