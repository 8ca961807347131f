import type { StatefulExpression } from '../expr/index.ts'
import {
  type Byteorder,
  type KernelElement,
  type KernelSet,
  NFT_DATA_VERDICT,
  type SetFlag,
  type SetNotes,
  setUserdata,
} from '../messages/index.ts'
import { datatype } from '../model/datatype.ts'
import { type Element, isVerdict, type MapType } from '../model/element.ts'
import { inPlace, ModelError } from '../model/error.ts'
import { type Key, keyLength, keyTypeId } from '../model/key.ts'
import type { Selector } from '../model/selector.ts'
import type { AnonymousSet, MapDefinition, SetFlag as ModelFlag, SetDefinition } from '../model/set.ts'
import type { Table } from '../model/table.ts'
import type { SetIds } from './context.ts'
import { newCounter } from './dynamic.ts'
import { compileElements, segmentCount } from './element.ts'
import { bareConcat, typeofSelector, verdictNote } from './typeof.ts'

/** A set as the kernel takes it, and its elements. */
export interface CompiledSet {
  readonly set: KernelSet
  readonly elements: readonly KernelElement[]
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
  return {
    set: {
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
    },
    elements: inPlace(`${set.kind} ${set.name}`, () => {
      checkChains(table, set.elements)
      return compileElements(set, set.elements, { whole: true })
    }),
  }
}

/** nft gives a set that is declared constant the size that it has. */
function sizeOf(set: SetDefinition | MapDefinition, size: number | undefined): { size?: number } {
  const known = set.options.flags.includes('constant') && set.elements.length > 0
  const least = known ? (set.isInterval && typeof set.type === 'string' ? segmentCount(set) : set.elements.length) : 0
  const larger = Math.max(size ?? 0, least)
  return larger > 0 ? { size: larger } : {}
}

/** The set of one rule that has no name; the kernel makes one from `__set%d`. */
export function compileAnonymous(table: Table, set: AnonymousSet, selector: Selector, id: number): CompiledSet {
  const sorted = set.isInterval
  checkChains(table, set.elements)
  const elements = compileElements(set, set.elements, { whole: true })
  return {
    set: {
      family: table.family,
      table: table.name,
      name: set.value === undefined ? '__set%d' : '__map%d',
      id,
      flags: [
        'anonymous',
        ...kernelFlags(['constant', ...(sorted ? (['interval'] as const) : [])], set.type, set.value, sorted),
      ],
      ...typesOf(set.type, set.value, sorted),
      size: sorted && typeof set.type === 'string' ? segmentCount(set) : set.elements.length,
      userdata: setUserdata(anonymousNotes(set, selector)),
    },
    elements,
  }
}

function kernelFlags(flags: readonly ModelFlag[], type: Key, value: MapType | undefined, interval: boolean): SetFlag[] {
  const has = (flag: ModelFlag): SetFlag[] => (flags.includes(flag) ? [flagNames[flag]] : [])
  return [
    ...has('constant'),
    ...has('interval'),
    ...(value === undefined ? [] : (['map'] as const)),
    ...has('timeout'),
    ...has('dynamic'),
    ...(interval && typeof type !== 'string' ? (['concat'] as const) : []),
  ]
}

type Types = Pick<KernelSet, 'keyType' | 'keyLen' | 'dataType' | 'dataLen' | 'fields'>

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

function dataTypesOf(value: MapType): { dataType: number; dataLen: number } {
  if (value === 'verdict') return { dataType: NFT_DATA_VERDICT, dataLen: VERDICT_LENGTH }
  return { dataType: keyTypeId(value), dataLen: keyLength(value) }
}

function declaredOrder(type: MapType): Byteorder {
  if (type === 'verdict' || typeof type !== 'string') return 'none'
  return byteorders[datatype(type).declaredOrder]
}

function notesOf(set: SetDefinition | MapDefinition, value: MapType | undefined): SetNotes {
  const { autoMerge, comment } = set.options
  return {
    keyByteorder: declaredOrder(set.type),
    ...(value !== undefined && { dataByteorder: declaredOrder(value), dataInterval: false }),
    ...(autoMerge && { mergeElements: true }),
    ...(isConcat(set.type) && { keyTypeof: bareConcat }),
    ...(value !== undefined && value !== 'verdict' && isConcat(value) && { dataTypeof: bareConcat }),
    ...(comment !== undefined && { comment }),
  }
}

const isConcat = (type: Key): boolean => typeof type !== 'string'

function anonymousNotes({ type, value, isInterval }: AnonymousSet, selector: Selector): SetNotes {
  const { order: fieldOrder, length } = selector.fields[0]!
  // nft takes a single byte of an interval as turned already
  const order = fieldOrder === 'network' || (isInterval && length === 1) ? 'big' : 'host'
  const keyTypeof = typeofSelector(selector, isInterval && value === undefined)
  const keyByteorder = isConcat(type) ? 'none' : order
  if (value === undefined) return { keyByteorder, ...(isInterval && { mergeElements: true }), keyTypeof }
  return {
    keyByteorder,
    dataByteorder: declaredOrder(value),
    ...(isConcat(type) && { keyTypeof }),
    ...(value === 'verdict' && { dataTypeof: verdictNote }),
    dataInterval: false,
  }
}

/** Verdicts of a map lead to chains of the same table. */
function checkChains(table: Table, elements: readonly Element[]): void {
  for (const { value } of elements) {
    if (!isVerdict(value) || !('chain' in value)) continue
    const { chain } = value
    if (table.chains.every(({ name }) => name !== chain)) {
      throw new ModelError(`there is no chain '${chain}' in this table`, 'make it with table.chain(…)')
    }
  }
}
