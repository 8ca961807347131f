import { attributes, type Codec, i32be, text, u32be, u64be } from '@sallyport/linux'
import { type Family, flags, type UnnamedBit } from '../expr/index.ts'
import { type DeviceName, devices } from './device.ts'
import { nfMessage } from './header.ts'

/** enum nft_flowtable_flags */
export const flowtableFlags = {
  hw_offload: 1, // NFT_FLOWTABLE_HW_OFFLOAD
  counter: 2, // NFT_FLOWTABLE_COUNTER: of the connections that pass by
} as const

/** enum nft_flowtable_hook_attributes */
export interface KernelFlowtableHook {
  /** NF_NETDEV_INGRESS (0), the only one so far. Not given when devices are added or deleted. */
  num?: number
  /** Lower ones run earlier. */
  priority?: number
  devices?: DeviceName[]
}

/** A flowtable as the kernel is told of it and tells of it: enum nft_flowtable_attributes. */
export interface KernelFlowtable {
  family: Family
  table: string
  name: string
  hook?: KernelFlowtableHook
  flags?: (keyof typeof flowtableFlags | UnnamedBit)[]
  /** From here on the kernel's: how many rules refer to it. */
  use?: number
  handle?: bigint
}

const hook: Codec<KernelFlowtableHook> = attributes<KernelFlowtableHook>('hook', {
  num: [1, u32be, 'NFTA_FLOWTABLE_HOOK_NUM'],
  priority: [2, i32be, 'NFTA_FLOWTABLE_HOOK_PRIORITY'],
  devices: [3, devices, 'NFTA_FLOWTABLE_HOOK_DEVS'],
})

export const flowtableMessage: Codec<KernelFlowtable> = nfMessage<KernelFlowtable>('flowtable', {
  table: [1, text, 'NFTA_FLOWTABLE_TABLE'],
  name: [2, text, 'NFTA_FLOWTABLE_NAME'],
  hook: [3, hook, 'NFTA_FLOWTABLE_HOOK'],
  flags: [7, flags(u32be, flowtableFlags), 'NFTA_FLOWTABLE_FLAGS'],
  handle: [5, u64be, 'NFTA_FLOWTABLE_HANDLE'],
  use: [4, u32be, 'NFTA_FLOWTABLE_USE'],
})
