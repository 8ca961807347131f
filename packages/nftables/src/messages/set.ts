import { attributes, type Codec, listOf, named, raw, text, u32be, u64be } from '@sallyport/linux'
import { type Family, flags, type ObjectType, objectTypes, type UnnamedBit } from '../expr/index.ts'
import {
  fromOneOrMany,
  type OneOrMany,
  type StatefulExpression,
  statefulExpression,
  toOneOrMany,
} from '../expr/stateful.ts'
import { exactly, nfMessage } from './header.ts'

/** enum nft_set_flags */
export const setFlags = {
  anonymous: 0x1, // NFT_SET_ANONYMOUS
  constant: 0x2, // NFT_SET_CONSTANT
  interval: 0x4, // NFT_SET_INTERVAL
  map: 0x8, // NFT_SET_MAP
  timeout: 0x10, // NFT_SET_TIMEOUT
  eval: 0x20, // NFT_SET_EVAL: the language calls it dynamic
  object: 0x40, // NFT_SET_OBJECT
  concat: 0x80, // NFT_SET_CONCAT
  expr: 0x100, // NFT_SET_EXPR: the kernel wants it with several expressions; written then, and left out on reading
} as const
export type SetFlag = keyof typeof setFlags | UnnamedBit

/** enum nft_set_policies */
export const setPolicies = {
  performance: 0, // NFT_SET_POL_PERFORMANCE
  memory: 1, // NFT_SET_POL_MEMORY
} as const

/** NFTA_SET_DATA_TYPE of a verdict map; all other types are the language's, the kernel only keeps them. */
export const NFT_DATA_VERDICT = 0xffffff00

/** A set or map as the kernel is told of it and tells of it: enum nft_set_attributes. */
export interface KernelSet {
  family: Family
  table: string
  name: string
  flags: SetFlag[]
  /** The language's number of the type, six bits for each field of a concatenation. */
  keyType: number
  /** Bytes; each field of a concatenation takes a multiple of four. */
  keyLen: number
  dataType?: number
  /** Bytes. */
  dataLen?: number
  /** Of a map to objects. */
  objType?: ObjectType
  /** Names it within a batch. The kernel wants one. */
  id?: number
  /** Default: `performance`. */
  policy?: keyof typeof setPolicies
  /** Most elements it may have. */
  size?: number
  /** Bytes of each field, without padding: of concatenations with ranges (flag `concat`). */
  fields?: number[]
  /** Milliseconds that an element lives, unless it says otherwise. */
  timeout?: bigint
  /** Milliseconds between collections of dead elements. */
  gcInterval?: number
  /** See {@link setUserdata}. */
  userdata?: Uint8Array
  /** What every element carries. */
  expressions?: StatefulExpression[]
  /** From here on the kernel's. */
  handle?: bigint
  /** Name of the implementation, where the kernel tells it (6.17). */
  backend?: string
  /** How many elements it has, where the kernel tells it (6.17). */
  count?: number
}

/** enum nft_set_desc_attributes */
interface Desc {
  size?: number
  concat?: { len: number }[]
}

type Wire = Omit<KernelSet, 'size' | 'fields' | 'expressions' | 'flags'> & {
  flags?: SetFlag[]
  desc?: Desc
} & OneOrMany

const field: Codec<{ len: number }> = attributes<{ len: number }>('field', { len: [1, u32be, 'NFTA_SET_FIELD_LEN'] })

const desc: Codec<Desc> = attributes<Desc>('desc', {
  size: [1, u32be, 'NFTA_SET_DESC_SIZE'],
  concat: [2, listOf(1, field), 'NFTA_SET_DESC_CONCAT'], // NFTA_LIST_ELEM
})

const wire: Codec<Wire> = nfMessage<Wire>('set', {
  table: [1, text, 'NFTA_SET_TABLE'],
  name: [2, text, 'NFTA_SET_NAME'],
  handle: [16, u64be, 'NFTA_SET_HANDLE'],
  flags: [3, flags(u32be, setFlags), 'NFTA_SET_FLAGS'],
  keyType: [4, u32be, 'NFTA_SET_KEY_TYPE'],
  keyLen: [5, u32be, 'NFTA_SET_KEY_LEN'],
  dataType: [6, u32be, 'NFTA_SET_DATA_TYPE'],
  dataLen: [7, u32be, 'NFTA_SET_DATA_LEN'],
  objType: [15, named(u32be, objectTypes), 'NFTA_SET_OBJ_TYPE'],
  id: [10, u32be, 'NFTA_SET_ID'],
  policy: [8, named(u32be, setPolicies), 'NFTA_SET_POLICY'],
  desc: [9, desc, 'NFTA_SET_DESC'],
  timeout: [11, u64be, 'NFTA_SET_TIMEOUT'],
  gcInterval: [12, u32be, 'NFTA_SET_GC_INTERVAL'],
  userdata: [13, raw, 'NFTA_SET_USERDATA'],
  expression: [17, statefulExpression, 'NFTA_SET_EXPR'],
  expressions: [18, listOf(1, statefulExpression), 'NFTA_SET_EXPRESSIONS'],
  backend: [19, text, 'NFTA_SET_TYPE'],
  count: [20, u32be, 'NFTA_SET_COUNT'],
})

function toWire({ size, fields, expressions, ...set }: KernelSet): Wire {
  const several = expressions !== undefined && expressions.length > 1 && !set.flags.includes('expr')
  const desc: Desc = {
    ...(size !== undefined && { size }),
    ...(fields !== undefined && { concat: fields.map((len) => ({ len })) }),
  }
  return {
    ...set,
    ...(several && { flags: [...set.flags, 'expr' as const] }),
    ...(Object.keys(desc).length > 0 && { desc }),
    ...toOneOrMany(expressions),
  }
}

function fromWire({ desc, expression, expressions, flags = [], ...set }: Wire): KernelSet {
  return {
    ...set,
    flags: expressions === undefined ? flags : flags.filter((flag) => flag !== 'expr'),
    ...(desc?.size !== undefined && { size: desc.size }),
    ...(desc?.concat !== undefined && { fields: desc.concat.map(({ len }) => len) }),
    ...fromOneOrMany({ ...(expression && { expression }), ...(expressions && { expressions }) }),
  }
}

export const setMessage: Codec<KernelSet> = exactly(wire, toWire, fromWire)
