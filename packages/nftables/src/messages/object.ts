import { type Codec, Malformed, raw, text, u32be, u64be } from '@sallyport/linux'
import {
  type Connlimit,
  type Counter,
  connlimit,
  counter,
  type ExpressionCodec,
  type Family,
  type Limit,
  limit,
  objectTypes,
  type Quota,
  quota,
  type UnknownExpression,
} from '../expr/index.ts'
import { nfMessage, translated } from './header.ts'

/** What a named object is: the expression of that name, or bytes of a kind that has no codec here. */
export type ObjectData = Counter | Quota | Limit | Connlimit | UnknownExpression

/** A named object as the kernel is told of it and tells of it: enum nft_object_attributes. */
export interface KernelObject {
  family: Family
  table: string
  name: string
  /** Its kind (NFTA_OBJ_TYPE) is `data.expr`; of an unknown one `data.name`, as in objectTypes or a number. */
  data: ObjectData
  userdata?: Uint8Array
  /** From here on the kernel's: how many rules and elements refer to it. */
  use?: number
  handle?: bigint
}

/** What names an object: a name is unique only together with the kind. */
export type ObjectRef = Omit<KernelObject, 'data' | 'userdata' | 'use'> & { type: string }

type Wire = Omit<KernelObject, 'data'> & { type: number; data?: Uint8Array }

const wire: Codec<Wire> = nfMessage<Wire>('object', {
  table: [1, text, 'NFTA_OBJ_TABLE'],
  name: [2, text, 'NFTA_OBJ_NAME'],
  type: [3, u32be, 'NFTA_OBJ_TYPE'],
  data: [4, { ...raw, nested: true }, 'NFTA_OBJ_DATA'],
  userdata: [8, raw, 'NFTA_OBJ_USERDATA'],
  use: [5, u32be, 'NFTA_OBJ_USE'],
  handle: [6, u64be, 'NFTA_OBJ_HANDLE'],
})

const codecs = { counter, quota, limit, connlimit } as unknown as Readonly<Record<string, ExpressionCodec<ObjectData>>>

function typeNumber(name: string): number {
  const number = (objectTypes as Record<string, number>)[name] ?? Number(name)
  if (!Number.isInteger(number)) throw new TypeError(`no kind of object is named '${name}'`)
  return number
}

function toWire({ data, ...object }: KernelObject): Wire {
  if (data.expr === 'unknown') {
    return { ...object, type: typeNumber(data.name), ...(data.data && { data: data.data }) }
  }
  return { ...object, type: typeNumber(data.expr), data: codecs[data.expr]!.encode(data) }
}

function fromWire({ type, data, ...object }: Wire): KernelObject {
  const name = Object.entries(objectTypes).find(([, number]) => number === type)?.[0] ?? String(type)
  return { ...object, data: decodeData(name, data) }
}

function decodeData(name: string, data: Uint8Array | undefined): ObjectData {
  const asItIs: UnknownExpression = { expr: 'unknown', name, ...(data && { data }) }
  try {
    return codecs[name]?.decode(data ?? new Uint8Array()) ?? asItIs
  } catch (error) {
    if (error instanceof Malformed) return asItIs // a newer kernel's attribute or flag
    throw error
  }
}

export const objectMessage: Codec<KernelObject> = translated(wire, toWire, fromWire)

/** NFT_MSG_DELOBJ and the like: names alone. */
export const objectRefMessage: Codec<ObjectRef> = translated(
  wire,
  ({ type, ...ref }) => ({ ...ref, type: typeNumber(type) }),
  ({ type, family, table, name }) => ({ family, table, name, type: String(type) }),
)
