import { type Family, printTable, Ruleset } from '../../src/index.ts'
import { furnish } from '../support/fixture.ts'
import { familyRules, rules } from '../support/rules.ts'
import { type Case, rule } from './case.ts'

/** A table with sets, maps and chains of every kind, as text; made once. */
const furnished: string = (() => {
  const table = new Ruleset().table('inet', 't')
  furnish(table)
  const lines = printTable(table).trimEnd().split('\n')
  return lines.slice(1, -1).join('\n')
})()

/** Each rule in one of the chains of such a table. */
const inFurnished: readonly Case[] = rules.map(([text, statements, chain = 'filter']) => ({
  name: `inet, ${chain}: ${text}`,
  family: 'inet',
  text: withRule(chain, text),
  build: (table) => {
    const things = furnish(table)
    table.chains.find(({ name }) => name === chain)!.rule(...statements(things))
  },
}))

function withRule(chain: string, text: string): string {
  const opened = new RegExp(`^(\\tchain ${chain} \\{\\n(?:\\t\\t.*\\n)*)`, 'm')
  return furnished.replace(opened, (lines) => `${lines}\t\t${text}\n`)
}

const ofFamilies: readonly Case[] = Object.entries(familyRules).flatMap(([family, cases]) =>
  cases
    .filter(([text]) => !/@\w/.test(text))
    .map(([text, statements]) => rule(text, () => statements({} as never), { family: family as Family })),
)

/** The rules that test/compile-nft.test.ts compares one by one. */
export const everyRule: readonly Case[] = [...inFurnished, ...ofFamilies]
