import type { Family } from '../expr/index.ts'
import { type KernelChain, type KernelObject, type KernelSet, setNotesOf } from '../messages/index.ts'
import {
  type Chain,
  type CounterObject,
  datatypes,
  type Key,
  type MapDefinition,
  type MapType,
  ModelError,
  type SetDefinition,
  type SetOptions,
  Table,
  type TableWatch,
} from '../model/index.ts'
import { belongs } from './place.ts'
import type { NamedObject } from './reference.ts'

/** What is in a table of the kernel. */
export interface TableContent {
  readonly chains: readonly KernelChain[]
  readonly sets: readonly KernelSet[]
  readonly objects: readonly KernelObject[]
}

const NFT_DATA_VERDICT = 0xffffff00

/**
 * A table that is in the kernel, as it was when it was opened. What is in it can be used in the rules of transactions,
 * added to, and deleted, without being defined again: `nf.table('inet', 'filter').set('blocked', 'ipv4_addr')`.
 */
export class OpenTable {
  readonly family: Family
  readonly name: string
  readonly #content: TableContent
  readonly #model: Table
  /** Who is told of what is defined in {@link bind}'s table. */
  #watch: TableWatch | undefined

  constructor(family: Family, name: string, content: TableContent) {
    this.family = family
    this.name = name
    this.#content = content
    const watch: TableWatch = {
      defined: (table, thing) => this.#watch?.defined(table, thing),
      ruled: (table, chain, rule) => this.#watch?.ruled(table, chain, rule),
    }
    this.#model = new Table(family, name, { watch })
    for (const chain of content.chains) this.#declare(() => this.#chain(chain.name))
  }

  /** Names, in the kernel's order. */
  get chains(): readonly string[] {
    return this.#content.chains.map(({ name }) => name)
  }

  /** Names of sets and maps, without those that belong to one rule. */
  get sets(): readonly string[] {
    return this.#content.sets.filter(({ flags }) => !flags.includes('anonymous')).map(({ name }) => name)
  }

  /** To append rules to, or to jump to. */
  chain(name: string): Chain {
    this.#kernel('chain', this.#content.chains, name)
    const known = this.#model.chains.find((chain) => chain.name === name)
    return known ?? this.#declare(() => this.#chain(name))
  }

  /** Its type is what the kernel says; with `type`, it has to be that one, and elements are checked against it. */
  set<const K extends Key = Key>(name: string, type?: K): SetDefinition<K> {
    const found =
      this.#model.find(name) ?? this.#declare(() => this.#set(this.#kernel('set', this.#content.sets, name)))
    if (found.kind === 'map') throw new ModelError(`'${name}' is a map`, 'use map()', [this.#place])
    if (type !== undefined) this.#checkType(name, type, found.type)
    return found as unknown as SetDefinition<K>
  }

  map<const K extends Key = Key, const D extends MapType = MapType>(
    name: string,
    type?: K,
    value?: D,
  ): MapDefinition<K, D> {
    const found =
      this.#model.find(name) ?? this.#declare(() => this.#set(this.#kernel('map', this.#content.sets, name)))
    if (found.kind === 'set') throw new ModelError(`'${name}' is a set`, 'use set()', [this.#place])
    if (type !== undefined) this.#checkType(name, type, found.type)
    if (value !== undefined) this.#checkType(name, value, found.value)
    return found as unknown as MapDefinition<K, D>
  }

  /** An object of any kind: to read, reset or delete it. */
  object(kind: string, name: string): NamedObject {
    const objects = this.#content.objects.filter(
      ({ data }) => kind === (data.expr === 'unknown' ? data.name : data.expr),
    )
    this.#kernel(kind, objects, name)
    if (kind === 'counter') return this.counter(name)
    const thing = { object: kind, name }
    belongs(thing, this.#model)
    return thing
  }

  /** To count in, to read, or to reset. */
  counter(name: string): CounterObject {
    const counters = this.#content.objects.filter(({ data }) => data.expr === 'counter')
    this.#kernel('counter', counters, name)
    const known = this.#model.counters.find((counter) => counter.name === name)
    return known ?? this.#declare(() => this.#model.counter(name))
  }

  /** The table to define more in; `watch` is told of it. */
  bind(watch: TableWatch): Table {
    this.#watch = watch
    return this.#model
  }

  /** What of it is known here. */
  get model(): Table {
    return this.#model
  }

  get #place(): string {
    return `table ${this.family} ${this.name}`
  }

  #kernel<T extends { name: string }>(kind: string, all: readonly T[], name: string): T {
    const found = all.find((each) => each.name === name)
    if (found !== undefined) return found
    const names = all.map((each) => each.name).join(', ')
    throw new ModelError(`there is no ${kind} '${name}'`, names === '' ? `there is no ${kind}` : `there is ${names}`, [
      this.#place,
    ])
  }

  /** What is there already is no change. */
  #declare<T extends object>(make: () => T): T {
    const watch = this.#watch
    this.#watch = undefined
    try {
      const thing = make()
      belongs(thing, this.#model)
      return thing
    } finally {
      this.#watch = watch
    }
  }

  #chain(name: string): Chain {
    return this.#model.chain(name)
  }

  #set(kernel: KernelSet): SetDefinition | MapDefinition {
    const type = keyOf(kernel.keyType, this.#place, kernel.name)
    const notes = setNotesOf(kernel)
    const options: SetOptions = {
      flags: (['constant', 'interval', 'timeout'] as const).filter((flag) => kernel.flags.includes(flag)),
      ...(notes?.mergeElements && kernel.flags.includes('interval') && typeof type === 'string' && { autoMerge: true }),
    }
    if (!kernel.flags.includes('map')) return this.#model.set(kernel.name, { ...options, type })
    const value =
      kernel.dataType === NFT_DATA_VERDICT ? 'verdict' : keyOf(kernel.dataType ?? 0, this.#place, kernel.name)
    return this.#model.map(kernel.name, { ...options, type, value })
  }

  #checkType(name: string, wanted: MapType, found: MapType): void {
    if ([wanted].flat().join() === [found].flat().join()) return
    const text = (type: MapType): string => [type].flat().join(' . ')
    throw new ModelError(`'${name}' is of ${text(found)}, not of ${text(wanted)}`, undefined, [this.#place])
  }
}

const TYPE_BITS = 6 // of a concatenation, for each field: TYPE_BITS of nft's datatype.h

/** The type that nft's number stands for. */
function keyOf(type: number, place: string, name: string): Key {
  const ids: number[] = []
  for (let rest = type; rest !== 0; rest >>>= TYPE_BITS) ids.unshift(rest & ((1 << TYPE_BITS) - 1))
  const names = ids.map((id) => Object.values(datatypes).find((each) => each.id === id)?.name)
  const [first] = names
  if (first === undefined || names.includes(undefined)) {
    throw new ModelError(`'${name}' is of a type without a name here (${type})`, 'use tx.push with kernel forms', [
      place,
    ])
  }
  return names.length === 1 ? first : (names as (typeof first)[])
}
