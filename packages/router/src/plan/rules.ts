import { type KernelRule, ruleIdentity } from '@sallyport/nftables'
import type { ChainWithRules, DesiredChain } from './desired.ts'
import { type Edit, editSequence } from './sequence.ts'
import type { Step } from './steps.ts'

/** Equal for rules that do the same and say the same, whatever their counters, limits and handles are at the moment. */
function identityOf({ expressions, userdata = new Uint8Array() }: KernelRule): string {
  return `${ruleIdentity(expressions)}#${Buffer.from(userdata).toString('hex')}`
}

/** The sets that a rule refers to by name. */
export function setsUsedBy(rule: KernelRule): string[] {
  return rule.expressions.flatMap((expression) => {
    if (expression.expr === 'lookup') return [expression.set]
    if (expression.expr === 'dynset') return [expression.setName]
    return expression.expr === 'objref' && expression.setName !== undefined ? [expression.setName] : []
  })
}

type RuleEdit = Edit<KernelRule, KernelRule>

/**
 * Keeps the longest common run of rules, with their handles and counters. `stale` rules refer to something that is
 * replaced in the same batch: they are taken out and written again.
 */
export function diffRules(
  present: readonly KernelRule[],
  wanted: DesiredChain,
  stale: (rule: KernelRule) => boolean,
): Step[] {
  const edits = editSequence(present, wanted.rules, {
    old: (rule) => (stale(rule) ? `stale ${rule.handle}` : identityOf(rule)),
    new: identityOf,
  })
  const numbers = { old: new Map(present.map(numbered)), new: new Map(wanted.rules.map(numbered)) }
  return edits.flatMap((edit, index) => {
    if (edit.op === 'keep') return []
    if (edit.op === 'delete') return [deletion(wanted.chain.name, edit.old, numbers.old.get(edit.old)!)]
    const number = numbers.new.get(edit.new)!
    const name = `${nameOf(wanted.chain.name, number)}: ${wanted.texts[number]}`
    return [addition(edit.new, name, nextKept(edits, index))]
  })
}

/** The deletion of every rule of a chain. */
export function deletionOfAll({ chain, rules }: ChainWithRules): Step[] {
  return rules.map((rule, index) => deletion(chain.name, rule, index))
}

const numbered = (rule: KernelRule, index: number): [KernelRule, number] => [rule, index]

/** `filter_input #3`: the third rule of its chain. */
const nameOf = (chain: string, index: number): string => `${chain} #${index + 1}`

/** The handle of the next rule that stays: new ones are put before it, one by one, or at the end. */
function nextKept(edits: readonly RuleEdit[], index: number): bigint | undefined {
  const kept = edits.slice(index + 1).find((edit) => edit.op === 'keep')
  return kept?.op === 'keep' ? kept.old.handle : undefined
}

function addition(rule: KernelRule, name: string, before: bigint | undefined): Step {
  return {
    stage: 'rules in',
    changes: [{ op: 'add', kind: 'rule', name }],
    write: (batch) => {
      if (before === undefined) batch.add('rule', rule)
      else batch.insert('rule', { ...rule, position: before })
    },
  }
}

function deletion(chain: string, rule: KernelRule, index: number): Step {
  const { family, table, handle } = rule
  return {
    stage: 'rules out',
    changes: [{ op: 'delete', kind: 'rule', name: nameOf(chain, index) }],
    write: (batch) => {
      batch.delete('rule', { family, table, chain, handle: handle! })
    },
  }
}
