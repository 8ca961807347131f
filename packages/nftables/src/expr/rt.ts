import { named, u32be } from '@sallyport/linux'
import { type ExpressionCodec, expression } from './table.ts'

/** enum nft_rt_keys */
export const rtKeys = {
  classid: 0, // NFT_RT_CLASSID
  nexthop4: 1, // NFT_RT_NEXTHOP4
  nexthop6: 2, // NFT_RT_NEXTHOP6
  tcpmss: 3, // NFT_RT_TCPMSS
  xfrm: 4, // NFT_RT_XFRM
} as const

/** Reads from the route that the packet has. */
export interface Rt {
  expr: 'rt'
  dreg: number
  key: keyof typeof rtKeys
}

export const rt: ExpressionCodec<Rt> = expression<Rt>('rt', {
  key: [2, named(u32be, rtKeys), 'NFTA_RT_KEY'],
  dreg: [1, u32be, 'NFTA_RT_DREG'],
})
