import { named, u32be } from '@sallyport/linux'
import { type ExpressionCodec, expression } from './table.ts'

/** enum nft_socket_keys */
export const socketKeys = {
  transparent: 0, // NFT_SOCKET_TRANSPARENT
  mark: 1, // NFT_SOCKET_MARK
  wildcard: 2, // NFT_SOCKET_WILDCARD
  cgroupv2: 3, // NFT_SOCKET_CGROUPV2
} as const

/** Reads from the local socket that the packet is for. */
export interface Socket {
  expr: 'socket'
  key: keyof typeof socketKeys
  dreg: number
  /** For `cgroupv2`: how deep in the hierarchy. */
  level?: number
}

export const socket: ExpressionCodec<Socket> = expression<Socket>('socket', {
  key: [1, named(u32be, socketKeys), 'NFTA_SOCKET_KEY'],
  dreg: [2, u32be, 'NFTA_SOCKET_DREG'],
  level: [3, u32be, 'NFTA_SOCKET_LEVEL'],
})
