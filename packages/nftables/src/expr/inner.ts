import { named, u32be } from '@sallyport/linux'
import { type ExpressionField, expressionField } from './envelope.ts'
import { flags, type UnnamedBit } from './flags.ts'
import { type Meta, meta } from './meta.ts'
import { type Payload, payload } from './payload.ts'
import { type ExpressionCodec, expression } from './table.ts'
import type { UnknownExpression } from './unknown.ts'

/** enum nft_inner_type (Linux 6.2) */
export const innerTypes = {
  unspec: 0, // NFT_INNER_UNSPEC
  vxlan: 1, // NFT_INNER_VXLAN
  geneve: 2, // NFT_INNER_GENEVE
} as const

/** enum nft_inner_flags: which headers there are inside. */
export const innerFlags = {
  hdrsize: 1, // NFT_INNER_HDRSIZE
  ll: 2, // NFT_INNER_LL
  nh: 4, // NFT_INNER_NH
  th: 8, // NFT_INNER_TH
} as const

/** Runs one expression on the packet inside a tunnel's packet. Since Linux 6.2. */
export interface Inner {
  expr: 'inner'
  /** Always 0 so far. */
  num: number
  type: keyof typeof innerTypes
  flags: (keyof typeof innerFlags | UnnamedBit)[]
  /** Bytes of the tunnel's header. */
  hdrsize: number
  expression: Payload | Meta | UnknownExpression
}

const innerExpression: ExpressionField<Payload | Meta> = expressionField<Payload | Meta>({ payload, meta })

export const inner: ExpressionCodec<Inner> = expression<Inner>(
  'inner',
  {
    num: [1, u32be, 'NFTA_INNER_NUM'],
    type: [2, named(u32be, innerTypes), 'NFTA_INNER_TYPE'],
    flags: [3, flags(u32be, innerFlags), 'NFTA_INNER_FLAGS'],
    hdrsize: [4, u32be, 'NFTA_INNER_HDRSIZE'],
    expression: [5, innerExpression, 'NFTA_INNER_EXPR'],
  },
  (inner) => ({ ...inner, expression: innerExpression.canonical(inner.expression) }),
)
