import { attributes, type Codec, listOf, raw, text, u32be, u64be } from '@sallyport/linux'
import { type Data, data, type Family, flags, type UnnamedBit } from '../expr/index.ts'
import {
  fromOneOrMany,
  type OneOrMany,
  type StatefulExpression,
  statefulExpression,
  toOneOrMany,
} from '../expr/stateful.ts'
import { nfMessage, translated } from './header.ts'

/** enum nft_set_elem_flags */
export const elementFlags = {
  interval_end: 1, // NFT_SET_ELEM_INTERVAL_END
  catchall: 2, // NFT_SET_ELEM_CATCHALL
} as const
export type ElementFlag = keyof typeof elementFlags | UnnamedBit

/** An element of a set or map: enum nft_set_elem_attributes. */
export interface KernelElement {
  /** Absent only for the catch-all element. */
  key?: Uint8Array
  /** Last key of a range, in concatenations with ranges. */
  keyEnd?: Uint8Array
  data?: Data
  /** `interval_end`: the key is the first one behind the interval. */
  flags?: ElementFlag[]
  /** Milliseconds that it lives. Default: the set's. */
  timeout?: bigint
  /** Milliseconds that it has left. */
  expiration?: bigint
  /** Comment: see {@link commentUserdata}. */
  userdata?: Uint8Array
  expressions?: StatefulExpression[]
  /** Name of the object that a map to objects has for the key. */
  objref?: string
}

/** Elements of one set, to be added or deleted, or all of them on reading: enum nft_set_elem_list_attributes. */
export interface KernelElements {
  family: Family
  table: string
  set: string
  /** The `id` of a set of this batch, beside its name. */
  setId?: number
  elements: KernelElement[]
}

type WireElement = Omit<KernelElement, 'key' | 'keyEnd' | 'expressions'> & { key?: Data; keyEnd?: Data } & OneOrMany

const wireElement: Codec<WireElement> = attributes<WireElement>('element', {
  flags: [3, flags(u32be, elementFlags), 'NFTA_SET_ELEM_FLAGS'],
  timeout: [4, u64be, 'NFTA_SET_ELEM_TIMEOUT'],
  expiration: [5, u64be, 'NFTA_SET_ELEM_EXPIRATION'],
  key: [1, data, 'NFTA_SET_ELEM_KEY'],
  keyEnd: [10, data, 'NFTA_SET_ELEM_KEY_END'],
  data: [2, data, 'NFTA_SET_ELEM_DATA'],
  objref: [9, text, 'NFTA_SET_ELEM_OBJREF'],
  userdata: [6, raw, 'NFTA_SET_ELEM_USERDATA'],
  expression: [7, statefulExpression, 'NFTA_SET_ELEM_EXPR'],
  expressions: [11, listOf(1, statefulExpression), 'NFTA_SET_ELEM_EXPRESSIONS'],
})

function toWire({ key, keyEnd, expressions, ...element }: KernelElement): WireElement {
  return {
    ...element,
    ...(key && { key: { value: key } }),
    ...(keyEnd && { keyEnd: { value: keyEnd } }),
    ...toOneOrMany(expressions),
  }
}

function fromWire({ key, keyEnd, expression, expressions, ...element }: WireElement): KernelElement {
  return {
    ...element,
    ...(key?.value && { key: key.value }),
    ...(keyEnd?.value && { keyEnd: keyEnd.value }),
    ...fromOneOrMany({ ...(expression && { expression }), ...(expressions && { expressions }) }),
  }
}

export const elementCodec: Codec<KernelElement> = translated(wireElement, toWire, fromWire)

type WireElements = Omit<KernelElements, 'elements'> & { elements?: KernelElement[] }

const wire: Codec<WireElements> = nfMessage<WireElements>('elements', {
  table: [1, text, 'NFTA_SET_ELEM_LIST_TABLE'],
  set: [2, text, 'NFTA_SET_ELEM_LIST_SET'],
  setId: [4, u32be, 'NFTA_SET_ELEM_LIST_SET_ID'],
  elements: [3, listOf(1, elementCodec), 'NFTA_SET_ELEM_LIST_ELEMENTS'], // NFTA_LIST_ELEM
})

/** An empty list is written as none at all: deleting none deletes all. */
export const elementsMessage: Codec<KernelElements> = translated(
  wire,
  ({ elements, ...list }): WireElements => (elements.length === 0 ? list : { ...list, elements }),
  ({ elements = [], ...list }): KernelElements => ({ ...list, elements }),
)

const NLA_LIMIT = 0xffff // nla_len has 16 bits

/** The list in pieces that fit into one attribute (64 KiB) each; none when it is empty. */
export function splitElements(elements: readonly KernelElement[]): KernelElement[][] {
  const pieces: KernelElement[][] = []
  let room = 0
  for (const element of elements) {
    const size = 4 + ((elementCodec.encode(element).length + 3) & ~3)
    if (pieces.length === 0 || size > room) {
      pieces.push([])
      room = NLA_LIMIT - 4
    }
    pieces.at(-1)!.push(element)
    room -= size
  }
  return pieces
}
