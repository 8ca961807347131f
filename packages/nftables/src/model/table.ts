import type { Family } from '../expr/index.ts'
import { Chain, type ChainOptions } from './chain.ts'
import type { ElementInput, EntryInput, MapType } from './element.ts'
import { inPlace, ModelError } from './error.ts'
import { checkComment, checkName } from './identifier.ts'
import type { Key } from './key.ts'
import { type CounterObject, counterObject } from './object.ts'
import { MapDefinition, SetDefinition, type SetOptions } from './set.ts'

/** A table: chains, sets, maps and counters that refer to each other, and to nothing outside. */
export class Table {
  readonly family: Family
  readonly name: string
  readonly comment: string | undefined
  readonly #chains = new Map<string, Chain>()
  readonly #sets = new Map<string, SetDefinition | MapDefinition>()
  readonly #counters = new Map<string, CounterObject>()

  constructor(family: Family, name: string, options: { readonly comment?: string } = {}) {
    checkName('table', name)
    if (options.comment !== undefined) checkComment(options.comment)
    this.family = family
    this.name = name
    this.comment = options.comment
  }

  get chains(): readonly Chain[] {
    return [...this.#chains.values()]
  }

  get sets(): readonly (SetDefinition | MapDefinition)[] {
    return [...this.#sets.values()]
  }

  get counters(): readonly CounterObject[] {
    return [...this.#counters.values()]
  }

  /** The set or map of that name. */
  find(name: string): SetDefinition | MapDefinition | undefined {
    return this.#sets.get(name)
  }

  /** With a hook: packets come in by themselves. Without: by `jump` and `goto`. */
  chain(name: string, options: ChainOptions = {}): Chain {
    return this.#put(this.#chains, name, () => new Chain(name, options))
  }

  set<const K extends Key>(
    name: string,
    options: SetOptions & { readonly type: K; readonly elements?: readonly ElementInput<K>[] },
  ): SetDefinition<K> {
    return this.#put(this.#sets, name, () => new SetDefinition(name, options.type, options, options.elements))
  }

  map<const K extends Key, const D extends MapType>(
    name: string,
    options: SetOptions & { readonly type: K; readonly value: D; readonly elements?: readonly EntryInput<K, D>[] },
  ): MapDefinition<K, D> {
    const { type, value, elements } = options
    return this.#put(this.#sets, name, () => new MapDefinition(name, type, value, options, elements))
  }

  counter(name: string, options: { readonly comment?: string } = {}): CounterObject {
    return this.#put(this.#counters, name, () => counterObject(name, options))
  }

  #put<T, U extends T>(things: Map<string, T>, name: string, make: () => U): U {
    const place = `table ${this.family} ${this.name}`
    if (things.has(name)) throw new ModelError(`there is a '${name}' already`, 'names are used once', [place])
    const thing = inPlace(place, make)
    things.set(name, thing)
    return thing
  }
}
