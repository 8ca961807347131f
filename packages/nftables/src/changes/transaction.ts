import type { Family } from '../expr/index.ts'
import type { ObjectData } from '../messages/index.ts'
import {
  type Chain,
  type Key,
  type MapDefinition,
  type MapType,
  ModelError,
  type Rule,
  Ruleset,
  type SetDefinition,
  Table,
  type TableWatch,
} from '../model/index.ts'
import { Batch, type CommitOptions, type Operation, type Verb } from '../transaction/index.ts'
import {
  definitionOf,
  type FlowtableOptions,
  flowtableDefinition,
  objectDefinition,
  type TableFlag,
  writeTable,
} from './define.ts'
import { type AnySet, type ElementsFor, elementsFor, type KeysFor, keysFor, keysOf } from './elements.ts'
import type { Kernel } from './kernel.ts'
import type { OpenTable } from './open.ts'
import { ranks } from './order.ts'
import { belongs, mentioned, tableOf } from './place.ts'
import { Recorder } from './recorder.ts'
import { type NamedFlowtable, type NamedObject, referenceTo } from './reference.ts'
import { RuleHandle, type RuleLike } from './rule-handle.ts'
import { type Parts, type RulePlace, Rules } from './rules.ts'

export interface TransactionOptions {
  /**
   * Note where each thing was said, for errors to name `FILE:LINE:COLUMN`. Default: true. It costs about two
   * microseconds for each call, however many elements that adds.
   */
  readonly sources?: boolean | undefined
  /** The generation to commit at, unless commit() names another. */
  readonly generation?: number | undefined
}

export interface TableDefinition {
  readonly comment?: string
  /**
   * `dormant`: its chains see no packets. `owner`: it goes when the connection ends, and nobody else may change it
   * (Linux 5.12). `persist`: an owned table stays then (6.9). An existing table gets them, and `[]` wakes it up.
   */
  readonly flags?: readonly TableFlag[]
}

/** What a transaction did. */
export interface Committed {
  /** The generation that it made. */
  readonly generation: number
  /** The rules of the transaction in the order in which they were said, with their handles. */
  readonly rules: readonly RuleHandle[]
}

export interface TransactionCommit extends CommitOptions {
  /** Learn the handles of new rules. Default: with up to 20,000 of them, since each is an answer of its own. */
  readonly handles?: boolean | undefined
}

const HANDLES = 20_000

type Named = Table | OpenTable | Chain | AnySet | NamedObject | NamedFlowtable
type Deletable = Named | RuleLike | Rule

/**
 * Changes that are made all together or not at all, by {@link commit}. What a table of it is given becomes part of it:
 * `tx.table('inet', 'filter').chain('input').rule(…)`. Additions may be said in any order; removals happen between what
 * was said before and after them.
 */
export class Transaction {
  readonly #kernel: Kernel
  readonly #generation: number | undefined
  readonly #recorder: Recorder
  readonly #rules: Rules
  readonly #tables = new Map<string, Table>()
  #committed = false

  constructor(kernel: Kernel, { sources = true, generation }: TransactionOptions = {}) {
    this.#kernel = kernel
    this.#generation = generation
    this.#recorder = new Recorder(sources)
    this.#rules = new Rules(this.#recorder, (rule, parts) => this.#placeOf(rule, parts))
  }

