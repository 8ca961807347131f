import { datatype, type TypeName, type Values } from './datatype.ts'
import { ModelError } from './error.ts'
import { formatInterval, type Interval, isSingle, parseInterval } from './interval.ts'

/** The type of a set's key or a map's value: one data type, or several in a row (nft: `ipv4_addr . inet_service`). */
export type Key = TypeName | readonly TypeName[]

/** A value of one data type: single, or as text a prefix or range where the type has them. */
type Field<T extends TypeName> = Values[T] | IntervalText<T>
type IntervalText<T extends TypeName> = T extends 'inet_proto' | 'icmp_type' | 'icmpv6_type' | 'uid' | 'gid'
  ? `${number}-${number}`
  : never

/** What is written for a value of key type `K`: of a concatenation, a list. */
export type Value<K extends Key> = K extends TypeName
  ? Field<K>
  : K extends readonly TypeName[]
    ? { readonly [I in keyof K]: K[I] extends TypeName ? Field<K[I]> : never }
    : never

/** A parsed value: one interval for each field. */
export type KeyValue = readonly Interval[]

/** nft packs the types of a concatenation into 32 bits, 6 for each (TYPE_BITS, SET_TYPE concat_subtype_add). */
const TYPE_BITS = 6
const MOST_FIELDS = 5

export function fieldTypes(key: Key): readonly TypeName[] {
  return typeof key === 'string' ? [key] : key
}

export function checkKey(key: Key): void {
  const types = fieldTypes(key)
  for (const type of types) datatype(type)
  if (types.length === 0 || types.length > MOST_FIELDS) {
    throw new ModelError(`a key of ${types.length} fields`, `nft reads 1 to ${MOST_FIELDS}`)
  }
}

/** NFTA_SET_KEY_TYPE and NFTA_SET_DATA_TYPE. */
export function keyTypeId(key: Key): number {
  return fieldTypes(key).reduce((id, type) => (id << TYPE_BITS) | datatype(type).id, 0)
}

/** Bytes that one field takes: in a concatenation every field begins at a register of 4 bytes. */
export function paddedLength(type: TypeName): number {
  return (datatype(type).length + 3) & ~3
}

/** NFTA_SET_KEY_LEN and NFTA_SET_DATA_LEN. */
export function keyLength(key: Key): number {
  const types = fieldTypes(key)
  if (typeof key === 'string') return datatype(key).length
  return types.reduce((length, type) => length + paddedLength(type), 0)
}

/** As nft declares it: `inet_proto . inet_service`. */
export function formatKey(key: Key): string {
  return fieldTypes(key).join(' . ')
}

/** Throws {@link ModelError} on a wrong number of fields or a value that its type doesn't have. */
export function parseKeyValue(key: Key, input: unknown): KeyValue {
  const types = fieldTypes(key)
  if (typeof key === 'string') return [parseInterval(key, input)]
  if (!Array.isArray(input) || input.length !== types.length) {
    const found = Array.isArray(input) ? `${input.length} fields` : `'${String(input)}'`
    throw new ModelError(`${found} where ${formatKey(key)} is expected`, `give a list of ${types.length} values`)
  }
  return types.map((type, index) => parseInterval(type, input[index]))
}

export function formatKeyValue(key: Key, value: KeyValue): string {
  return fieldTypes(key)
    .map((type, index) => formatInterval(type, value[index]!))
    .join(' . ')
}

export function isSingleValue(value: KeyValue): boolean {
  return value.every(isSingle)
}
