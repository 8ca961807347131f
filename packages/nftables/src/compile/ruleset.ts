import {
  commentUserdata,
  type KernelChain,
  type KernelFlowtable,
  type KernelObject,
  type KernelTable,
} from '../messages/index.ts'
import type { Chain } from '../model/chain.ts'
import { inPlace } from '../model/error.ts'
import type { Ruleset } from '../model/ruleset.ts'
import type { Table } from '../model/table.ts'
import { type SetIds, setIds } from './context.ts'
import { compileFlowtable, compileObject } from './objects.ts'
import { type CompiledRule, compileRule } from './rule.ts'
import { type CompiledSet, compileSet } from './set.ts'

/** A table in the kernel's words. Send it in this order: rules refer to sets and chains, elements to chains. */
export interface CompiledTable {
  readonly table: KernelTable
  readonly objects: readonly KernelObject[]
  readonly flowtables: readonly KernelFlowtable[]
  /** Those of the objects that are counters. */
  readonly counters: readonly KernelObject[]
  readonly sets: readonly CompiledSet[]
  readonly chains: readonly KernelChain[]
  readonly rules: readonly CompiledRule[]
}

export interface CompiledRuleset {
  readonly tables: readonly CompiledTable[]
}

/** Throws {@link ModelError} with the place of what cannot be expressed. */
export function compile(ruleset: Ruleset): CompiledRuleset {
  const ids = setIds()
  return { tables: ruleset.tables.map((table) => compileTable(table, ids)) }
}

export function compileTable(table: Table, ids: SetIds = setIds()): CompiledTable {
  return inPlace(`table ${table.family} ${table.name}`, () => ({
    table: kernelTable(table),
    objects: table.objects.map((object) => compileObject(table, object)),
    flowtables: table.flowtables.map((flowtable) => compileFlowtable(table, flowtable)),
    counters: table.counters.map((counter) => compileObject(table, counter)),
    sets: table.sets.map((set) => compileSet(table, set, ids)),
    chains: table.chains.map((chain) => compileChain(table, chain)),
    rules: table.chains.flatMap((chain) => compileRules(table, chain, ids)),
  }))
}

export function kernelTable({ family, name, comment }: Table): KernelTable {
  return { family, name, ...notes(comment) }
}

export function compileChain(table: Table, { name, base, comment }: Chain): KernelChain {
  const place = { family: table.family, table: table.name, name, ...notes(comment) }
  if (base === undefined) return place
  const { type, hook, priority, policy, devices } = base
  const on = devices.length > 0 && { devices: [...devices] }
  return { ...place, type, hook: { hook, priority, ...on }, policy }
}

function compileRules(table: Table, chain: Chain, ids: SetIds): CompiledRule[] {
  return chain.rules.map((rule, index) =>
    inPlace(`chain ${chain.name}, rule ${index + 1}`, () => compileRule(table, chain, rule, ids)),
  )
}

function notes(comment: string | undefined): { userdata?: Uint8Array } {
  const userdata = commentUserdata(comment)
  return userdata === undefined ? {} : { userdata }
}
