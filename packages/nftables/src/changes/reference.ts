import { Chain, MapDefinition, SetDefinition, Table } from '../model/index.ts'
import type { Kind, Refs } from '../transaction/index.ts'
import { OpenTable } from './open.ts'
import { tableOf } from './place.ts'

/** An object of a table: as the builder defines it, as `tx.object(…)` does, or as an open table has it. */
export interface NamedObject {
  /** Its kind: `counter`, `quota`, … */
  readonly object: string
  readonly name: string
}

export interface NamedFlowtable {
  readonly flowtable: true
  readonly name: string
}

/** How a thing of the model is called in the kernel. */
export type Reference = {
  [K in Exclude<Kind, 'rule' | 'elements'>]: { readonly kind: K; readonly value: Refs[K] }
}[Exclude<Kind, 'rule' | 'elements'>]

/** A named thing that transactions delete, flush or rename. */
export function referenceTo(thing: object): Reference {
  if (thing instanceof Table || thing instanceof OpenTable) {
    return { kind: 'table', value: { family: thing.family, name: thing.name } }
  }
  const { family, name: table } = tableOf(thing)
  const place = { family, table, name: (thing as { name: string }).name }
  if (thing instanceof Chain) return { kind: 'chain', value: place }
  if (thing instanceof SetDefinition || thing instanceof MapDefinition) return { kind: 'set', value: place }
  if ('object' in thing) return { kind: 'object', value: { ...place, type: String(thing.object) } }
  if ('flowtable' in thing) return { kind: 'flowtable', value: place }
  throw new TypeError('this is no table, chain, set, map or object')
}
