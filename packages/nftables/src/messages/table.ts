import { type Codec, raw, text, u32be, u64be } from '@sallyport/linux'
import { type Family, flags, type UnnamedBit } from '../expr/index.ts'
import { nfMessage } from './header.ts'

/** enum nft_table_flags */
export const tableFlags = {
  dormant: 1, // NFT_TABLE_F_DORMANT
  owner: 2, // NFT_TABLE_F_OWNER
  persist: 4, // NFT_TABLE_F_PERSIST
} as const

/** A table as the kernel is told of it and tells of it: enum nft_table_attributes. */
export interface KernelTable {
  family: Family
  name: string
  flags?: (keyof typeof tableFlags | UnnamedBit)[]
  userdata?: Uint8Array
  /** From here on the kernel's: how many chains, sets and objects it has. */
  use?: number
  handle?: bigint
  /** Port id of the process that owns it. */
  owner?: number
}

export const tableMessage: Codec<KernelTable> = nfMessage<KernelTable>('table', {
  name: [1, text, 'NFTA_TABLE_NAME'],
  flags: [2, flags(u32be, tableFlags), 'NFTA_TABLE_FLAGS'],
  userdata: [6, raw, 'NFTA_TABLE_USERDATA'],
  use: [3, u32be, 'NFTA_TABLE_USE'],
  handle: [4, u64be, 'NFTA_TABLE_HANDLE'],
  owner: [7, u32be, 'NFTA_TABLE_OWNER'],
})
