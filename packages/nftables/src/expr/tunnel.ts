import { named, u32be } from '@sallyport/linux'
import { type ExpressionCodec, expression, withoutDefault } from './table.ts'

/** enum nft_tunnel_keys */
export const tunnelKeys = {
  path: 0, // NFT_TUNNEL_PATH: is there a tunnel at all?
  id: 1, // NFT_TUNNEL_ID
} as const

/** enum nft_tunnel_mode */
export const tunnelModes = {
  none: 0, // NFT_TUNNEL_MODE_NONE: either
  rx: 1, // NFT_TUNNEL_MODE_RX
  tx: 2, // NFT_TUNNEL_MODE_TX
} as const

/** Reads from the tunnel metadata that the packet came with, or will leave with. */
export interface Tunnel {
  expr: 'tunnel'
  key: keyof typeof tunnelKeys
  dreg: number
  /** Default: `none`. */
  mode?: keyof typeof tunnelModes
}

export const tunnel: ExpressionCodec<Tunnel> = expression<Tunnel>(
  'tunnel',
  {
    key: [1, named(u32be, tunnelKeys), 'NFTA_TUNNEL_KEY'],
    dreg: [2, u32be, 'NFTA_TUNNEL_DREG'],
    mode: [3, named(u32be, tunnelModes), 'NFTA_TUNNEL_MODE'],
  },
  (tunnel) => withoutDefault(tunnel, 'mode', 'none'),
)
