import { EBUSY, ENOENT } from '@sallyport/linux'
import type { Context, Expr } from './expressions.ts'
import type { Journal } from './journal.ts'
import { Refusal } from './refusal.ts'
import type { Request } from './request.ts'
import { NFT_CHAIN, NFT_SET } from './uapi.ts'
import { type Chain, type Element, elementsOf, type NamedSet, type Rule, type Table } from './world.ts'

// What refers to what: jumps to chains, rules to sets, rules and elements to objects. All of it is counted.

export function lookupSet({ table, journal }: Context, name: string, id: number | undefined): NamedSet {
  const set = table.sets.get(name) ?? setOfBatch(journal, table, id)
  if (set === undefined) throw new Refusal(ENOENT)
  return set
}

/** nf_tables_bind_set() */
export function bindSet({ journal, chain }: Context, set: NamedSet, maps: boolean): void {
  if (set.bindings.length > 0 && isAnonymous(set)) throw new Refusal(EBUSY)
  if (chain !== undefined) journal.insert(set.bindings, set.bindings.length, chain)
  journal.count(set, 1)
  journal.bind(set)
  if (maps) journal.validation = journal.validation === 'do' ? 'do' : 'need'
}

/** The one of this batch with the number. */
export function setOfBatch(journal: Journal, table: Table, id: number | undefined): NamedSet | undefined {
  if (id === undefined) return undefined
  return journal.setIds.last(id, (set) => set.table === table && table.sets.get(set.name) === set)
}

export function isAnonymous(set: NamedSet): boolean {
  return (set.flags & NFT_SET.ANONYMOUS) !== 0
}

/** A rule takes the anonymous chain that it jumps to. */
export function bindChain(journal: Journal, { verdict }: Expr): void {
  const chain = verdict?.chain
  if (chain === undefined || (chain.flags & NFT_CHAIN.BINDING) === 0) return
  journal.assign(chain, { bound: true })
  journal.count(chain, 1)
  journal.bind(chain)
}

/** What a rule no longer refers to; its anonymous sets and chains go with it. */
export function releaseRule(journal: Journal, request: Request, rule: Rule): void {
  for (const expression of rule.expressions) {
    releaseExpression(journal, request, rule.chain, expression)
  }
}

function releaseExpression(journal: Journal, request: Request, chain: Chain, expression: Expr): void {
  const { verdict, set, object, flowtable } = expression
  if (verdict?.chain !== undefined) releaseTarget(journal, request, verdict.chain)
  if (object !== undefined) journal.count(object, -1)
  if (flowtable !== undefined) journal.count(flowtable, -1)
  if (set === undefined) return
  journal.count(set, -1)
  journal.atEnd(() => set.bindings.splice(set.bindings.indexOf(chain), 1))
  if (isAnonymous(set) && set.use === 0) dropAnonymous(journal, request, set)
}

/** An anonymous chain goes with the rule that has it, without a word. */
function releaseTarget(journal: Journal, request: Request, chain: Chain): void {
  journal.count(chain, -1)
  if (!chain.bound) return
  for (const rule of [...chain.rules]) {
    journal.take(chain.rules, rule)
    journal.count(chain, -1)
    releaseRule(journal, request, rule)
  }
  journal.remove(chain.table.chains, chain.name)
  journal.count(chain.table, -1)
}

function dropAnonymous(journal: Journal, request: Request, set: NamedSet): void {
  releaseElements(journal, set)
  journal.remove(set.table.sets, set.name)
  // A commit takes bound anonymous sets out of the count of their table; one of this batch is still in it.
  if (journal.anonymous.includes(set)) journal.count(set.table, -1)
  journal.tell(request, 'delete', { kind: 'set', object: set })
}

export function releaseElements(journal: Journal, set: NamedSet): void {
  for (const element of elementsOf(set)) releaseElement(journal, element)
}

export function releaseElement(journal: Journal, { data, object }: Element): void {
  if (data !== undefined && 'verdict' in data && data.verdict.chain !== undefined) journal.count(data.verdict.chain, -1)
  if (object !== undefined) journal.count(object, -1)
}
