import { bigintToBytes, bytesToBigint } from './address.ts'
import { datatype, type TypeName } from './datatype.ts'
import type { Element, ElementOptions, MapType } from './element.ts'
import { isVerdict, parseMapValue, parseOptions } from './element.ts'
import { inPlace, ModelError } from './error.ts'
import { type Interval, parseInterval } from './interval.ts'
import { fieldTypes, type Key, type KeyValue, keyLength, paddedLength } from './key.ts'
import { packText } from './pack.ts'
import type { Verdict } from './verdict.ts'

/** What an element has beside its key. Most elements of large sets have nothing. */
export type Extra = Omit<Element, 'key'>

/** Prefix lengths in a column of bytes; this one stands for a range that was not written as a prefix. */
const NO_PREFIX = 0xff

interface Field {
  readonly type: TypeName
  /** Where it begins in a row, and how many bytes it has. */
  readonly offset: number
  readonly length: number
}

/**
 * Parsed elements in columns: bytes side by side instead of an object for each element, 4 bytes for an IPv4 address.
 * Keys are in network order, whatever the type's own order is, so that they compare as they sort.
 */
export class ElementColumns implements Iterable<Element> {
  readonly type: Key
  /** Bytes of a key. */
  readonly width: number
  readonly #fields: readonly Field[]
  #length = 0
  #first: Uint8Array
  /** From the first range on; until then all keys are single values. */
  #last: Uint8Array | undefined
  #prefixes: Uint8Array | undefined
  readonly #extras = new Map<number, Extra>()

  constructor(type: Key, capacity = 16) {
    this.type = type
    this.width = keyLength(type)
    this.#fields = fieldsOf(type)
    this.#first = new Uint8Array(this.width * capacity)
  }

  get length(): number {
    return this.#length
  }

  /** The keys, or where their intervals begin. */
  get first(): Uint8Array {
    return this.#first.subarray(0, this.#length * this.width)
  }

  /** Where the intervals end, the last value included; undefined when no key is a range. */
  get last(): Uint8Array | undefined {
    return this.#last?.subarray(0, this.#length * this.width)
  }

  /** By index, in ascending order. */
  get extras(): ReadonlyMap<number, Extra> {
    return this.#extras
  }