  /**
   * A table, added unless it is there, and bound to this transaction: so is what is defined in it. An open table is
   * not added, and what it has can be referred to.
   */
  table(family: Family, name: string, options?: TableDefinition): Table
  table(open: OpenTable): Table
  table(first: Family | OpenTable, name?: string, options: TableDefinition = {}): Table {
    this.#checkUnused()
    if (typeof first !== 'string') return first.bind(this.#watch)
    const key = `${first} ${name}`
    const known = this.#tables.get(key)
    if (known !== undefined && options.flags === undefined && options.comment === undefined) return known
    const { comment, flags } = options
    const table = known ?? new Table(first, name!, { ...(comment !== undefined && { comment }), watch: this.#watch })
    this.#tables.set(key, table)
    this.#recorder.define(table, [{ rank: ranks.table, write: (verb) => writeTable(verb, table, flags) }])
    return table
  }

  /**
   * A quota, limit, helper, timeout policy or other object with a name: `tx.object(t, 'cap', { expr: 'quota', bytes: 5n })`.
   */
  object(table: Table, name: string, data: ObjectData, options: { readonly comment?: string } = {}): NamedObject {
    this.#checkUnused()
    const thing = { object: data.expr === 'unknown' ? data.name : data.expr, name }
    belongs(thing, table)
    this.#recorder.define(thing, [objectDefinition(table, name, data, options.comment)])
    return thing
  }

  /** A table of connections whose packets go past the rules. */
  flowtable(table: Table, name: string, options: FlowtableOptions): NamedFlowtable {
    this.#checkUnused()
    const thing = { flowtable: true, name } as const
    belongs(thing, table)
    this.#recorder.define(thing, [flowtableDefinition(table, name, options)])
    return thing
  }

  /** Rules of this transaction, in the order in which they were said. */
  get rules(): readonly RuleHandle[] {
    return this.#rules.all
  }

  /** A ruleset or table that was built without a transaction; or elements, which stay as they are where they exist. */
  add(thing: Ruleset | Table): this
  add<S extends AnySet>(set: S, elements: ElementsFor<S>): this
  add(thing: Ruleset | Table | AnySet, elements?: Iterable<unknown>): this {
    this.#checkUnused()
    if (thing instanceof Ruleset) for (const table of thing.tables) this.#addTable(table)
    else if (thing instanceof Table) this.#addTable(thing)
    else this.#elements('add', thing, elements, elementsFor)
    return this
  }

  /** Makes it an error (EEXIST) when what was just defined, or one of the elements, is there already. */
  create<T extends Named>(thing: T): T
  create<S extends AnySet>(set: S, elements: ElementsFor<S>): this
  create(...given: [thing: Named, elements?: Iterable<unknown>]): unknown {
    this.#checkUnused()
    const [thing, elements] = given
    if (given.length > 1) return this.#elements('create', thing as AnySet, elements, elementsFor)
    this.#recorder.create(thing)
    return thing
  }

  /** Deletes a table with all that is in it, a chain, set, map, object or rule; ENOENT if it is not there. Or elements. */
  delete(thing: Deletable): this
  delete<S extends AnySet>(set: S, keys: KeysFor<S>): this
  delete(...given: [thing: Deletable, keys?: Iterable<unknown>]): this {
    return this.#deleteOrKeys('delete', given)
  }

  /** Deletes what is there of it. Needs Linux 6.3. */
  destroy(thing: Deletable): this
  destroy<S extends AnySet>(set: S, keys: KeysFor<S>): this
  destroy(...given: [thing: Deletable, keys?: Iterable<unknown>]): this {
    return this.#deleteOrKeys('destroy', given)
  }

  /** Deletes all rules of a table or chain, or all elements of a set. */
  flush(thing: Table | OpenTable | Chain | AnySet): this {
    this.#checkUnused()
    const { kind, value } = referenceTo(thing)
    return this.#barrier(() => [...new Batch({ sources: false }).flush(kind as 'set', value as never).operations])
  }

  /** A rule at the end of a chain. */
  append(chain: Chain, ...parts: Parts): RuleHandle {
    this.#checkUnused()
    return this.#rules.append(chain, parts)
  }

  /** A rule at the beginning of a chain. */
  insert(chain: Chain, ...parts: Parts): RuleHandle {
    this.#checkUnused()
    return this.#rules.insert(chain, parts)
  }

  /** A rule behind another: of the kernel, or of this transaction. */
  after(other: RuleLike | Rule, ...parts: Parts): RuleHandle {
    this.#checkUnused()
    return this.#rules.beside('add', other, parts)
  }

  /** A rule before another: of the kernel, or of this transaction. */
  before(other: RuleLike | Rule, ...parts: Parts): RuleHandle {
    this.#checkUnused()
    return this.#rules.beside('insert', other, parts)
  }

  /** Puts a rule in the place of another; or elements, with new values, timeouts and comments (needs Linux 6.3). */
  replace(other: RuleLike | Rule, ...parts: Parts): RuleHandle
  replace<S extends AnySet>(set: S, elements: ElementsFor<S>): this
  replace(first: RuleLike | Rule | AnySet, ...rest: readonly unknown[]): RuleHandle | this {
    this.#checkUnused()
    if (!isSet(first)) return this.#rules.replace(first, rest as Parts)
    const elements = rest[0] as Iterable<unknown>
    this.#elements('destroy', first, keysOf(first, elements), keysFor)
    return this.#elements('add', first, elements, elementsFor)
  }

  /** Gives a chain of the kernel another name. Rules that jump to it still do. */
  rename(chain: Chain, name: string): this {
    this.#checkUnused()
    const { family, name: table } = tableOf(chain)
    return this.#barrier(() => {
      const handle = this.#kernel.chainHandle({ family, table, name: chain.name })
      return [{ verb: 'rename', kind: 'chain', value: { family, table, name, handle } }]
    })
  }

  /** One change in the kernel's own terms, for what the builder has no words for. It stays where it was said. */
  push(operation: Operation): this {
    return this.#barrier(() => [operation])
  }

  /** Nothing can be added any more. */
  get isCommitted(): boolean {
    return this.#committed
  }

  /** All of it in the kernel's terms. Throws {@link ModelError} for what cannot be said in them. */
  batch(): Batch {
    return this.#recorder.batch()
  }

  /** Has the kernel check all of it, and change nothing. Throws what {@link commit} would; see {@link validate}. */
  dryRun({ generation = this.#generation }: CommitOptions = {}): void {
    this.#kernel.validate(this.batch(), { generation })
  }

  /**
   * Makes all changes or none. Throws TransactionError with every operation that the kernel refused, GenerationChanged
   * when `generation` is no longer the current one. What was refused can be committed again, or more be added to it.
   */
  commit({ generation = this.#generation, handles }: TransactionCommit = {}): Committed {
    this.#checkUnused()
    this.#rules.echo = handles ?? this.rules.length <= HANDLES
    const sent = this.#kernel.send(this.batch(), { generation })
    this.#committed = true
    this.#rules.learn(sent.echoes)
    return { generation: sent.generation, rules: this.rules }
  }

  readonly #watch: TableWatch = {
    defined: (table, thing) => {
      this.#checkUnused()
      belongs(thing, table)
      this.#recorder.define(thing, definitionOf(table, thing))
    },
    ruled: (table, chain, made) => {
      this.#checkUnused()
      this.#rules.appended(table, chain, made, chain.rule)
    },
  }

  #addTable(table: Table): void {
    const key = `${table.family} ${table.name}`
    const known = this.#tables.get(key)
    if (known === table) return
    if (known !== undefined) throw new ModelError(`there is a table '${key}' in this transaction already`)
    this.#tables.set(key, table)
    this.#recorder.define(table, [{ rank: ranks.table, write: (verb) => writeTable(verb, table) }])
    for (const thing of [...table.counters, ...table.sets, ...table.chains]) this.#watch.defined(table, thing)
    for (const chain of table.chains) for (const each of chain.rules) this.#rules.appended(table, chain, each)
  }

  /** Keys that turn out undefined must not delete the whole set. */
  #deleteOrKeys(verb: 'delete' | 'destroy', given: readonly [thing: Deletable, keys?: Iterable<unknown>]): this {
    const [thing, keys] = given
    return given.length > 1 ? this.#elements(verb, thing as AnySet, keys, keysFor) : this.#remove(verb, thing)
  }

