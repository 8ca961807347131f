import { attributes, type Codec, i32be, named, raw, text, u32be, u64be } from '@sallyport/linux'
import { type Family, flags, type UnnamedBit } from '../expr/index.ts'
import { type DeviceName, devices } from './device.ts'
import { exactly, nfMessage } from './header.ts'
import { type Hook, hookName, hookNumber, type UnnamedHook } from './hook.ts'

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
  /** `__chain%d`, with the flag `binding` and an `id`: one rule's own, which the kernel names. */
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
  hook: Hook | UnnamedHook
  /** Lower ones run earlier. */
  priority: number
  /** Interfaces of an ingress or egress chain; `eth*` stands for all that begin so (Linux 6.18). */
  devices?: DeviceName[]
}

interface WireHook {
  num: number
  priority: number
  dev?: string
  devs?: DeviceName[]
}

/** Stands for the name that the kernel makes up; itself it is not written. */
export const UNNAMED_CHAIN = '__chain%d'

type Wire = Omit<KernelChain, 'name' | 'hook' | 'type'> & { name?: string; type?: string; hook?: WireHook }

const hook: Codec<WireHook> = attributes<WireHook>('hook', {
  num: [1, u32be, 'NFTA_HOOK_HOOKNUM'],
  priority: [2, i32be, 'NFTA_HOOK_PRIORITY'],
  dev: [3, text, 'NFTA_HOOK_DEV'],
  devs: [4, devices, 'NFTA_HOOK_DEVS'],
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

function toWire({ hook, name: given, ...others }: KernelChain): Wire {
  const chain = given === UNNAMED_CHAIN ? others : { ...others, name: given }
  if (hook === undefined) return chain
  const { hook: name, priority, devices = [], ...rest } = hook
  const [one] = devices
  const single = devices.length === 1 && !one!.endsWith('*')
  const on = single ? { dev: one! } : devices.length > 0 ? { devs: devices } : {}
  return { ...chain, hook: { num: hookNumber(chain.family, name), priority, ...on, ...rest } }
}

/** The kernel names a single device twice, in NFTA_HOOK_DEVS and in the older NFTA_HOOK_DEV. */
function fromWire({ hook, ...others }: Wire): KernelChain {
  const chain = { ...others, name: others.name ?? UNNAMED_CHAIN }
  if (hook === undefined) return chain as KernelChain
  const { num, priority, dev, devs, ...rest } = hook
  const devices = devs ?? (dev === undefined ? undefined : [dev])
  const typed = { hook: hookName(chain.family, num), priority, ...(devices && { devices }), ...rest }
  return { ...chain, hook: typed } as KernelChain
}

export const chainMessage: Codec<KernelChain> = exactly(wire, toWire, fromWire)
