import { named, u32be } from '@sallyport/linux'
import { flags, type UnnamedBit } from './flags.ts'
import { type ExpressionCodec, expression } from './table.ts'

/** enum nft_fib_result */
export const fibResults = {
  oif: 1, // NFT_FIB_RESULT_OIF
  oifname: 2, // NFT_FIB_RESULT_OIFNAME
  addrtype: 3, // NFT_FIB_RESULT_ADDRTYPE
} as const

/** enum nft_fib_flags */
export const fibFlags = {
  saddr: 1, // NFTA_FIB_F_SADDR
  daddr: 2, // NFTA_FIB_F_DADDR
  mark: 4, // NFTA_FIB_F_MARK
  iif: 8, // NFTA_FIB_F_IIF
  oif: 16, // NFTA_FIB_F_OIF
  present: 32, // NFTA_FIB_F_PRESENT
} as const

/** Looks the packet up in the routing tables. `addrtype` gives RTN_* of linux/rtnetlink.h in host byte order. */
export interface Fib {
  expr: 'fib'
  dreg: number
  result: keyof typeof fibResults
  flags: (keyof typeof fibFlags | UnnamedBit)[]
}

export const fib: ExpressionCodec<Fib> = expression<Fib>('fib', {
  flags: [3, flags(u32be, fibFlags), 'NFTA_FIB_FLAGS'],
  result: [2, named(u32be, fibResults), 'NFTA_FIB_RESULT'],
  dreg: [1, u32be, 'NFTA_FIB_DREG'],
})
