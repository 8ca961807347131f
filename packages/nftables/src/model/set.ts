import { type ElementColumns, type PackedInput, parseElements } from './columns.ts'
import { type Duration, parseDuration } from './duration.ts'
import { DynamicUpdate, type UpdateOptions } from './dynamic.ts'
import { type Element, type ElementInput, type EntryInput, isObjectKind, type MapType } from './element.ts'
import { ModelError } from './error.ts'
import { checkComment, checkName } from './identifier.ts'
import { checkKey, formatKeyValue, isSingleValue, type Key } from './key.ts'
import type { Operand } from './operand.ts'
import { checkSameType } from './same.ts'
import type { Selector } from './selector.ts'

/** NFT_SET_*: what the set can do. `interval`: prefixes and ranges; `dynamic`: packets change it. */
export type SetFlag = 'constant' | 'interval' | 'timeout' | 'dynamic'

export interface SetOptions {
  readonly flags?: readonly SetFlag[]
  /** Until an element goes away, unless refreshed; wants the flag `timeout`. */
  readonly timeout?: Duration
  /** How often the kernel looks for elements that are due. */
  readonly gcInterval?: Duration
  /** Most elements. Sets that packets change should have one: the kernel's default is 65535. */
  readonly size?: number
  /** Elements that touch or overlap become one. Only for `interval` sets of a single type. */
  readonly autoMerge?: boolean
  /** Every element counts its packets and bytes. */
  readonly counter?: boolean
  readonly comment?: string
  /** nft lists the set as made for this: `typeof ip saddr` instead of `type ipv4_addr`. It has to be of that type. */
  readonly typeof?: Selector
  /** The same for the values of a map. */
  readonly valueTypeof?: Selector
}

interface Parsed {
  readonly flags: readonly SetFlag[]
  readonly timeout?: number
  readonly gcInterval?: number
  readonly size?: number
  readonly autoMerge: boolean
  readonly counter: boolean
  readonly comment?: string
  readonly typeof?: Selector
  readonly valueTypeof?: Selector
}

/**
 * The elements of a set: any iterable of them. Or, for millions, without an object for each: a `Uint32Array` of keys
 * of 32 bits (IPv4 addresses, marks), a `Uint8Array` of the bytes of keys one behind the other, in network order.
 */
export type ElementsInput<K extends Key> = Iterable<ElementInput<K>> | PackedInput

/** What sets and maps have in common. */
abstract class Collection<K extends Key> {
  readonly name: string
  readonly type: K
  readonly options: Parsed
  /** The elements, in little room. */
  readonly columns: ElementColumns

  protected constructor(
    kind: 'set' | 'map',
    name: string,
    type: K,
    value: MapType | undefined,
    options: SetOptions,
    elements: Iterable<unknown>,
  ) {
    checkName(kind, name)
    checkKey(type)
    this.name = name
    this.type = type
    this.options = parseOptions(type, options)
    this.columns = parseElements(`'${name}'`, type, value, elements)
    checkElements(this)
  }

  /** The elements as objects, made anew by each call: for large sets prefer {@link columns}. */
  get elements(): readonly Element[] {
    return [...this.columns]
  }

  get isInterval(): boolean {
    return this.options.flags.includes('interval')
  }
}

/** A named set of a table. Made by `table.set(…)`. */
export class SetDefinition<K extends Key = Key> extends Collection<K> {
  readonly kind = 'set'

  constructor(name: string, type: K, options: SetOptions = {}, elements: ElementsInput<K> = []) {
    super('set', name, type, undefined, options, elements)
  }

  /** `add @set { key }`: puts the key in, if it isn't; leaves timeout and limit of one that is as they are. */
  add(key: Selector<K>, options: UpdateOptions = {}): DynamicUpdate {
    return new DynamicUpdate('add', this, key, undefined, options)
  }

  /** `update @set { key }`: puts the key in, or starts its timeout anew. */
  update(key: Selector<K>, options: UpdateOptions = {}): DynamicUpdate {
    return new DynamicUpdate('update', this, key, undefined, options)
  }

  delete(key: Selector<K>): DynamicUpdate {
    return new DynamicUpdate('delete', this, key, undefined, {})
  }
}

