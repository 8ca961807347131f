import { named, u8, u32be } from '@sallyport/linux'
import { type ExpressionCodec, expression, withoutDefault } from './table.ts'

/** enum nft_xfrm_keys */
export const xfrmKeys = {
  daddr_ip4: 1, // NFT_XFRM_KEY_DADDR_IP4
  daddr_ip6: 2, // NFT_XFRM_KEY_DADDR_IP6
  saddr_ip4: 3, // NFT_XFRM_KEY_SADDR_IP4
  saddr_ip6: 4, // NFT_XFRM_KEY_SADDR_IP6
  reqid: 5, // NFT_XFRM_KEY_REQID
  spi: 6, // NFT_XFRM_KEY_SPI
} as const

/** XFRM_POLICY_* of linux/xfrm.h */
export const xfrmDirections = {
  in: 0, // XFRM_POLICY_IN
  out: 1, // XFRM_POLICY_OUT
} as const

/** Reads from the IPsec state that the packet came by, or will leave by. */
export interface Xfrm {
  expr: 'xfrm'
  key: keyof typeof xfrmKeys
  direction: keyof typeof xfrmDirections
  /** Which one, where several transformations follow each other. Default: 0. */
  spnum?: number
  dreg: number
}

export const xfrm: ExpressionCodec<Xfrm> = expression<Xfrm>(
  'xfrm',
  {
    key: [2, named(u32be, xfrmKeys), 'NFTA_XFRM_KEY'],
    direction: [3, named(u8, xfrmDirections), 'NFTA_XFRM_DIR'],
    spnum: [4, u32be, 'NFTA_XFRM_SPNUM'],
    dreg: [1, u32be, 'NFTA_XFRM_DREG'],
  },
  (xfrm) => withoutDefault(xfrm, 'spnum', 0),
)
