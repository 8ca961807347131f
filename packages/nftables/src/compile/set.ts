import type { StatefulExpression } from '../expr/index.ts'
import {
  type Byteorder,
  type KernelElement,
  type KernelSet,
  NFT_DATA_VERDICT,
  type PackedElements,
  type SetFlag,
  type SetNotes,
  setUserdata,
} from '../messages/index.ts'
import { type ElementColumns, verdictsOf } from '../model/columns.ts'
import { datatype } from '../model/datatype.ts'
import { isObject, isObjectKind, type MapType } from '../model/element.ts'
import { inPlace, ModelError } from '../model/error.ts'
import { type Key, keyLength, keyTypeId } from '../model/key.ts'
import type { Selector } from '../model/selector.ts'
import type { AnonymousSet, MapDefinition, SetFlag as ModelFlag, SetDefinition } from '../model/set.ts'
import type { Table } from '../model/table.ts'
import type { SetIds } from './context.ts'
import { newCounter } from './dynamic.ts'
import { columnsOf, packElements, segmentCount } from './element.ts'
import { bareConcat, typeofSelector, verdictNote } from './typeof.ts'

/** A set as the kernel takes it, and its elements. */
export interface CompiledSet {
  readonly set: KernelSet
  /** In little room, and quickly written. */
  readonly packed: PackedElements
  /** The same as objects, made anew each time. */
  readonly elements: readonly KernelElement[]
}

function compiledSet(set: KernelSet, packed: PackedElements): CompiledSet {
  return {
    set,
    packed,
    get elements() {
      return [...packed]
    },
  }
}

/** In the order of their bits, which is the order of a dump. */
const flagNames: Readonly<Record<ModelFlag, SetFlag>> = {
  constant: 'constant',
  interval: 'interval',
  timeout: 'timeout',
  dynamic: 'eval',
}

const byteorders: Readonly<Record<0 | 1 | 2, Byteorder>> = { 0: 'none', 1: 'host', 2: 'big' }

/** A named set or map of a table. The kernel wants a number for it (`ids`), though nothing refers to it by that. */
export function compileSet(table: Table, set: SetDefinition | MapDefinition, ids: SetIds): CompiledSet {
  const { flags, size, timeout, gcInterval, counter } = set.options
  const value = set.kind === 'map' ? set.value : undefined
  const expressions: StatefulExpression[] = counter ? [newCounter()] : []
  const packed = inPlace(`${set.kind} ${set.name}`, () => {
    checkReferences(table, set.columns)
    return packElements(set, set.columns, { whole: true })
  })
  const kernelSet: KernelSet = {
    family: table.family,
    table: table.name,
    name: set.name,
    id: ids.next(),
    flags: kernelFlags(flags, set.type, value, set.isInterval),
    ...typesOf(set.type, value, set.isInterval),
    ...sizeOf(set, size),
    ...(timeout !== undefined && { timeout: BigInt(timeout) }),
    ...(gcInterval !== undefined && { gcInterval }),
    userdata: setUserdata(notesOf(set, value)),
    ...(expressions.length > 0 && { expressions }),
  }
  return compiledSet(kernelSet, packed)
}

/** nft gives a set that is declared constant the size that it has. */
function sizeOf(set: SetDefinition | MapDefinition, size: number | undefined): { size?: number } {
  const { columns } = set
  const known = set.options.flags.includes('constant') && columns.length > 0
  const isSegmented = set.isInterval && typeof set.type === 'string'
  const least = known ? (isSegmented ? segmentCount(set, columns) : columns.length) : 0
  const larger = Math.max(size ?? 0, least)
  return larger > 0 ? { size: larger } : {}
}

/** The set of one rule that has no name; the kernel makes one from `__set%d`. */
export function compileAnonymous(table: Table, set: AnonymousSet, selector: Selector, id: number): CompiledSet {
  const sorted = set.isInterval
  const columns = columnsOf(set.type, set.elements)
  checkReferences(table, columns)
  const kernelSet: KernelSet = {
    family: table.family,
    table: table.name,
    name: set.value === undefined ? '__set%d' : '__map%d',
    id,
    flags: [
      'anonymous',
      ...kernelFlags(['constant', ...(sorted ? (['interval'] as const) : [])], set.type, set.value, sorted),
    ],
    ...typesOf(set.type, set.value, sorted),
    size: sorted && typeof set.type === 'string' ? segmentCount(set, columns) : columns.length,
    userdata: setUserdata(anonymousNotes(set, selector)),
  }
  return compiledSet(kernelSet, packElements(set, columns, { whole: true }))
}

