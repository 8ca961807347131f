import {
  attributes,
  type Codec,
  type Endianness,
  type Field,
  listOf,
  raw,
  text,
  u32be,
  u64be,
  Writer,
} from '@sallyport/linux'
import { bytesOfData, type Data, data, dataOfBytes, flags, type UnnamedBit } from '../expr/index.ts'
import {
  fromOneOrMany,
  type OneOrMany,
  type StatefulExpression,
  statefulExpression,
  toOneOrMany,
} from '../expr/stateful.ts'
import { translated } from './header.ts'

/** enum nft_set_elem_flags */
export const elementFlags = {
  interval_end: 1, // NFT_SET_ELEM_INTERVAL_END
  catchall: 2, // NFT_SET_ELEM_CATCHALL
} as const
export type ElementFlag = keyof typeof elementFlags | UnnamedBit

/** What is written of elements: an array of them, or PackedElements. */
export interface ElementList extends Iterable<KernelElement> {
  readonly length: number
  at(index: number): KernelElement | undefined
}

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
    ...(key && { key: dataOfBytes(key) }),
    ...(keyEnd && { keyEnd: dataOfBytes(keyEnd) }),
    ...toOneOrMany(expressions),
  }
}

function fromWire({ key, keyEnd, expression, expressions, ...element }: WireElement): KernelElement {
  return {
    ...element,
    ...(key?.value && { key: bytesOfData(key)! }),
    ...(keyEnd?.value && { keyEnd: bytesOfData(keyEnd)! }),
    ...fromOneOrMany({ ...(expression && { expression }), ...(expressions && { expressions }) }),
  }
}

export const elementCodec: Codec<KernelElement> = translated(wireElement, toWire, fromWire)

/** Elements as NFTA_LIST_ELEM attributes. */
export const elementList: Field<KernelElement[]> = listOf(1, elementCodec)

/** One of them in a list: header, attributes, padding. */
export function listedElement(element: KernelElement, endianness?: Endianness): Uint8Array {
  const out = new Writer(64, endianness && { endianness })
  elementList.write(out, [element])
  return out.finish()
}
