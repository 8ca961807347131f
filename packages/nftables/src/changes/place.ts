import { ModelError } from '../model/error.ts'
import type { Table } from '../model/table.ts'

/** Which table each chain, set, map and object belongs to: on their own they know their name only. */
const tables = new WeakMap<object, Table>()

export function belongs(thing: object, table: Table): void {
  tables.set(thing, table)
}

/** Throws {@link ModelError} for what was defined in a table that no transaction has seen. */
export function tableOf(thing: object): Table {
  const table = tables.get(thing)
  if (table !== undefined) return table
  const name = 'name' in thing ? `'${thing.name}'` : 'this'
  throw new ModelError(
    `${name} belongs to no table of a transaction`,
    'define it in tx.table(…), tx.add(…) its table first, or open it with nf.table(…)',
  )
}

/** The table of the first set, map or object that something mentions. */
export function mentioned(thing: unknown, depth = 5): Table | undefined {
  if (typeof thing !== 'object' || thing === null || depth === 0) return undefined
  const table = tables.get(thing)
  if (table !== undefined) return table
  for (const part of Object.values(thing)) {
    const found = mentioned(part, depth - 1)
    if (found !== undefined) return found
  }
  return undefined
}
