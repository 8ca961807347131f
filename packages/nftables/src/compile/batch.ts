import type { Ruleset } from '../model/ruleset.ts'
import { Batch } from '../transaction/batch.ts'
import { type CompiledTable, compile } from './ruleset.ts'
import type { CompiledSet } from './set.ts'

/** Everything of a ruleset as one transaction, for tables that are not there yet. */
export function batchOf(ruleset: Ruleset): Batch {
  const batch = new Batch()
  for (const table of compile(ruleset).tables) addTable(batch, table)
  return batch
}

/** Each thing behind what it refers to: elements may name chains, and rules sets. The order is nft's. */
function addTable(batch: Batch, { table, objects, flowtables, sets, chains, rules }: CompiledTable): void {
  batch.add('table', table)
  for (const chain of chains) batch.add('chain', chain)
  for (const object of objects) batch.add('object', object)
  for (const { set } of sets) batch.add('set', set)
  for (const flowtable of flowtables) batch.add('flowtable', flowtable)
  for (const set of sets) addElements(batch, set)
  for (const { rule, sets: anonymous } of rules) {
    for (const set of anonymous) {
      batch.add('set', set.set)
      addElements(batch, set)
    }
    batch.add('rule', rule)
  }
}

function addElements(batch: Batch, { set, packed }: CompiledSet): void {
  if (packed.length === 0) return
  const { family, table, name, id } = set
  batch.add('elements', { family, table, set: name, ...(id !== undefined && { setId: id }), elements: packed })
}