function kernelFlags(flags: readonly ModelFlag[], type: Key, value: MapType | undefined, interval: boolean): SetFlag[] {
  const has = (flag: ModelFlag): SetFlag[] => (flags.includes(flag) ? [flagNames[flag]] : [])
  return [
    ...has('constant'),
    ...has('interval'),
    ...(value === undefined || isObjectKind(value) ? [] : (['map'] as const)),
    ...has('timeout'),
    ...has('dynamic'),
    ...(isObjectKind(value) ? (['object'] as const) : []),
    ...(interval && typeof type !== 'string' ? (['concat'] as const) : []),
  ]
}

type Types = Pick<KernelSet, 'keyType' | 'keyLen' | 'dataType' | 'dataLen' | 'objType' | 'fields'>

function typesOf(type: Key, value: MapType | undefined, interval: boolean): Types {
  return {
    keyType: keyTypeId(type),
    keyLen: keyLength(type),
    ...(value !== undefined && dataTypesOf(value)),
    ...(interval && typeof type !== 'string' && { fields: type.map((field) => fieldLength(field)) }),
  }
}

/** NFTA_SET_FIELD_LEN: bytes of the value, without padding. */
const fieldLength = (type: Parameters<typeof datatype>[0]): number => datatype(type).length

const VERDICT_LENGTH = 16 // what the kernel says the data of a verdict map has

function dataTypesOf(value: MapType): Partial<Types> {
  if (isObjectKind(value)) return { objType: value }
  if (value === 'verdict') return { dataType: NFT_DATA_VERDICT, dataLen: VERDICT_LENGTH }
  return { dataType: keyTypeId(value), dataLen: keyLength(value) }
}

function declaredOrder(type: MapType): Byteorder {
  if (type === 'verdict' || isObjectKind(type) || typeof type !== 'string') return 'none'
  return byteorders[datatype(type).declaredOrder]
}

function notesOf(set: SetDefinition | MapDefinition, value: MapType | undefined): SetNotes {
  const { autoMerge, comment, typeof: like, valueTypeof } = set.options
  return {
    keyByteorder: like === undefined ? declaredOrder(set.type) : orderOf(like),
    ...(value !== undefined && !isObjectKind(value) && { dataByteorder: declaredOrder(value) }),
    ...(value !== undefined && { dataInterval: false }),
    ...(autoMerge && { mergeElements: true }),
    ...(like ? { keyTypeof: typeofSelector(like, false) } : isConcat(set.type) && { keyTypeof: bareConcat }),
    ...(value !== undefined &&
      value !== 'verdict' &&
      !isObjectKind(value) &&
      isConcat(value) && { dataTypeof: bareConcat }),
    ...(like && value === 'verdict' && { dataTypeof: verdictNote }),
    ...(valueTypeof && { dataTypeof: typeofSelector(valueTypeof, false) }),
    ...(comment !== undefined && { comment }),
  }
}

/** Of what a `typeof` set was made for; a concatenation has none. */
const orderOf = (like: Selector): Byteorder =>
  isConcat(like.type) ? 'none' : like.fields[0]!.order === 'network' ? 'big' : 'host'

const isConcat = (type: Key): boolean => typeof type !== 'string'

function anonymousNotes({ type, value, isInterval }: AnonymousSet, selector: Selector): SetNotes {
  const { order: fieldOrder, length } = selector.fields[0]!
  // nft takes a single byte of an interval as turned already
  const order = fieldOrder === 'network' || (isInterval && length === 1) ? 'big' : 'host'
  const keyTypeof = fillsItsBytes(selector) ? typeofSelector(selector, isInterval && value === undefined) : undefined
  const keyByteorder = isConcat(type) ? 'none' : order
  if (value === undefined)
    return { keyByteorder, ...(isInterval && { mergeElements: true }), ...(keyTypeof && { keyTypeof }) }
  return {
    keyByteorder,
    dataByteorder: declaredOrder(value),
    ...(isConcat(type) && keyTypeof && { keyTypeof }),
    ...(value === 'verdict' && { dataTypeof: verdictNote }),
    dataInterval: false,
  }
}

/** nft makes no note of fields whose bits it has to pick out. */
const fillsItsBytes = ({ source }: Selector): boolean =>
  (source.from !== 'payload' && source.from !== 'exthdr') || source.bits === undefined

/** Verdicts and objects of a map lead to chains and objects of the same table. */
function checkReferences(table: Table, columns: ElementColumns): void {
  const names = new Set(table.chains.map(({ name }) => name))
  for (const verdict of verdictsOf(columns)) {
    if (!('chain' in verdict) || names.has(verdict.chain)) continue
    throw new ModelError(`there is no chain '${verdict.chain}' in this table`, 'make it with table.chain(…)')
  }
  for (const { value } of columns.extras.values()) {
    if (!isObject(value) || table.objects.includes(value)) continue
    throw new ModelError(`'${value.name}' is not of this table`, 'make it with the table')
  }
}
