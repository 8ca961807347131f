import type {
  KernelChain,
  KernelElement,
  KernelFlowtable,
  KernelObject,
  KernelRule,
  KernelSet,
  KernelTable,
} from '../messages/index.ts'
import type { Snapshot, SnapshotSet } from '../transaction/index.ts'
import { elementIdentity } from '../transaction/read.ts'
import type { NamedRef, SetRef, TableRef } from '../transaction/ref.ts'
import type { Change } from './change.ts'
import { RuleOrder } from './order.ts'

interface ViewedChain {
  chain: KernelChain
  readonly order: RuleOrder
}

interface ViewedSet {
  set: KernelSet
  /** Undefined: not followed. */
  readonly elements: Map<string, KernelElement> | undefined
}

type Of<K extends Change['kind']> = Extract<Change, { kind: K }>

/**
 * A ruleset in memory that changes are applied to. How often something is used, and how many elements a set has, is
 * left out: nothing tells when that changes.
 */
export class View {
  readonly #hasElements: (set: KernelSet) => boolean
  readonly #tables = new Map<string, KernelTable>()
  readonly #chains = new Map<string, ViewedChain>()
  readonly #sets = new Map<string, ViewedSet>()
  readonly #objects = new Map<string, KernelObject>()
  readonly #flowtables = new Map<string, KernelFlowtable>()
  #isCertain = true

  constructor(snapshot: Snapshot, hasElements: (set: KernelSet) => boolean) {
    this.#hasElements = hasElements
    for (const table of snapshot.tables) this.#tables.set(tableKey(table), withoutUse(table))
    for (const [key, rules] of rulesByChain(snapshot)) this.#chains.set(key, rules)
    for (const set of snapshot.sets) this.#sets.set(nameKey(set), viewedSet(set))
    for (const object of snapshot.objects) this.#objects.set(objectKey(object), withoutUse(object))
    for (const flowtable of snapshot.flowtables) this.#flowtables.set(nameKey(flowtable), withoutUse(flowtable))
  }

  tables(): KernelTable[] {
    return [...this.#tables.values()]
  }

  /** Those that end with the process that made them. */
  owned(): KernelTable[] {
    return this.tables().filter(({ flags }) => flags?.includes('owner') && !flags.includes('persist'))
  }

  chains(): KernelChain[] {
    return Array.from(this.#chains.values(), ({ chain }) => chain)
  }

  rules(): KernelRule[] {
    return [...this.#chains.values()].flatMap(({ order }) => order.rules)
  }

  /** Of one chain; empty when there is none. */
  rulesOf(chain: NamedRef): readonly KernelRule[] {
    return this.#chains.get(nameKey(chain))?.order.rules ?? []
  }

  sets(): SnapshotSet[] {
    return Array.from(this.#sets.values(), ({ set, elements }) =>
      elements === undefined ? set : { ...set, elements: [...elements.values()] },
    )
  }

  /** Undefined when the set is not there, or its elements are not followed. */
  elementsOf(set: SetRef): KernelElement[] | undefined {
    const elements = this.#sets.get(nameKey(set))?.elements
    return elements && [...elements.values()]
  }

  objects(): KernelObject[] {
    return [...this.#objects.values()]
  }

  flowtables(): KernelFlowtable[] {
    return [...this.#flowtables.values()]
  }

  /** All changes of a commit. False: what they tell is not enough to know the ruleset now; read it. */
  apply(changes: readonly Change[]): boolean {
    this.#isCertain = true
    const orders = new Set<RuleOrder>()
    for (const change of changes) this.#apply(change, orders)
    for (const order of orders) this.#isCertain &&= order.settled
    return this.#isCertain
  }

  #apply(change: Change, orders: Set<RuleOrder>): void {
    if (change.kind === 'table') this.#applyTable(change)
    else if (change.kind === 'chain') this.#applyChain(change)
    else if (change.kind === 'rule') this.#applyRule(change, orders)
    else if (change.kind === 'set') this.#applySet(change)
    else if (change.kind === 'elements') this.#applyElements(change)
    else if (change.kind === 'object') this.#applyObject(change)
    else if (change.kind === 'flowtable') this.#applyFlowtable(change)
    else this.#isCertain = false
  }

  #applyTable({ op, object }: Of<'table'>): void {
    if (op === 'add') this.#tables.set(tableKey(object), withoutUse(object))
    else this.#deleteTable(object)
  }

  #applyChain(change: Of<'chain'>): void {
    if (change.op === 'add') this.#addChain(change.object)
    else if (change.op === 'detach') this.#detach(change.object)
    else this.#chains.delete(nameKey(change.object))
  }

  #applySet(change: Of<'set'>): void {
    if (change.op === 'add') this.#addSet(change.object)
    else this.#sets.delete(nameKey(change.object))
  }

  #applyObject(change: Of<'object'>): void {
    if (change.op === 'add') this.#objects.set(objectKey(change.object), withoutUse(change.object))
    else this.#objects.delete(`${nameKey(change.object)} ${change.object.type}`)
  }