/** A named map of a table: keys to values, or to verdicts. Made by `table.map(…)`. */
export class MapDefinition<K extends Key = Key, D extends MapType = MapType> extends Collection<K> {
  readonly kind = 'map'
  readonly value: D

  constructor(name: string, type: K, value: D, options: SetOptions = {}, elements: Iterable<EntryInput<K, D>> = []) {
    if (value !== 'verdict' && !isObjectKind(value)) checkKey(value)
    super('map', name, type, value, options, elements)
    this.value = value
  }

  /** `add @map { key : value }`: an entry that is there keeps its value; delete it first to replace it. */
  add(key: Selector<K>, value: Operand<D>, options: UpdateOptions = {}): DynamicUpdate {
    return new DynamicUpdate('add', this, key, value, options)
  }

  /** `update @map { key : value }`: as `add`, and starts the timeout of an entry that is there anew. */
  update(key: Selector<K>, value: Operand<D>, options: UpdateOptions = {}): DynamicUpdate {
    return new DynamicUpdate('update', this, key, value, options)
  }

  /** `delete @map { key : value }`. The language wants a value; the kernel looks at the key only. */
  delete(key: Selector<K>, value: Operand<D>): DynamicUpdate {
    return new DynamicUpdate('delete', this, key, value, {})
  }
}

/** A set or verdict map without a name that belongs to one rule: `{ 22, 80 }`. */
export class AnonymousSet<K extends Key = Key> {
  readonly kind = 'anonymous'
  readonly type: K
  /** Present for a map. */
  readonly value: MapType | undefined
  readonly elements: readonly Element[]

  constructor(type: K, value: MapType | undefined, elements: readonly Element[]) {
    if (elements.length === 0) throw new ModelError('an anonymous set without elements', 'nft wants at least one')
    this.type = type
    this.value = value
    this.elements = elements
  }

  get isInterval(): boolean {
    return this.elements.some((element) => !isSingleValue(element.key))
  }
}

function parseOptions(type: Key, options: SetOptions): Parsed {
  const { timeout, gcInterval, size, comment } = options
  if (comment !== undefined) checkComment(comment)
  if (options.typeof) checkSameType(options.typeof, { type })
  if (size !== undefined && (!Number.isInteger(size) || size < 1 || size > 0xffffffff)) {
    throw new ModelError(`size ${size}`, 'give a number from 1 to 4294967295')
  }
  const flags = new Set(options.flags)
  if (options.autoMerge && (!flags.has('interval') || typeof type !== 'string')) {
    throw new ModelError('autoMerge of a set without intervals of one type', "add the flag 'interval', or leave it out")
  }
  if (timeout !== undefined) flags.add('timeout')
  return {
    flags: setFlags.filter((flag) => flags.has(flag)),
    ...(timeout !== undefined && { timeout: parseDuration(timeout) }),
    ...(gcInterval !== undefined && { gcInterval: parseDuration(gcInterval) }),
    ...(size !== undefined && { size }),
    autoMerge: options.autoMerge ?? false,
    counter: options.counter ?? false,
    ...(comment !== undefined && { comment }),
    ...(options.typeof && { typeof: options.typeof }),
    ...(options.valueTypeof && { valueTypeof: options.valueTypeof }),
  }
}

/** In nft's order. */
const setFlags: readonly SetFlag[] = ['constant', 'interval', 'timeout', 'dynamic']

function checkElements({ name, type, options, columns, isInterval }: Collection<Key>): void {
  const place = (index: number): string => `'${name}', element ${index + 1}`
  for (let index = 0; !isInterval && columns.last !== undefined && index < columns.length; index++) {
    if (columns.isSingle(index)) continue
    const text = formatKeyValue(type, columns.key(index))
    throw new ModelError(`${text} is a range`, "give the set the flag 'interval'", [place(index)])
  }
  if (options.flags.includes('timeout')) return
  for (const [index, { timeout }] of columns.extras) {
    if (timeout === undefined) continue
    throw new ModelError('it has a timeout', "give the set the flag 'timeout'", [place(index)])
  }
}