  #remove(verb: 'delete' | 'destroy', thing: Deletable): this {
    this.#checkUnused()
    if (isRule(thing)) this.#rules.remove(verb, thing)
    else {
      const { kind, value } = referenceTo(thing)
      if (kind === 'table') this.#tables.delete(`${value.family} ${value.name}`)
      this.#barrier(() => [{ verb, kind, value }])
    }
    return this
  }

  /** The table and chain that a rule is in: those it was made with, or whatever the new rule's sets are of. */
  #placeOf(reference: RuleLike, parts: Parts): RulePlace {
    if (reference instanceof RuleHandle) return reference.place
    const { family, table: name, chain } = reference
    const table = mentioned(parts) ?? this.#tables.get(`${family} ${name}`) ?? this.#kernel.open(family, name).model
    return { table, chain: table.chains.find((each) => each.name === chain) ?? new Table(family, name).chain(chain) }
  }

  #elements(verb: Verb, set: AnySet, inputs: Iterable<unknown> | undefined, compile: typeof elementsFor): this {
    this.#checkUnused()
    if (inputs === undefined) throw new TypeError('there are no elements: give them as a list')
    const value = compile(tableOf(set), set, inputs)
    if (value.elements.length === 0) return this
    const rank = verb === 'add' || verb === 'create' ? ranks.elements : undefined
    this.#recorder.add(rank, () => [{ verb, kind: 'elements', value }])
    return this
  }

  #barrier(write: () => readonly Operation[]): this {
    this.#checkUnused()
    this.#recorder.add(undefined, write)
    return this
  }

  #checkUnused(): void {
    if (this.#committed) throw new Error('this transaction has been committed: begin another with nf.transaction()')
  }
}

function isSet(thing: object): thing is SetDefinition<Key> | MapDefinition<Key, MapType> {
  return 'kind' in thing && (thing.kind === 'set' || thing.kind === 'map')
}

function isRule(thing: object): thing is RuleLike | Rule {
  return 'statements' in thing || ('chain' in thing && typeof thing.chain === 'string')
}
