import { type Codec, type Endianness, keepLayout, Malformed, raw, text, u32be, u64be } from '@sallyport/linux'
import { type Content, content } from '../expr/envelope.ts'
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
  type Synproxy,
  synproxy,
  type UnknownExpression,
} from '../expr/index.ts'
import { nfMessage, translated } from './header.ts'
import { type CtExpect, ctExpect } from './objects/ctexpect.ts'
import { type CtHelper, ctHelper } from './objects/cthelper.ts'
import { type CtTimeout, ctTimeout } from './objects/cttimeout.ts'
import { type Secmark, secmark } from './objects/secmark.ts'
import { type TunnelObject, tunnelObject } from './objects/tunnel.ts'

type Known = Counter | Quota | Limit | Connlimit | CtHelper | CtTimeout | CtExpect | Secmark | Synproxy | TunnelObject

/** What a named object is: its kind under `expr`, or bytes of a kind that has no codec here. */
export type ObjectData = Known | UnknownExpression

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

type Wire = Omit<KernelObject, 'data'> & { type: number; data?: Content }

const wire: Codec<Wire> = nfMessage<Wire>('object', {
  table: [1, text, 'NFTA_OBJ_TABLE'],
  name: [2, text, 'NFTA_OBJ_NAME'],
  type: [3, u32be, 'NFTA_OBJ_TYPE'],
  data: [4, content, 'NFTA_OBJ_DATA'],
  userdata: [8, raw, 'NFTA_OBJ_USERDATA'],
  use: [5, u32be, 'NFTA_OBJ_USE'],
  handle: [6, u64be, 'NFTA_OBJ_HANDLE'],
})

/** One codec per kind: a kind that is forgotten doesn't compile. */
const codecs: { readonly [Each in Known as Each['expr']]: ExpressionCodec<Each> } = {
  counter,
  quota,
  limit,
  connlimit,
  ct_helper: ctHelper,
  ct_timeout: ctTimeout,
  ct_expect: ctExpect,
  secmark,
  synproxy,
  tunnel: tunnelObject,
}
const byName = codecs as unknown as Readonly<Record<string, ExpressionCodec<ObjectData>>>

const objectMacros: Readonly<Record<string, number>> = Object.assign(
  {},
  ...Object.values(byName).map(({ allMacros }) => allMacros),
)

function typeNumber(name: string): number {
  const number = (objectTypes as Record<string, number>)[name] ?? Number(name)
  if (!Number.isInteger(number)) throw new TypeError(`no kind of object is named '${name}'`)
  return number
}

function toWire({ data, ...object }: KernelObject): Wire {
  const type = typeNumber(data.expr === 'unknown' ? data.name : data.expr)
  const content = contentOf(data)
  return { ...object, type, ...(content && { data: content }) }
}

function contentOf(data: ObjectData): Content | undefined {
  if (data.expr !== 'unknown') return { codec: byName[data.expr]!, value: data }
  return data.data && { bytes: data.data }
}

function fromWire({ type, data, ...object }: Wire, endianness?: Endianness): KernelObject {
  if (type === undefined) throw new Malformed('an object without a type', ['type'])
  const name = Object.entries(objectTypes).find(([, number]) => number === type)?.[0] ?? String(type)
  return { ...object, data: decodeData(name, data && 'bytes' in data ? data.bytes : undefined, endianness) }
}

function decodeData(name: string, bytes: Uint8Array | undefined, endianness?: Endianness): ObjectData {
  const asItIs = (): UnknownExpression => ({ expr: 'unknown', name, ...(bytes && { data: Uint8Array.from(bytes) }) })
  if (bytes === undefined || !Object.hasOwn(byName, name)) return asItIs()
  try {
    return byName[name]!.decode(bytes, endianness)
  } catch (error) {
    if (error instanceof Malformed) return asItIs() // a newer kernel's attribute or flag
    throw error
  }
}

function decode(bytes: Uint8Array, endianness?: Endianness): KernelObject {
  const outer = wire.decode(bytes, endianness)
  return keepLayout(fromWire(outer, endianness), outer)
}

export const objectMessage: Codec<KernelObject> = {
  ...translated<Wire, KernelObject>(wire, toWire, fromWire),
  allMacros: { ...wire.allMacros, ...objectMacros },
  read: decode,
  decode,
}

/** NFT_MSG_DELOBJ and the like: names alone. */
export const objectRefMessage: Codec<ObjectRef> = translated(
  wire,
  ({ type, ...ref }) => ({ ...ref, type: typeNumber(type) }),
  ({ type, family, table, name }) => ({ family, table, name, type: String(type) }),
)
