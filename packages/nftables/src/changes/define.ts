import {
  type CompiledSet,
  compileChain,
  compileFlowtable,
  compileObject,
  compileRule,
  compileSet,
  type SetIds,
} from '../compile/index.ts'
import {
  commentUserdata,
  type KernelFlowtable,
  type KernelObject,
  type KernelTable,
  type ObjectData,
  type WrittenElements,
} from '../messages/index.ts'
import {
  Chain,
  FlowtableDefinition,
  MapDefinition,
  type ObjectDefinition,
  type Rule,
  SetDefinition,
  type Table,
} from '../model/index.ts'
import type { Operation, Verb } from '../transaction/index.ts'
import { ranks } from './order.ts'

/** Flags of enum nft_table_flags that a person may set. */
export type TableFlag = 'dormant' | 'owner' | 'persist'

type AddOperation = Omit<Operation, 'origin' | 'echo'>

export function writeTable(verb: Verb, { family, name, comment }: Table, flags?: readonly TableFlag[]): AddOperation[] {
  const userdata = commentUserdata(comment)
  const value: KernelTable = { family, name, ...(flags && { flags: [...flags] }), ...(userdata && { userdata }) }
  return [{ verb, kind: 'table', value }]
}

/** How a definition becomes operations, each with its place among the additions. */
export interface Definition {
  readonly rank: number
  readonly write: (verb: Verb, ids: SetIds) => AddOperation[]
}

/** A chain, set, map or object of a table: the parts of its definition. Rules of a chain are told of by themselves. */
export function definitionOf(table: Table, thing: object): Definition[] {
  if (thing instanceof Chain) return [chainDefinition(table, thing)]
  if (thing instanceof SetDefinition || thing instanceof MapDefinition) return setDefinition(table, thing)
  if (thing instanceof FlowtableDefinition) {
    const value = compileFlowtable(table, thing)
    return [{ rank: ranks.flowtable, write: (verb) => [{ verb, kind: 'flowtable', value }] }]
  }
  if ('object' in thing) {
    const value = compileObject(table, thing as ObjectDefinition)
    return [{ rank: ranks.object, write: (verb) => [{ verb, kind: 'object', value }] }]
  }
  throw new TypeError('a transaction is told of something that is no chain, set, map or object')
}

function chainDefinition(table: Table, chain: Chain): Definition {
  return { rank: ranks.chain, write: (verb) => [{ verb, kind: 'chain', value: compileChain(table, chain) }] }
}

/** The set and its elements are compiled together, once, and written apart. */
function setDefinition(table: Table, set: SetDefinition | MapDefinition): Definition[] {
  let compiled: CompiledSet | undefined
  const once = (ids: SetIds): CompiledSet => (compiled ??= compileSet(table, set, ids))
  const header: Definition = {
    rank: ranks.set,
    write: (verb, ids) => [{ verb, kind: 'set', value: once(ids).set }],
  }
  if (set.columns.length === 0) return [header]
  const content: Definition = {
    rank: ranks.elements,
    write: (_, ids) => [{ verb: 'add', kind: 'elements', value: elementsOf(once(ids)) }],
  }
  return [header, content]
}

export function objectDefinition(table: Table, name: string, data: ObjectData, comment?: string): Definition {
  const userdata = commentUserdata(comment)
  const value: KernelObject = { family: table.family, table: table.name, name, data, ...(userdata && { userdata }) }
  return { rank: ranks.object, write: (verb) => [{ verb, kind: 'object', value }] }
}

export interface FlowtableOptions {
  /** Interfaces whose packets go past the rules. */
  readonly devices: readonly string[]
  /** The lower, the earlier. Default: 0. */
  readonly priority?: number
  readonly flags?: KernelFlowtable['flags']
}

export function flowtableDefinition(table: Table, name: string, options: FlowtableOptions): Definition {
  const { devices, priority = 0, flags } = options
  const hook = { num: 0, priority, devices: [...devices] }
  const value: KernelFlowtable = { family: table.family, table: table.name, name, hook, ...(flags && { flags }) }
  return { rank: ranks.flowtable, write: (verb) => [{ verb, kind: 'flowtable', value }] }
}

/** A rule, behind the sets without names that it looks things up in. `place` says where in the chain, and more. */
export function writeRule(
  verb: Verb,
  table: Table,
  chain: Chain,
  rule: Rule,
  ids: SetIds,
  place: object,
): AddOperation[] {
  const compiled = compileRule(table, chain, rule, ids)
  const sets = compiled.sets.flatMap((set): AddOperation[] => [
    { verb: 'add', kind: 'set', value: set.set },
    { verb: 'add', kind: 'elements', value: elementsOf(set) },
  ])
  return [...sets, { verb, kind: 'rule', value: { ...compiled.rule, ...place } }]
}

function elementsOf({ set, packed }: CompiledSet): WrittenElements {
  const { family, table, name, id } = set
  return { family, table, set: name, ...(id !== undefined && { setId: id }), elements: packed }
}