  #applyFlowtable({ op, object }: Of<'flowtable'>): void {
    const key = nameKey(object)
    const known = this.#flowtables.get(key)
    if (op === 'delete') this.#flowtables.delete(key)
    else if (op === 'detach') this.#flowtables.set(key, withoutDevicesOf(known ?? object, object))
    else this.#flowtables.set(key, withoutUse(withDevicesOf(object, known ?? object)))
  }

  /** Its content is told of too, but for the chains that rules bound. */
  #deleteTable(table: TableRef): void {
    const prefix = `${tableKey(table)} `
    this.#tables.delete(tableKey(table))
    for (const map of [this.#chains, this.#sets, this.#objects, this.#flowtables]) {
      for (const key of map.keys()) if (key.startsWith(prefix)) map.delete(key)
    }
  }

  #addChain(chain: KernelChain): void {
    const known = this.#chains.get(nameKey(chain)) ?? this.#renamed(chain)
    if (known === undefined) this.#chains.set(nameKey(chain), { chain: withoutUse(chain), order: new RuleOrder() })
    else known.chain = withoutUse(withDevicesOf(chain, known.chain))
  }

  /** A chain of this handle under another name gets the new one. */
  #renamed(chain: KernelChain): ViewedChain | undefined {
    for (const [key, { chain: old, order }] of this.#chains) {
      if (old.handle !== chain.handle || old.family !== chain.family || old.table !== chain.table) continue
      this.#chains.delete(key)
      const renamed = { chain: old, order: new RuleOrder(order.rules.map((rule) => ({ ...rule, chain: chain.name }))) }
      this.#chains.set(nameKey(chain), renamed)
      return renamed
    }
    return undefined
  }

  #detach(chain: KernelChain): void {
    const known = this.#chains.get(nameKey(chain))
    if (known !== undefined) known.chain = withoutDevicesOf(known.chain, chain)
  }

  #applyRule(change: Of<'rule'>, orders: Set<RuleOrder>): void {
    const { family, table, chain } = change.object
    const order = this.#chains.get(nameKey({ family, table, name: chain }))?.order
    if (order === undefined) {
      // Rules of a chain that was deleted a moment ago, as far as they are deleted too.
      if (change.op !== 'delete') this.#isCertain = false
      return
    }
    order.apply(change)
    orders.add(order)
    if (change.op === 'delete') this.#dropBoundTo(change.object)
    else if (change.op === 'replace') this.#dropBoundTo(change.previous)
  }

  /** The chain without a name that a rule jumps to goes with the rule, and the kernel says nothing of it. */
  #dropBoundTo({ family, table, expressions }: KernelRule): void {
    for (const expression of expressions) {
      const name = expression.expr === 'immediate' ? expression.data.verdict?.chain : undefined
      if (name === undefined) continue
      const key = nameKey({ family, table, name })
      const bound = this.#chains.get(key)
      if (!bound?.chain.flags?.includes('binding')) continue
      this.#chains.delete(key)
      for (const rule of bound.order.rules) this.#dropBoundTo(rule)
    }
  }

  #addSet(set: KernelSet): void {
    const known = this.#sets.get(nameKey(set))
    const elements = this.#hasElements(set) ? new Map<string, KernelElement>() : undefined
    if (known === undefined) this.#sets.set(nameKey(set), { set: withoutUse(set), elements })
    else known.set = withoutUse(set)
  }

  #applyElements({ op, object }: Of<'elements'>): void {
    const { family, table, set, elements } = object
    const known = this.#sets.get(nameKey({ family, table, name: set }))?.elements
    for (const element of known === undefined ? [] : elements) {
      if (op === 'add') known!.set(elementIdentity(element), element)
      else known!.delete(elementIdentity(element))
    }
  }
}

function rulesByChain({ chains, rules }: Snapshot): Map<string, ViewedChain> {
  const found = Map.groupBy(rules, ({ family, table, chain }) => nameKey({ family, table, name: chain }))
  return new Map(
    chains.map((chain) => {
      const key = nameKey(chain)
      return [key, { chain: withoutUse(chain), order: new RuleOrder(found.get(key)) }]
    }),
  )
}

function viewedSet({ elements, ...set }: SnapshotSet): ViewedSet {
  return {
    set: withoutUse(set),
    elements: elements && new Map(elements.map((element) => [elementIdentity(element), element])),
  }
}

interface Hooked {
  hook?: { devices?: string[] }
}

/** Of new devices the kernel tells without the ones that were there, which stand behind them. */
function withDevicesOf<T extends Hooked>(object: T, old: Hooked): T {
  const before = old.hook?.devices
  if (object.hook === undefined || before === undefined || object === old) return object
  const devices = [...(object.hook.devices ?? []).filter((device) => !before.includes(device)), ...before]
  return { ...object, hook: { ...object.hook, devices } }
}

function withoutDevicesOf<T extends Hooked>(object: T, { hook }: Hooked): T {
  if (object.hook === undefined) return object
  const gone = hook?.devices ?? []
  const left = (object.hook.devices ?? []).filter((device) => !gone.includes(device))
  const { devices: _, ...rest } = object.hook
  return { ...object, hook: left.length === 0 ? rest : { ...rest, devices: left } }
}

function withoutUse<T extends object>(object: T): T {
  const { use: _, count: __, ...rest } = object as T & { use?: unknown; count?: unknown }
  return rest as unknown as T
}

function tableKey({ family, name }: TableRef): string {
  return `${family} ${name}`
}

function nameKey({ family, table, name }: NamedRef): string {
  return `${family} ${table} ${name}`
}

function objectKey(object: KernelObject): string {
  return `${nameKey(object)} ${object.data.expr === 'unknown' ? object.data.name : object.data.expr}`
}
