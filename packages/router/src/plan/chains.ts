import type { KernelChain, KernelRule } from '@sallyport/nftables'
import type { ChainWithRules, DesiredChain } from './desired.ts'
import { deletionOfAll, diffRules, setsUsedBy } from './rules.ts'
import type { Step } from './steps.ts'

/** What is taken out and written anew in the same batch; what refers to it has to be as well. */
export interface Replaced {
  readonly sets: ReadonlySet<string>
  readonly chains: ReadonlySet<string>
}

/** Where a chain hangs. The kernel moves no chain, so another place makes it another chain. */
function placeOf({ type, hook, userdata = new Uint8Array() }: KernelChain): string {
  const place = [type ?? '', hook?.hook ?? '', hook?.priority ?? 0, hook?.devices ?? []]
  return JSON.stringify([...place, Buffer.from(userdata).toString('hex')])
}

/** The chains that are there and have to hang elsewhere. */
export function replacedChains(present: readonly ChainWithRules[], wanted: readonly ChainWithRules[]): Set<string> {
  const before = new Map(present.map(({ chain }) => [chain.name, placeOf(chain)]))
  const moved = wanted.filter(({ chain }) => before.has(chain.name) && before.get(chain.name) !== placeOf(chain))
  return new Set(moved.map(({ chain }) => chain.name))
}

export function diffChains(
  present: readonly ChainWithRules[],
  wanted: readonly DesiredChain[],
  replaced: Replaced,
): Step[] {
  const after = new Set(wanted.map(({ chain }) => chain.name))
  const staying = new Map(present.map((one) => [one.chain.name, one]))
  const gone = present.filter(({ chain }) => !after.has(chain.name) || replaced.chains.has(chain.name))
  for (const { chain } of gone) staying.delete(chain.name)
  return [
    ...gone.flatMap(removalOf),
    ...wanted.flatMap((one) => {
      const old = staying.get(one.chain.name)
      const chain = old === undefined ? [writing(one.chain, 'add')] : diffPolicy(old.chain, one.chain)
      return [...chain, ...diffRules(old?.rules ?? [], one, (rule) => isStale(rule, replaced))]
    }),
  ]
}

function isStale(rule: KernelRule, { sets, chains }: Replaced): boolean {
  const targets = rule.expressions.flatMap((expression) => {
    if (expression.expr !== 'immediate' || !('verdict' in expression.data)) return []
    return expression.data.verdict.chain ?? []
  })
  return setsUsedBy(rule).some((set) => sets.has(set)) || targets.some((chain) => chains.has(chain))
}

function removalOf(one: ChainWithRules): Step[] {
  const { family, table, name } = one.chain
  const step: Step = {
    stage: 'chains out',
    changes: [{ op: 'delete', kind: 'chain', name }],
    write: (batch) => {
      batch.delete('chain', { family, table, name })
    },
  }
  return [...deletionOfAll(one), step]
}

/** The policy is the one thing that can be changed in place. */
function diffPolicy(old: KernelChain, wanted: KernelChain): Step[] {
  const policy = (chain: KernelChain): string => (chain.hook === undefined ? '' : (chain.policy ?? 'accept'))
  return policy(old) === policy(wanted) ? [] : [writing(wanted, 'change')]
}

function writing(chain: KernelChain, op: 'add' | 'change'): Step {
  return {
    stage: 'chains in',
    changes: [{ op, kind: 'chain', name: chain.name }],
    write: (batch) => {
      batch.add('chain', chain)
    },
  }
}
