import { bareText, named, u32be } from '@sallyport/linux'
import { type ExpressionCodec, expression } from './table.ts'

/** NFT_OBJECT_* */
export const objectTypes = {
  counter: 1, // NFT_OBJECT_COUNTER
  quota: 2, // NFT_OBJECT_QUOTA
  ct_helper: 3, // NFT_OBJECT_CT_HELPER
  limit: 4, // NFT_OBJECT_LIMIT
  connlimit: 5, // NFT_OBJECT_CONNLIMIT
  tunnel: 6, // NFT_OBJECT_TUNNEL
  ct_timeout: 7, // NFT_OBJECT_CT_TIMEOUT
  secmark: 8, // NFT_OBJECT_SECMARK
  ct_expect: 9, // NFT_OBJECT_CT_EXPECT
  synproxy: 10, // NFT_OBJECT_SYNPROXY
} as const
export type ObjectType = keyof typeof objectTypes

/** Runs a named object: this one, or the one that a map has for the key in `setSreg`. */
export interface Objref {
  expr: 'objref'
  immType?: ObjectType
  immName?: string
  setSreg?: number
  setName?: string
  setId?: number
}

export const objref: ExpressionCodec<Objref> = expression<Objref>(
  'objref',
  {
    immType: [1, named(u32be, objectTypes), 'NFTA_OBJREF_IMM_TYPE'],
    // nft sends these names without the NUL that others end with
    immName: [2, bareText, 'NFTA_OBJREF_IMM_NAME'],
    setSreg: [3, u32be, 'NFTA_OBJREF_SET_SREG'],
    setName: [4, bareText, 'NFTA_OBJREF_SET_NAME'],
    setId: [5, u32be, 'NFTA_OBJREF_SET_ID'],
  },
  ({ setId: _, ...objref }) => objref,
)
