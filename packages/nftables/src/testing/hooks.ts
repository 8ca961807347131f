import { EEXIST, EINVAL, ENOENT, EOPNOTSUPP, text } from '@sallyport/linux'
import type { Attributes } from './attributes.ts'
import { Refusal } from './refusal.ts'
import type { Request } from './request.ts'
import { HOOK, NFPROTO, NFTA_CHAIN, NFTA_DEVICE_NAME, NFTA_HOOK } from './uapi.ts'

/** Where a base chain hangs. */
export interface ChainHook {
  readonly type: string
  readonly hook: number
  readonly priority: number
  readonly devices: readonly string[]
}

const { PREROUTING, INPUT, FORWARD, OUTPUT, POSTROUTING, INGRESS } = HOOK
const five = [PREROUTING, INPUT, FORWARD, OUTPUT, POSTROUTING]
const nat = [PREROUTING, INPUT, OUTPUT, POSTROUTING]

/** Which types of base chains a family has, and at which hooks. */
const types: Readonly<Record<number, Readonly<Record<string, readonly number[]>>>> = {
  [NFPROTO.INET]: { filter: [...five, INGRESS], nat, route: [OUTPUT] },
  [NFPROTO.IPV4]: { filter: five, nat, route: [OUTPUT] },
  [NFPROTO.IPV6]: { filter: five, nat, route: [OUTPUT] },
  [NFPROTO.ARP]: { filter: [0, 1] }, // NF_ARP_IN, NF_ARP_OUT
  [NFPROTO.BRIDGE]: { filter: five },
  [NFPROTO.NETDEV]: { filter: [0, 1] }, // NF_NETDEV_INGRESS, NF_NETDEV_EGRESS
}

const NF_IP_PRI_CONNTRACK = -200

/** nft_chain_parse_hook(), of a new chain. */
export function parseHook(request: Request): ChainHook {
  const nest = request.nest(NFTA_CHAIN.HOOK)!
  const hook = nest.u32(NFTA_HOOK.HOOKNUM)
  const priority = nest.i32(NFTA_HOOK.PRIORITY)
  if (hook === undefined || priority === undefined) throw request.refusal(ENOENT, NFTA_CHAIN.NAME)
  const type = request.text(NFTA_CHAIN.TYPE) ?? 'filter'
  if (!hooksOf(request, type).includes(hook)) throw new Refusal(EOPNOTSUPP)
  if (type === 'nat' && priority <= NF_IP_PRI_CONNTRACK) throw new Refusal(EOPNOTSUPP)
  return { type, hook, priority, devices: devicesAt(request, nest, hook) }
}

function hooksOf(request: Request, type: string): readonly number[] {
  const hooks = types[request.family]?.[type]
  if (hooks === undefined) throw request.refusal(ENOENT, NFTA_CHAIN.TYPE)
  return hooks
}

/** The same for a chain that is there: what is not said stays, and hook and priority cannot change. */
export function parseSameHook(request: Request, base: ChainHook): ChainHook {
  const nest = request.nest(NFTA_CHAIN.HOOK)!
  const hook = nest.u32(NFTA_HOOK.HOOKNUM) ?? base.hook
  const priority = nest.i32(NFTA_HOOK.PRIORITY) ?? base.priority
  if (hook !== base.hook || priority !== base.priority) throw new Refusal(EOPNOTSUPP)
  const type = request.text(NFTA_CHAIN.TYPE) ?? base.type
  hooksOf(request, type)
  return { type, hook, priority, devices: devicesAt(request, nest, hook) }
}

function devicesAt(request: Request, nest: Attributes, hook: number): string[] {
  const ofDevices = request.family === NFPROTO.NETDEV || (request.family === NFPROTO.INET && hook === INGRESS)
  if (ofDevices) return devicesOf(nest)
  if (nest.has(NFTA_HOOK.DEV) || nest.has(NFTA_HOOK.DEVS)) throw new Refusal(EOPNOTSUPP)
  return []
}

function devicesOf(nest: Attributes): string[] {
  const one = nest.text(NFTA_HOOK.DEV)
  if (one !== undefined) return [one]
  return deviceList(nest, NFTA_HOOK.DEVS)
}

/** A list of NFTA_DEVICE_NAME. */
export function deviceList(nest: Attributes, type: number): string[] {
  const list = nest.list(type) ?? []
  if (list.some((each) => each.type !== NFTA_DEVICE_NAME)) throw new Refusal(EINVAL)
  const names = list.map(({ bytes }) => text.read(bytes))
  if (new Set(names).size < names.length) throw new Refusal(EEXIST)
  return names
}