  /** One key as written. Throws {@link ModelError}; the columns are then as before. */
  push(input: unknown, extra?: Extra): void {
    const at = this.#reserve()
    const [field] = this.#fields
    if (typeof this.type === 'string' && packText(field!.type, input, this.#first, at)) this.#keepSingle(at)
    else this.#pushFields(input, at)
    this.#finish(extra)
  }

  /** A parsed element. */
  pushElement({ key, ...extra }: Element): void {
    const at = this.#reserve()
    for (const [index, interval] of key.entries()) this.#putField(index, interval, at)
    this.#finish(Object.keys(extra).length === 0 ? undefined : extra)
  }

  /** Keys as they are, in network order, one behind the other. */
  pushBytes(keys: Uint8Array): void {
    if (keys.length % this.width !== 0) {
      throw new ModelError(`${keys.length} bytes are no whole number of keys`, `a key has ${this.width} bytes`)
    }
    const at = this.#reserve(keys.length / this.width)
    this.#first.set(keys, at)
    this.#last?.set(keys, at)
    this.#prefixes?.fill(NO_PREFIX, this.#length * this.#fields.length)
    this.#length += keys.length / this.width
  }

  /** Numbers of 32 bits: IPv4 addresses, marks. */
  pushNumbers(numbers: Uint32Array): void {
    const keys = new Uint8Array(numbers.length * 4)
    const view = new DataView(keys.buffer)
    for (let index = 0; index < numbers.length; index++) view.setUint32(index * 4, numbers[index]!)
    this.pushBytes(keys)
  }

  isSingle(index: number): boolean {
    const at = index * this.width
    return this.#last === undefined || equalAt(this.#first, at, this.#last, at, this.width)
  }

  key(index: number): KeyValue {
    return this.#fields.map((field, n) => this.#interval(field, index, n))
  }

  at(index: number): Element | undefined {
    return index < 0 || index >= this.#length ? undefined : { key: this.key(index), ...this.#extras.get(index) }
  }

  *[Symbol.iterator](): IterableIterator<Element> {
    for (let index = 0; index < this.#length; index++) yield this.at(index)!
  }

  #interval({ offset, length, type }: Field, index: number, field: number): Interval {
    const at = index * this.width + offset
    const first = bytesToBigint(this.#first.subarray(at, at + length))
    if (this.#last === undefined) return { first, last: first }
    const last = bytesToBigint(this.#last.subarray(at, at + length))
    const prefix = this.#prefixes![index * this.#fields.length + field]!
    return prefix === NO_PREFIX || datatype(type).bits ? { first, last } : { first, last, prefix }
  }

  #pushFields(input: unknown, at: number): void {
    const types = fieldTypes(this.type)
    const inputs = typeof this.type === 'string' ? [input] : listOf(this.type, input)
    for (const [index, type] of types.entries()) this.#putField(index, parseInterval(type, inputs[index]), at)
  }

  #putField(index: number, { first, last, prefix }: Interval, at: number): void {
    const { offset, length } = this.#fields[index]!
    if (first !== last && this.#last === undefined) this.#beginRanges()
    this.#first.set(bigintToBytes(first, length), at + offset)
    if (this.#last === undefined) return
    this.#last.set(bigintToBytes(last, length), at + offset)
    this.#prefixes![this.#length * this.#fields.length + index] = prefix ?? NO_PREFIX
  }

  #keepSingle(at: number): void {
    if (this.#last === undefined) return
    this.#last.set(this.#first.subarray(at, at + this.width), at)
    this.#prefixes![this.#length] = NO_PREFIX
  }

  #beginRanges(): void {
    this.#last = this.#first.slice()
    this.#prefixes = new Uint8Array((this.#first.length / this.width) * this.#fields.length).fill(NO_PREFIX)
  }

  #finish(extra: Extra | undefined): void {
    if (extra !== undefined) this.#extras.set(this.#length, extra)
    this.#length += 1
  }

  /** Room for `count` more keys; where the first of them goes. */
  #reserve(count = 1): number {
    const at = this.#length * this.width
    const end = at + count * this.width
    if (end > this.#first.length) this.#grow(Math.max(end, this.#first.length * 2))
    return at
  }

  #grow(bytes: number): void {
    this.#first = larger(this.#first, bytes)
    if (this.#last === undefined) return
    this.#last = larger(this.#last, bytes)
    this.#prefixes = larger(this.#prefixes!, (bytes / this.width) * this.#fields.length)
  }
}

/** Keys of a set without an object for each: IPv4 addresses and marks as numbers, anything as bytes. */
export type PackedInput = Uint32Array | Uint8Array

/** All elements of a set or map as written, parsed. Throws {@link ModelError}, with the number of the offender. */
export function parseElements(
  place: string,
  type: Key,
  value: MapType | undefined,
  inputs: Iterable<unknown>,
): ElementColumns {
  const columns = new ElementColumns(type, sizeOf(inputs))
  if (inputs instanceof Uint8Array || inputs instanceof Uint32Array) {
    inPlace(place, () => pushPacked(columns, value, inputs))
    return columns
  }
  for (const input of inputs) {
    try {
      pushOne(columns, value, input)
    } catch (error) {
      throw error instanceof ModelError ? error.inside(`${place}, element ${columns.length + 1}`) : error
    }
  }
  return columns
}

function pushPacked(columns: ElementColumns, value: MapType | undefined, keys: PackedInput): void {
  if (value !== undefined) throw new ModelError('a map of keys alone', 'write [key, value] for each')
  if (keys instanceof Uint8Array) columns.pushBytes(keys)
  else if (columns.width === 4) columns.pushNumbers(keys)
  else throw new ModelError('numbers of 32 bits for other keys', 'give the bytes of each key')
}

function pushOne(columns: ElementColumns, value: MapType | undefined, input: unknown): void {
  if (value === undefined && (typeof input !== 'object' || Array.isArray(input))) {
    columns.push(input)
    return
  }
  const written = isWritten(input) ? input : pairOf(input)
  const extra: Extra = {
    ...(value !== undefined && { value: parseMapValue(value, written.value) }),
    ...parseOptions(written),
  }
  columns.push(written.key, Object.keys(extra).length === 0 ? undefined : extra)
}

interface Written extends ElementOptions {
  readonly key: unknown
  readonly value?: unknown
}

function isWritten(input: unknown): input is Written {
  return typeof input === 'object' && input !== null && !Array.isArray(input)
}

function pairOf(input: unknown): Written {
  if (!Array.isArray(input) || input.length !== 2) {
    throw new ModelError('an element of a map is a key and a value', 'write [key, value]')
  }
  return { key: input[0], value: input[1] }
}

function listOf(key: Key, input: unknown): readonly unknown[] {
  const types = fieldTypes(key)
  if (Array.isArray(input) && input.length === types.length) return input
  const found = Array.isArray(input) ? `${input.length} fields` : `'${String(input)}'`
  throw new ModelError(`${found} where ${types.join(' . ')} is expected`, `give a list of ${types.length} values`)
}

function fieldsOf(key: Key): Field[] {
  let offset = 0
  return fieldTypes(key).map((type) => {
    const field = { type, offset, length: datatype(type).length }
    offset += paddedLength(type)
    return field
  })
}

function sizeOf(inputs: Iterable<unknown>): number {
  return Array.isArray(inputs) && inputs.length > 0 ? inputs.length : 16
}

function larger(bytes: Uint8Array, length: number): Uint8Array {
  const grown = new Uint8Array(length)
  grown.set(bytes)
  return grown
}

export function equalAt(a: Uint8Array, atA: number, b: Uint8Array, atB: number, width: number): boolean {
  for (let index = 0; index < width; index++) if (a[atA + index] !== b[atB + index]) return false
  return true
}

/** The verdicts of a verdict map. */
export function* verdictsOf(columns: ElementColumns): Generator<Verdict> {
  for (const { value } of columns.extras.values()) if (isVerdict(value)) yield value
}
