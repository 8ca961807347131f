import { type ByteOrder, datatype, type TypeName } from './datatype.ts'
import { type Element, type ElementInput, type EntryInput, type MapType, parseElement, parseEntry } from './element.ts'
import { inPlace, ModelError } from './error.ts'
import type { Interval } from './interval.ts'
import { parseInterval } from './interval.ts'
import { checkKey, type Key } from './key.ts'
import type { Compare, Flags, SetLookup, VerdictMap } from './match.ts'
import type { MapLookup } from './operand.ts'
import { checkSameType } from './same.ts'
import { AnonymousSet, type MapDefinition, type SetDefinition } from './set.ts'
import type { Source } from './source.ts'

/** Elements for a set without a name, or for a named one. */
type SetInput<K extends Key> = SetDefinition<K> | MapDefinition<K> | readonly ElementInput<K>[]
type MapInput<K extends Key, D extends MapType> = MapDefinition<K, D> | readonly EntryInput<K, D>[]

/** Something a rule can read of a packet, its connection or its route, with the type of its value. */
export abstract class Selector<K extends Key = Key> {
  readonly operand = 'selector'
  readonly type: K
  readonly source: Source
  /** As nft writes it: `ct original ip saddr`. */
  readonly text: string

  protected constructor(type: K, source: Source, text: string) {
    checkKey(type)
    this.type = type
    this.source = source
    this.text = text
  }

  /** The parts of a concatenation; of anything else, itself. */
  abstract get fields(): readonly Field[]

  /** `selector vmap @map` or `selector vmap { key : verdict, … }` */
  vmap(map: MapInput<K, 'verdict'>): VerdictMap {
    return { statement: 'vmap', selector: this, map: this.#map('verdict', map) }
  }

  /** What `map` gives for this: `selector map @map`. Where an address, a port or a mark is wanted. */
  map<D extends MapType>(map: MapDefinition<K, D>): MapLookup<D> {
    checkSameType(this, map)
    return { operand: 'lookup', type: map.value, selector: this, map }
  }

  /** The same with a map that has no name: `selector map { key : value, … }`. */
  mapTo<const D extends Key>(type: D, entries: readonly EntryInput<K, D>[]): MapLookup<D> {
    return { operand: 'lookup', type, selector: this, map: this.#map(type, entries) as AnonymousSet }
  }

  /** Is it an element? Of a map: is it a key? */
  protected lookup(set: SetInput<K>, inverted: boolean): SetLookup {
    if (isList(set)) {
      const elements = this.#parse(set, (input) => parseElement(this.type, input))
      return { statement: 'lookup', selector: this, set: new AnonymousSet(this.type, undefined, elements), inverted }
    }
    checkSameType(this, set)
    return { statement: 'lookup', selector: this, set, inverted }
  }

  #map(value: MapType, map: MapInput<K, MapType>): MapDefinition | AnonymousSet {
    if (isList(map)) {
      const entries = this.#parse(map, (input) => parseEntry(this.type, value, input))
      return new AnonymousSet(this.type, value, entries)
    }
    checkSameType(this, map)
    if (map.value !== value) throw new ModelError(`'${map.name}' gives ${String(map.value)}, not ${String(value)}`)
    return map
  }

  #parse(inputs: readonly unknown[], parse: (input: unknown) => Element): Element[] {
    return inputs.map((input, index) => inPlace(`'${this.text}', element ${index + 1}`, () => parse(input)))
  }
}

function isList(input: unknown): input is readonly unknown[] {
  return Array.isArray(input)
}

/** A selector of one data type. */
export abstract class Field<T extends TypeName = TypeName> extends Selector<T> {
  /** How the bytes lie in the register: of the selector, which may differ from the type's (`meta l4proto`). */
  readonly order: ByteOrder

  /** Bytes in the register; `fib … oif` exists gives four for its yes or no. */
  readonly length: number

  constructor(
    type: T,
    source: Source,
    text: string,
    given: { readonly order?: ByteOrder; readonly length?: number } = {},
  ) {
    super(type, source, text)
    this.order = given.order ?? datatype(type).order
    this.length = given.length ?? datatype(type).length
  }

  get fields(): readonly Field[] {
    return [this]
  }

  protected compare(operator: Compare['operator'], value: Interval, mask?: bigint): Compare {
    return { statement: 'compare', selector: this, operator, value, ...(mask !== undefined && { mask }) }
  }

  protected parse(input: unknown): Interval {
    return inPlace(`'${this.text}'`, () => parseInterval(this.type, input))
  }
}

/** A selector whose values are one of several: addresses, ports, interfaces, types. */
export class ValueField<T extends TypeName = TypeName> extends Field<T> {
  /** Equal to a value, or inside a prefix or range. */
  eq(value: ElementValue<T>): Compare {
    return this.compare('==', this.parse(value))
  }

