import { type Duration, parseDuration } from './duration.ts'
import { inPlace, ModelError } from './error.ts'
import { checkComment } from './identifier.ts'
import { isSingleValue, type Key, type KeyValue, parseKeyValue, type Value } from './key.ts'
import type { ObjectDefinition, ObjectKind } from './object.ts'
import type { Verdict } from './verdict.ts'

/** What a map gives: values of a key type, verdicts, or named objects of one kind. */
export type MapType = Key | 'verdict' | ObjectKind
export type MapValue<D extends MapType> = D extends 'verdict'
  ? Verdict
  : D extends ObjectKind
    ? Extract<ObjectDefinition, { object: D }>
    : D extends Key
      ? Value<D>
      : never

const objectKinds: readonly unknown[] = [
  'counter',
  'quota',
  'limit',
  'ct_helper',
  'ct_timeout',
  'ct_expect',
  'synproxy',
] satisfies ObjectKind[]

/** Is it a map to named objects? */
export function isObjectKind(type: MapType | undefined): type is ObjectKind {
  return objectKinds.includes(type)
}

export function isObject(value: unknown): value is ObjectDefinition {
  return typeof value === 'object' && value !== null && 'object' in value
}

export interface ElementOptions {
  /** Until the element goes away; the set needs the flag `timeout`. Default: the set's. */
  readonly timeout?: Duration
  readonly comment?: string
  /** What its counter begins with. In a set with the option `counter` every element has one anyway. */
  readonly counter?: Counted
}

/** What a counter has counted. */
export interface Counted {
  readonly packets: bigint
  readonly bytes: bigint
}

/** An element of a set: its key, or its key with more about it. */
export type ElementInput<K extends Key> = Value<K> | ({ readonly key: Value<K> } & ElementOptions)

/** An element of a map: key and value. */
export type EntryInput<K extends Key, D extends MapType> =
  | readonly [key: Value<K>, value: MapValue<D>]
  | ({ readonly key: Value<K>; readonly value: MapValue<D> } & ElementOptions)

/** A parsed element. */
export interface Element {
  readonly key: KeyValue
  /** Of a map. */
  readonly value?: KeyValue | Verdict | ObjectDefinition
  /** Milliseconds. */
  readonly timeout?: number
  readonly comment?: string
  readonly counter?: Counted
}

export function isVerdict(value: unknown): value is Verdict {
  return typeof value === 'object' && value !== null && (value as Partial<Verdict>).statement === 'verdict'
}

interface Written extends ElementOptions {
  readonly key: unknown
  readonly value?: unknown
}

/** One element of a set as written, parsed. */
export function parseElement(type: Key, input: unknown): Element {
  const written = isWritten(input) ? input : { key: input }
  return { key: parseKeyValue(type, written.key), ...parseOptions(written) }
}

/** One element of a map as written, parsed. */
export function parseEntry(type: Key, valueType: MapType, input: unknown): Element {
  const written = isWritten(input) ? input : pairOf(input)
  const key = parseKeyValue(type, written.key)
  return { key, value: parseMapValue(valueType, written.value), ...parseOptions(written) }
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

export function parseMapValue(type: MapType, input: unknown): KeyValue | Verdict | ObjectDefinition {
  if (isObjectKind(type)) {
    if (isObject(input) && input.object === type) return input
    throw new ModelError(`'${String(input)}' is not a ${type}`, 'give what the table made of it')
  }
  if (type === 'verdict') {
    if (isVerdict(input)) return input
    throw new ModelError(`'${String(input)}' is not a verdict`, 'use accept(), drop(), jump(chain), …')
  }
  const value = inPlace('value', () => parseKeyValue(type, input))
  if (!isSingleValue(value)) throw new ModelError(`a map gives one value, not the range '${String(input)}'`)
  return value
}

export function parseOptions({ timeout, comment, counter }: ElementOptions): Omit<Element, 'key' | 'value'> {
  if (comment !== undefined) checkComment(comment)
  return {
    ...(timeout !== undefined && { timeout: parseDuration(timeout) }),
    ...(comment !== undefined && { comment }),
    ...(counter !== undefined && { counter }),
  }
}
