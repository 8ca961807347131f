import { compile } from '../compile/index.ts'
import { type Expression, ruleIdentity } from '../expr/index.ts'
import { printRule } from '../language/index.ts'
import type { KernelRule } from '../messages/index.ts'
import type { Ruleset } from '../model/index.ts'

/**
 * The text of rules that a ruleset made, for `trace({ text: ruleTexts(ruleset) })`; undefined for all others. Rules of
 * one chain that differ in nothing but what their anonymous sets hold have no text here: in the kernel they look alike.
 */
export function ruleTexts(ruleset: Ruleset): (rule: KernelRule) => string | undefined {
  const texts = new Map<string, string | undefined>()
  const compiled = compile(ruleset)
  ruleset.tables.forEach((table, index) => {
    const kernel = compiled.tables[index]!.rules.map(({ rule }) => rule)
    const printed = table.chains.flatMap((chain) => chain.rules.map(printRule))
    kernel.forEach((rule, number) => {
      const key = keyOf(rule)
      const text = printed[number]!
      texts.set(key, texts.has(key) && texts.get(key) !== text ? undefined : text)
    })
  })
  return (rule) => texts.get(keyOf(rule))
}

function keyOf({ family, table, chain, expressions }: KernelRule): string {
  return `${family} ${table} ${chain} ${ruleIdentity(expressions.map(withoutSetNumber))}`
}

/** `__set%d` gets a number when it is created. */
function withoutSetNumber(expression: Expression): Expression {
  if (expression.expr !== 'lookup') return expression
  const { setId: _, ...lookup } = expression
  return { ...lookup, set: lookup.set.replace(/^__(set|map)(\d+|%d)$/, '__$1') }
}
