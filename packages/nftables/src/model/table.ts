import type { Family } from '../expr/index.ts'
import { Chain, type ChainOptions } from './chain.ts'
import type { EntryInput, MapType } from './element.ts'
import { inPlace, ModelError } from './error.ts'
import { FlowtableDefinition, type FlowtableInput } from './flowtable.ts'
import { checkComment, checkName } from './identifier.ts'
import type { Key } from './key.ts'
import {
  type CounterObject,
  type CtExpectationObject,
  type CtExpectationOptions,
  type CtHelperObject,
  type CtHelperOptions,
  type CtTimeoutObject,
  type CtTimeoutOptions,
  counterObject,
  ctExpectationObject,
  ctHelperObject,
  ctTimeoutObject,
  type LimitObject,
  limitObject,
  type ObjectDefinition,
  type ObjectOptions,
  type QuotaInput,
  type QuotaObject,
  quotaObject,
  type SynproxyObject,
  type SynproxyOptions,
  synproxyObject,
} from './object.ts'
import type { RateInput } from './rate.ts'
import type { Rule } from './rule.ts'
import { type ElementsInput, MapDefinition, SetDefinition, type SetOptions } from './set.ts'

/** Is told of what a table gets, as it gets it: this is how a table becomes part of a transaction. */
export interface TableWatch {
  /** A chain, set, map or object. */
  defined(table: Table, thing: object): void
  /** A rule at the end of a chain. */
  ruled(table: Table, chain: Chain, rule: Rule): void
}

export interface TableOptions {
  readonly comment?: string
  readonly watch?: TableWatch
}

/** A table: chains, sets, maps and counters that refer to each other, and to nothing outside. */
export class Table {
  readonly family: Family
  readonly name: string
  readonly comment: string | undefined
  readonly #watch: TableWatch | undefined
  readonly #chains = new Map<string, Chain>()
  readonly #sets = new Map<string, SetDefinition | MapDefinition>()
  /** By kind and name: objects of two kinds may have the same name. */
  readonly #objects = new Map<string, ObjectDefinition>()
  readonly #flowtables = new Map<string, FlowtableDefinition>()

  constructor(family: Family, name: string, options: TableOptions = {}) {
    checkName('table', name)
    if (options.comment !== undefined) checkComment(options.comment)
    this.family = family
    this.name = name
    this.comment = options.comment
    this.#watch = options.watch
  }

  get chains(): readonly Chain[] {
    return [...this.#chains.values()]
  }

  get sets(): readonly (SetDefinition | MapDefinition)[] {
    return [...this.#sets.values()]
  }

  get counters(): readonly CounterObject[] {
    return this.objects.filter((object) => object.object === 'counter')
  }

  /** Counters, quotas, limits and whatever else has a name and a state. */
  get objects(): readonly ObjectDefinition[] {
    return [...this.#objects.values()]
  }

  get flowtables(): readonly FlowtableDefinition[] {
    return [...this.#flowtables.values()]
  }

  /** The set or map of that name. */
  find(name: string): SetDefinition | MapDefinition | undefined {
    return this.#sets.get(name)
  }

  /** With a hook: packets come in by themselves. Without: by `jump` and `goto`. */
  chain(name: string, options: ChainOptions = {}): Chain {
    return this.#put(this.#chains, name, () => new Chain(name, options, this.#onRule))
  }

  set<const K extends Key>(
    name: string,
    options: SetOptions & { readonly type: K; readonly elements?: ElementsInput<K> },
  ): SetDefinition<K> {
    return this.#put(this.#sets, name, () => new SetDefinition(name, options.type, options, options.elements))
  }

  map<const K extends Key, const D extends MapType>(
    name: string,
    options: SetOptions & { readonly type: K; readonly value: D; readonly elements?: Iterable<EntryInput<K, D>> },
  ): MapDefinition<K, D> {
    const { type, value, elements } = options
    return this.#put(this.#sets, name, () => new MapDefinition(name, type, value, options, elements))
  }

  counter(name: string, options: ObjectOptions = {}): CounterObject {
    return this.#object('counter', name, () => counterObject(name, options))
  }

  quota(name: string, options: QuotaInput & ObjectOptions): QuotaObject {
    return this.#object('quota', name, () => quotaObject(name, options))
  }

  limit(name: string, options: RateInput & ObjectOptions): LimitObject {
    return this.#object('limit', name, () => limitObject(name, options))
  }

  ctHelper(name: string, options: CtHelperOptions & ObjectOptions): CtHelperObject {
    return this.#object('ct helper', name, () => ctHelperObject(name, options))
  }

  ctTimeout(name: string, options: CtTimeoutOptions & ObjectOptions): CtTimeoutObject {
    return this.#object('ct timeout', name, () => ctTimeoutObject(name, options))
  }

  ctExpectation(name: string, options: CtExpectationOptions & ObjectOptions): CtExpectationObject {
    return this.#object('ct expectation', name, () => ctExpectationObject(name, options))
  }

  synproxy(name: string, options: SynproxyOptions & ObjectOptions): SynproxyObject {
    return this.#object('synproxy', name, () => synproxyObject(name, options))
  }

  flowtable(name: string, options: FlowtableInput): FlowtableDefinition {
    return this.#put(this.#flowtables, name, () => new FlowtableDefinition(name, options))
  }

  #object<O extends ObjectDefinition>(kind: string, name: string, make: () => O): O {
    return this.#put(this.#objects, `${kind} ${name}`, make)
  }

  #put<T, U extends T>(things: Map<string, T>, name: string, make: () => U): U {
    const place = `table ${this.family} ${this.name}`
    if (things.has(name)) throw new ModelError(`there is a '${name}' already`, 'names are used once', [place])
    const thing = inPlace(place, make)
    things.set(name, thing)
    this.#watch?.defined(this, thing as object)
    return thing
  }

  readonly #onRule = (chain: Chain, rule: Rule): void => this.#watch?.ruled(this, chain, rule)
}
