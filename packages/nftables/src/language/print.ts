import type { Chain } from '../model/chain.ts'
import type { Ruleset } from '../model/ruleset.ts'
import type { Table } from '../model/table.ts'
import { indent, printComment } from './lines.ts'
import { printFlowtable, printObject } from './object.ts'
import { printRule } from './rule.ts'
import { printSet } from './set.ts'

/** Tables as nft text, that `nft -f` loads into an empty namespace with the same result as our own commit. */
export function print(ruleset: Ruleset): string {
  return ruleset.tables.map(printTable).join('\n')
}

export function printTable(table: Table): string {
  const parts = [
    ...table.objects.map(printObject),
    ...table.flowtables.map(printFlowtable),
    ...table.sets.map(printSet),
    ...table.chains.map(printChain),
  ].map((lines) => lines.map(indent))
  const comment = table.comment === undefined ? [] : [[indent(printComment(table.comment))]]
  const body = [...comment, ...parts].map((lines) => lines.join('\n')).join('\n\n')
  return `table ${table.family} ${table.name} {\n${body}${body === '' ? '' : '\n'}}\n`
}

function printChain(chain: Chain): string[] {
  const comment = chain.comment === undefined ? [] : [printComment(chain.comment)]
  const rules = chain.rules.map(printRule)
  return [`chain ${chain.name} {`, ...[...comment, ...printBase(chain), ...rules].map(indent), '}']
}

function printBase({ base }: Chain): string[] {
  if (base === undefined) return []
  const { type, hook, priority, policy, devices } = base
  const names = devices.map((device) => `"${device}"`).join(', ')
  const on = devices.length === 0 ? '' : devices.length === 1 ? ` device ${names}` : ` devices = { ${names} }`
  return [`type ${type} hook ${hook}${on} priority ${priority}; policy ${policy};`]
}
