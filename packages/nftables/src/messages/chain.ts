import { attributes, type Codec, i32be, listOf, named, raw, text, u32be, u64be } from '@sallyport/linux'
import { type Family, flags, type UnnamedBit } from '../expr/index.ts'
import { nfMessage, translated } from './header.ts'
import { type Hook, hookName, hookNumber } from './hook.ts'

/** enum nft_chain_flags */
export const chainFlags = {
  base: 1, // NFT_CHAIN_BASE: set by the kernel on chains with a hook
  hw_offload: 2, // NFT_CHAIN_HW_OFFLOAD
  binding: 4, // NFT_CHAIN_BINDING
} as const

/** NF_DROP and NF_ACCEPT of linux/netfilter.h */
export const chainPolicies = { drop: 0, accept: 1 } as const

/** A chain as the kernel is told of it and tells of it: enum nft_chain_attributes. */
export interface KernelChain {
  family: Family
  table: string
  name: string
  /** Of a base chain: what it may do. */
  type?: 'filter' | 'nat' | 'route'
  /** Makes it a base chain. */
  hook?: KernelHook
  /** Of a base chain. Default: `accept`. */
  policy?: keyof typeof chainPolicies
  flags?: (keyof typeof chainFlags | UnnamedBit)[]
  /** Names it within a batch. */
  id?: number
  userdata?: Uint8Array
  counters?: { bytes: bigint; packets: bigint }
  /** From here on the kernel's: how many rules it has and jumps come to it. */
  use?: number
  handle?: bigint
}

/** enum nft_hook_attributes */
export interface KernelHook {
  hook: Hook
  /** Lower ones run earlier. */
  priority: number
  /** Interfaces of an ingress or egress chain. */
  devices?: string[]
}

interface WireHook {
  num: number
  priority: number
  dev?: string
  devs?: string[]
}

type Wire = Omit<KernelChain, 'hook' | 'type'> & { type?: string; hook?: WireHook }

const hook: Codec<WireHook> = attributes<WireHook>('hook', {
  num: [1, u32be, 'NFTA_HOOK_HOOKNUM'],
  priority: [2, i32be, 'NFTA_HOOK_PRIORITY'],
  dev: [3, text, 'NFTA_HOOK_DEV'],
  devs: [4, listOf(1, text), 'NFTA_HOOK_DEVS'], // NFTA_DEVICE_NAME
})

const counters: Codec<{ bytes: bigint; packets: bigint }> = attributes('counters', {
  bytes: [1, u64be, 'NFTA_COUNTER_BYTES'],
  packets: [2, u64be, 'NFTA_COUNTER_PACKETS'],
})

const wire: Codec<Wire> = nfMessage<Wire>('chain', {
  table: [1, text, 'NFTA_CHAIN_TABLE'],
  name: [3, text, 'NFTA_CHAIN_NAME'],
  handle: [2, u64be, 'NFTA_CHAIN_HANDLE'],
  type: [7, text, 'NFTA_CHAIN_TYPE'],
  policy: [5, named(u32be, chainPolicies), 'NFTA_CHAIN_POLICY'],
  hook: [4, hook, 'NFTA_CHAIN_HOOK'],
  flags: [10, flags(u32be, chainFlags), 'NFTA_CHAIN_FLAGS'],
  id: [11, u32be, 'NFTA_CHAIN_ID'],
  userdata: [12, raw, 'NFTA_CHAIN_USERDATA'],
  counters: [8, counters, 'NFTA_CHAIN_COUNTERS'],
  use: [6, u32be, 'NFTA_CHAIN_USE'],
})

function toWire({ hook, ...chain }: KernelChain): Wire {
  if (hook === undefined) return chain
  const { hook: name, priority, devices = [] } = hook
  const on = devices.length === 1 ? { dev: devices[0]! } : devices.length > 1 ? { devs: devices } : {}
  return { ...chain, hook: { num: hookNumber(chain.family, name), priority, ...on } }
}

/** The kernel names a single device twice, in NFTA_HOOK_DEVS and in the older NFTA_HOOK_DEV. */
function fromWire({ hook, ...chain }: Wire): KernelChain {
  if (hook === undefined) return chain as KernelChain
  const devices = hook.devs ?? (hook.dev === undefined ? undefined : [hook.dev])
  const { num, priority } = hook
  const typed = { hook: hookName(chain.family, num), priority, ...(devices && { devices }) }
  return { ...chain, hook: typed } as KernelChain
}

export const chainMessage: Codec<KernelChain> = translated(wire, toWire, fromWire)
