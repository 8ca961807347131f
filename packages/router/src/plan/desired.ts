import {
  compile,
  type KernelChain,
  type KernelElement,
  type KernelObject,
  type KernelRule,
  type KernelSet,
  type KernelTable,
  printRule,
  type Ruleset,
  type Snapshot,
} from '@sallyport/nftables'

export interface PresentSet {
  readonly set: KernelSet
  readonly elements: readonly KernelElement[]
}

/** A set as it should be. The elements of a `learned` one belong to the traffic: only those that contradict the config go. */
export interface DesiredSet extends PresentSet {
  readonly learned: boolean
}

export interface ChainWithRules {
  readonly chain: KernelChain
  readonly rules: readonly KernelRule[]
}

export interface DesiredChain extends ChainWithRules {
  /** Each rule as nft text, for people. */
  readonly texts: readonly string[]
}

/** One table in the kernel's own terms, in the order in which it is to be written. */
export interface DesiredTable {
  readonly table: KernelTable
  readonly objects: readonly KernelObject[]
  readonly sets: readonly DesiredSet[]
  readonly chains: readonly DesiredChain[]
}

/** The same table as the kernel holds it. */
export interface PresentTable {
  readonly table: KernelTable
  readonly objects: readonly KernelObject[]
  readonly sets: readonly PresentSet[]
  readonly chains: readonly ChainWithRules[]
}

/** The one table of a ruleset in the kernel's terms. Throws TypeError for what a plan cannot keep: anonymous sets. */
export function desiredTable(ruleset: Ruleset): DesiredTable {
  const [compiled] = compile(ruleset).tables
  const [model] = ruleset.tables
  if (compiled === undefined || model === undefined) throw new TypeError('a ruleset without a table')
  const { table, counters, sets, chains, rules } = compiled
  const anonymous = rules.find((rule) => rule.sets.length > 0)
  // The kernel renames such a set, so that its rule would never compare equal with what is wanted.
  if (anonymous) throw new TypeError(`a rule of chain ${anonymous.rule.chain} has a set without a name: name it`)
  const byChain = Map.groupBy(rules, ({ rule }) => rule.chain)
  return {
    table,
    objects: counters,
    sets: sets.map(({ set, elements }) => ({ set, elements, learned: set.flags.includes('eval') })),
    chains: chains.map((chain, index) => ({
      chain,
      rules: (byChain.get(chain.name) ?? []).map(({ rule }) => rule),
      texts: model.chains[index]!.rules.map(printRule),
    })),
  }
}

/** The one table of a snapshot; undefined when there is none. Sets without a name come and go with their rules. */
export function presentTable(snapshot: Snapshot): PresentTable | undefined {
  const [table] = snapshot.tables
  if (table === undefined) return undefined
  const byChain = Map.groupBy(snapshot.rules, (rule) => rule.chain)
  return {
    table,
    objects: snapshot.objects,
    sets: snapshot.sets
      .filter(({ flags }) => !flags.includes('anonymous'))
      .map(({ elements = [], ...set }) => ({ set, elements })),
    chains: snapshot.chains.map((chain) => ({ chain, rules: byChain.get(chain.name) ?? [] })),
  }
}
