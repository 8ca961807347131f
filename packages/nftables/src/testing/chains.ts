import { EBUSY, EEXIST, EINVAL, ENOENT, EOPNOTSUPP, NLM_F_EXCL, NLM_F_NONREC, NLM_F_REPLACE } from '@sallyport/linux'
import { parseHook, parseSameHook } from './hooks.ts'
import type { Journal } from './journal.ts'
import { Refusal } from './refusal.ts'
import type { Request } from './request.ts'
import { removeRule } from './rules.ts'
import { type Turn, tableOf } from './turn.ts'
import { NFT_CHAIN, NFT_MSG, NFTA_CHAIN } from './uapi.ts'
import { type Base, type Chain, isThere, nextHandle, type Table } from './world.ts'

const knownFlags = NFT_CHAIN.BASE | NFT_CHAIN.HW_OFFLOAD | NFT_CHAIN.BINDING

export function newChain(turn: Turn): void {
  const { request } = turn
  const table = tableOf(turn, NFTA_CHAIN.TABLE)
  const found = existing(table, request)
  const policy = policyOf(request, found?.chain)
  const flags = request.u32(NFTA_CHAIN.FLAGS) ?? found?.chain.flags ?? 0
  if ((flags & ~knownFlags) !== 0) throw new Refusal(EOPNOTSUPP)
  if (found === undefined) {
    addChain(turn, table, policy ?? 1, flags)
    return
  }
  if (request.is(NLM_F_EXCL)) throw request.refusal(EEXIST, found.by)
  if (request.is(NLM_F_REPLACE)) throw new Refusal(EOPNOTSUPP)
  updateChain(turn, found.chain, found.by, policy, flags | (found.chain.flags & NFT_CHAIN.BASE))
}

/** The chain that is meant, and the attribute that says so. */
function existing(table: Table, request: Request): { chain: Chain; by: number } | undefined {
  const handle = request.u64(NFTA_CHAIN.HANDLE)
  if (handle !== undefined) {
    const chain = byHandle(table, handle)
    if (chain === undefined) throw request.refusal(ENOENT, NFTA_CHAIN.HANDLE)
    return { chain, by: NFTA_CHAIN.HANDLE }
  }
  const name = request.text(NFTA_CHAIN.NAME)
  if (name === undefined && !request.has(NFTA_CHAIN.ID)) throw new Refusal(EINVAL)
  const chain = name === undefined ? undefined : table.chains.get(name)
  return chain && { chain, by: NFTA_CHAIN.NAME }
}

function byHandle(table: Table, handle: bigint): Chain | undefined {
  return [...table.chains.values()].find((chain) => chain.handle === handle)
}

function policyOf(request: Request, chain: Chain | undefined): number | undefined {
  const policy = request.u32(NFTA_CHAIN.POLICY)
  if (policy === undefined) return undefined
  const base = chain === undefined ? request.has(NFTA_CHAIN.HOOK) : chain.base !== undefined
  if (!base) throw request.refusal(EOPNOTSUPP, NFTA_CHAIN.POLICY)
  if (policy > 1) throw new Refusal(EINVAL)
  return policy
}

function addChain(turn: Turn, table: Table, policy: number, flags: number): void {
  const { journal, request, world } = turn
  const base = request.has(NFTA_CHAIN.HOOK) ? newBase(turn, policy, flags) : undefined
  if (base === undefined && (flags & NFT_CHAIN.BASE) !== 0) throw new Refusal(EINVAL)
  if ((flags & NFT_CHAIN.HW_OFFLOAD) !== 0) throw new Refusal(EOPNOTSUPP)
  const handle = nextHandle(table)
  const binding = (flags & NFT_CHAIN.BINDING) !== 0
  const given = request.text(NFTA_CHAIN.NAME)
  if (given === undefined && !binding) throw new Refusal(EINVAL)
  if (given === undefined) world.lastBindingChain += 1
  const name = given ?? `__chain${world.lastBindingChain}`
  const userdata = request.bytes(NFTA_CHAIN.USERDATA)
  const allFlags = base === undefined ? flags : flags | NFT_CHAIN.BASE
  const chain: Chain = { table, name, handle, flags: allFlags, base, userdata, use: 0, rules: [], bound: false }
  journal.put(table.chains, name, chain)
  journal.count(table, 1)
  if (binding) journal.unbound.add(chain)
  journal.chainIds.give(request.u32(NFTA_CHAIN.ID), chain)
  journal.tell(request, 'new', { kind: 'chain', object: chain })
}

function newBase(turn: Turn, policy: number, flags: number): Base {
  if ((flags & NFT_CHAIN.BINDING) !== 0) throw new Refusal(EOPNOTSUPP)
  return { ...parseHook(turn.request), policy, counters: countersOf(turn.request) }
}

