import type { Expression } from '../expr/index.ts'
import { commentUserdata, type KernelRule } from '../messages/index.ts'
import type { Chain } from '../model/chain.ts'
import { inPlace } from '../model/error.ts'
import type { Rule } from '../model/rule.ts'
import type { Statement } from '../model/statement.ts'
import type { Table } from '../model/table.ts'
import { compileCounter, compileLog, compileMaximumSegment, compileReject, compileVerdict } from './action.ts'
import { Context, type SetIds, setIds } from './context.ts'
import { compileDynamic, compileRate } from './dynamic.ts'
import {
  compileConnections,
  compileElsewhere,
  compileObjectMap,
  compileOffload,
  compileQueue,
  compileReference,
  compileRemoveOption,
  compileTproxy,
} from './elsewhere.ts'
import { compileCompare, compileFlags, compileLookup, compileVmap } from './match.ts'
import { mergeLoads, type Step } from './merge.ts'
import { compileMasquerade, compileNat, compileRedirect } from './nat.ts'
import { quotaData, synproxyData } from './objects.ts'
import type { CompiledSet } from './set.ts'
import { compileSet } from './write.ts'

/** A rule as the kernel takes it, and the sets without names that have to be there before it. */
export interface CompiledRule {
  readonly rule: KernelRule
  readonly sets: readonly CompiledSet[]
}

/** One rule of a chain. `ids` number the anonymous sets of one batch. */
export function compileRule(table: Table, chain: Chain, rule: Rule, ids: SetIds = setIds()): CompiledRule {
  const context = new Context(table, ids)
  const steps = rule.statements.flatMap((statement, index) =>
    inPlace(`statement ${index + 1}`, () => compileStep(statement, context)),
  )
  const userdata = commentUserdata(rule.comment)
  const expressions = mergeLoads(steps).flatMap((step) => step.expressions)
  return {
    rule: {
      family: table.family,
      table: table.name,
      chain: chain.name,
      expressions,
      ...(userdata && { userdata }),
    },
    sets: context.sets,
  }
}

const matches: readonly Statement['statement'][] = ['compare', 'flags', 'lookup']

function compileStep(statement: Statement, context: Context): Step[] {
  const expressions = compileStatement(statement, context)
  const before = context.takeBefore()
  return [
    ...(before.length > 0 ? [{ expressions: before, isMatch: true }] : []),
    { expressions, isMatch: matches.includes(statement.statement) },
  ]
}

function compileStatement(statement: Statement, context: Context): Expression[] {
  switch (statement.statement) {
    case 'compare':
      return compileCompare(statement, context)
    case 'flags':
      return compileFlags(statement, context)
    case 'lookup':
      return compileLookup(statement, context)
    case 'vmap':
      return compileVmap(statement, context)
    case 'verdict':
      return compileVerdict(statement, context)
    case 'counter':
      return compileCounter(statement, context)
    case 'limit':
      return [compileRate(statement.rate)]
    case 'log':
      return compileLog(statement)
    case 'reject':
      return compileReject(statement, context)
    case 'notrack':
      return [{ expr: 'notrack' }]
    case 'nat':
      return compileNat(statement, context)
    case 'masquerade':
      return compileMasquerade(statement, context)
    case 'redirect':
      return compileRedirect(statement, context)
    case 'dynamic':
      return compileDynamic(statement, context)
    case 'set':
      return compileSet(statement, context)
    case 'maxseg':
      return compileMaximumSegment(statement)
    case 'quota':
      return [quotaData(statement)]
    case 'object':
      return compileReference(statement, context)
    case 'objectMap':
      return compileObjectMap(statement, context)
    case 'connections':
      return compileConnections(statement)
    case 'queue':
      return compileQueue(statement, context)
    case 'tproxy':
      return compileTproxy(statement, context)
    case 'dup':
    case 'fwd':
      return compileElsewhere(statement, context)
    case 'synproxy':
      return [synproxyData(statement)]
    case 'flow':
      return compileOffload(statement, context)
    case 'removeOption':
      return compileRemoveOption(statement)
  }
}