  /** Another value, or outside a prefix or range. */
  ne(value: ElementValue<T>): Compare {
    return this.compare('!=', this.parse(value))
  }

  in(set: SetInput<T>): SetLookup {
    return this.lookup(set, false)
  }

  notIn(set: SetInput<T>): SetLookup {
    return this.lookup(set, true)
  }
}

/** What `eq` and `ne` take: as an element, without its options. */
export type ElementValue<T extends TypeName> = Exclude<ElementInput<T>, { readonly key: unknown }>

/** A selector that has an order and bits: ports and marks. */
export class NumberField<T extends TypeName = TypeName> extends ValueField<T> {
  lt(value: ElementValue<T>): Compare {
    return this.#order('<', value)
  }

  le(value: ElementValue<T>): Compare {
    return this.#order('<=', value)
  }

  gt(value: ElementValue<T>): Compare {
    return this.#order('>', value)
  }

  ge(value: ElementValue<T>): Compare {
    return this.#order('>=', value)
  }

  /** Only these bits: `ct.mark.masked(0xff).eq(5)` is nft's `ct mark & 0xff == 5`. */
  masked(mask: number): { eq(value: ElementValue<T>): Compare; ne(value: ElementValue<T>): Compare } {
    const bits = this.#single(mask as ElementValue<T>).first
    return {
      eq: (value) => this.compare('==', this.#single(value), bits),
      ne: (value) => this.compare('!=', this.#single(value), bits),
    }
  }

  #order(operator: '<' | '<=' | '>' | '>=', value: ElementValue<T>): Compare {
    return this.compare(operator, this.#single(value))
  }

  #single(value: ElementValue<T>): Interval {
    const interval = this.parse(value)
    if (interval.first !== interval.last) throw new ModelError(`'${this.text}' cannot be compared so with a range`)
    return interval
  }
}

/**
 * A selector whose value is several flags at a time: `ct status`, `tcp flags`. It has no `eq` and no `in`: nft reads
 * `ct status { snat, dnat }` as "exactly snat or exactly dnat", which is never what was meant.
 */
export class FlagField<T extends TypeName = TypeName> extends Field<T> {
  /** At least one of them: `ct state established,related`. */
  any(...flags: readonly ElementValue<T>[]): Flags {
    return { statement: 'flags', selector: this, test: 'any', mask: this.#bits(flags), value: 0n }
  }

  /** Not one of them: `ct status ! dnat`. */
  none(...flags: readonly ElementValue<T>[]): Flags {
    return { statement: 'flags', selector: this, test: 'equal', mask: this.#bits(flags), value: 0n }
  }

  /** Every one of them, and perhaps others. */
  all(...flags: readonly ElementValue<T>[]): Flags {
    return this.of(...flags).are(...flags)
  }

  /** Of these flags exactly those: `tcp.flags.of('syn', 'ack').are('syn')`. */
  of(...flags: readonly ElementValue<T>[]): { are(...set: readonly ElementValue<T>[]): Flags } {
    const mask = this.#bits(flags)
    return {
      are: (...set) => {
        const value = set.length === 0 ? 0n : this.#bits(set)
        if ((value & ~mask) !== 0n) throw new ModelError(`'${this.text}' cannot have flags that are not looked at`)
        return { statement: 'flags', selector: this, test: 'equal', mask, value }
      },
    }
  }

  #bits(flags: readonly ElementValue<T>[]): bigint {
    if (flags.length === 0) throw new ModelError(`'${this.text}' without a flag`, 'name at least one')
    return flags.reduce((bits, flag) => bits | this.parse(flag).first, 0n)
  }
}

type FieldTypes<F extends readonly Field[]> = { readonly [I in keyof F]: F[I] extends Field<infer T> ? T : never }

/** Several selectors in a row, for sets with such keys. Made by {@link concat}. */
export class Concatenation<K extends readonly TypeName[] = readonly TypeName[]> extends Selector<K> {
  readonly fields: readonly Field[]

  constructor(fields: readonly Field[]) {
    const types = fields.map((field) => field.type)
    super(types as readonly TypeName[] as K, { from: 'concat' }, fields.map((field) => field.text).join(' . '))
    this.fields = fields
  }

  in(set: SetInput<K>): SetLookup {
    return this.lookup(set, false)
  }

  notIn(set: SetInput<K>): SetLookup {
    return this.lookup(set, true)
  }
}

/** `a . b . c` */
export function concat<const F extends readonly Field[]>(...fields: F): Concatenation<FieldTypes<F>> {
  if (fields.length < 2) throw new ModelError('a concatenation of less than two selectors')
  return new Concatenation(fields)
}