function countersOf(request: Request): Base['counters'] {
  const counters = request.nest(NFTA_CHAIN.COUNTERS)
  if (counters === undefined) return undefined
  const bytes = counters.u64(1) // NFTA_COUNTER_BYTES
  const packets = counters.u64(2) // NFTA_COUNTER_PACKETS
  if (bytes === undefined || packets === undefined) throw new Refusal(EINVAL)
  return { bytes, packets }
}

/** nf_tables_updchain(): policy, counters, devices and the name can change, nothing else. */
function updateChain(turn: Turn, chain: Chain, by: number, policy: number | undefined, flags: number): void {
  const { journal, request } = turn
  if (chain.flags !== flags) throw new Refusal(EOPNOTSUPP)
  const devices = request.has(NFTA_CHAIN.HOOK) ? sameHook(request, chain, by) : []
  const name = request.text(NFTA_CHAIN.NAME)
  const renamed = request.has(NFTA_CHAIN.HANDLE) && name !== undefined
  if (renamed && (chain.table.chains.has(name) || journal.renames.has(`${chain.table.handle} ${name}`))) {
    throw request.refusal(EEXIST, NFTA_CHAIN.NAME)
  }
  const counters = countersOf(request)
  if (counters !== undefined && chain.base === undefined) throw new Refusal(EOPNOTSUPP)
  if (renamed) journal.renames.add(`${chain.table.handle} ${name}`)
  const news = devices.length > 0 ? { devices } : {}
  journal.tell(request, 'new', { kind: 'chain', object: chain, ...news }, () => {
    if (renamed) rename(chain, name)
    change(chain, { ...(policy !== undefined && { policy }), ...(counters && { counters }) }, devices)
  })
}

/** Only the commit does it: until then the chain has its old name. */
function rename(chain: Chain, name: string): void {
  const { chains } = chain.table
  const there = isThere(chain)
  if (there) chains.delete(chain.name)
  chain.name = name
  if (there) chains.set(name, chain)
}

function change(chain: Chain, to: Partial<Base>, devices: readonly string[]): void {
  const { base } = chain
  if (base !== undefined) chain.base = { ...base, ...to, devices: [...devices, ...base.devices] }
}

/** The devices that are new; type, hook and priority have to be as they were. */
function sameHook(request: Request, { base }: Chain, by: number): readonly string[] {
  if (base === undefined) throw request.refusal(EEXIST, by)
  const hook = parseSameHook(request, base)
  if (hook.type !== base.type) throw request.refusal(EEXIST, by)
  return hook.devices.filter((device) => !base.devices.includes(device))
}

export function deleteChain(turn: Turn): void {
  const { journal, request } = turn
  const table = tableOf(turn, NFTA_CHAIN.TABLE)
  const handle = request.u64(NFTA_CHAIN.HANDLE)
  const name = request.text(NFTA_CHAIN.NAME)
  if (handle === undefined && name === undefined) throw new Refusal(EINVAL)
  const by = handle === undefined ? NFTA_CHAIN.NAME : NFTA_CHAIN.HANDLE
  const chain = handle === undefined ? table.chains.get(name!) : byHandle(table, handle)
  if (chain === undefined && request.message === NFT_MSG.DESTROYCHAIN) return
  if (chain === undefined) throw request.refusal(ENOENT, by)
  if (request.has(NFTA_CHAIN.HOOK)) {
    deleteDevices(turn, chain)
    return
  }
  if (request.is(NLM_F_NONREC) && chain.use > 0) throw new Refusal(EBUSY)
  const jumps = chain.use - chain.rules.length // also its own to itself
  for (const rule of [...chain.rules]) removeRule(journal, request, rule)
  if (jumps > 0) throw request.refusal(EBUSY, by)
  removeChain(journal, request, chain)
}

/** nft_delchain_hook(): some devices of a chain that stays. */
function deleteDevices({ journal, request }: Turn, chain: Chain): void {
  if (chain.base === undefined || chain.base.devices.length === 0) throw new Refusal(EOPNOTSUPP)
  const { devices } = parseSameHook(request, chain.base)
  if (devices.some((device) => !chain.base!.devices.includes(device))) throw new Refusal(ENOENT)
  const left = chain.base.devices.filter((device) => !devices.includes(device))
  journal.assign(chain, { base: { ...chain.base, devices: left } })
  journal.tell(request, 'delete', { kind: 'chain', object: chain, devices })
}

export function removeChain(journal: Journal, request: Request, chain: Chain): void {
  journal.remove(chain.table.chains, chain.name)
  journal.count(chain.table, -1)
  journal.tell(request, 'delete', { kind: 'chain', object: chain })
}
