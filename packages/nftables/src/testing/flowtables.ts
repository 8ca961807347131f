import { EBUSY, EEXIST, EINVAL, ENOENT, EOPNOTSUPP, NLM_F_EXCL } from '@sallyport/linux'
import type { Attributes } from './attributes.ts'
import { deviceList } from './hooks.ts'
import type { Journal } from './journal.ts'
import { Refusal } from './refusal.ts'
import type { Request } from './request.ts'
import { type Turn, tableOf } from './turn.ts'
import { NFPROTO, NFT_MSG, NFTA_FLOWTABLE, NFTA_FLOWTABLE_HOOK } from './uapi.ts'
import { type Flowtable, nextHandle, type Table } from './world.ts'

const NF_NETDEV_INGRESS = 0
const knownFlags = 3 // NFT_FLOWTABLE_HW_OFFLOAD | NFT_FLOWTABLE_COUNTER
const HW_OFFLOAD = 1
const families: ReadonlySet<number> = new Set([NFPROTO.INET, NFPROTO.IPV4, NFPROTO.IPV6])

export function newFlowtable(turn: Turn): void {
  const { journal, request } = turn
  const name = request.text(NFTA_FLOWTABLE.NAME)
  const hook = request.nest(NFTA_FLOWTABLE.HOOK)
  if (!request.has(NFTA_FLOWTABLE.TABLE) || name === undefined || hook === undefined) throw new Refusal(EINVAL)
  const table = tableOf(turn, NFTA_FLOWTABLE.TABLE)
  const existing = table.flowtables.get(name)
  if (existing !== undefined) {
    addAgain(journal, request, existing, hook)
    return
  }
  const handle = nextHandle(table)
  if (!families.has(request.family)) throw new Refusal(ENOENT)
  const flags = flagsOf(request, 0)
  const place = placeOf(hook)
  const devices = deviceList(hook, NFTA_FLOWTABLE_HOOK.DEVS)
  unclaimed(table, devices)
  const flowtable: Flowtable = { table, name, handle, ...place, devices, flags, use: 0 }
  journal.put(table.flowtables, name, flowtable)
  journal.count(table, 1)
  journal.tell(request, 'new', { kind: 'flowtable', object: flowtable })
}

function flagsOf(request: Request, before: number): number {
  const flags = request.u32(NFTA_FLOWTABLE.FLAGS) ?? before
  if ((flags & ~knownFlags) !== 0) throw new Refusal(EOPNOTSUPP)
  return flags
}

function placeOf(hook: Attributes): { hook: number; priority: number } {
  const number = hook.u32(NFTA_FLOWTABLE_HOOK.NUM)
  const priority = hook.i32(NFTA_FLOWTABLE_HOOK.PRIORITY)
  if (number === undefined || priority === undefined) throw new Refusal(EINVAL)
  if (number !== NF_NETDEV_INGRESS) throw new Refusal(EOPNOTSUPP)
  return { hook: number, priority }
}

/** A device belongs to one flowtable of a table. */
function unclaimed(table: Table, devices: readonly string[]): void {
  const claimed = [...table.flowtables.values()].flatMap((each) => each.devices)
  if (devices.some((device) => claimed.includes(device))) throw new Refusal(EEXIST)
}

function addAgain(journal: Journal, request: Request, flowtable: Flowtable, hook: Attributes): void {
  if (request.is(NLM_F_EXCL)) throw request.refusal(EEXIST, NFTA_FLOWTABLE.NAME)
  samePlace(flowtable, hook)
  const devices = deviceList(hook, NFTA_FLOWTABLE_HOOK.DEVS).filter((each) => !flowtable.devices.includes(each))
  const flags = flagsOf(request, flowtable.flags)
  if (((flags ^ flowtable.flags) & HW_OFFLOAD) !== 0) throw new Refusal(EOPNOTSUPP)
  unclaimed(flowtable.table, devices)
  journal.assign(flowtable, { flags })
  for (const device of devices.toReversed()) journal.insert(flowtable.devices, 0, device)
  journal.tell(request, 'new', { kind: 'flowtable', object: flowtable, devices })
}

function samePlace(flowtable: Flowtable, hook: Attributes): void {
  const number = hook.u32(NFTA_FLOWTABLE_HOOK.NUM) ?? flowtable.hook
  const priority = hook.i32(NFTA_FLOWTABLE_HOOK.PRIORITY) ?? flowtable.priority
  if (number !== flowtable.hook || priority !== flowtable.priority) throw new Refusal(EOPNOTSUPP)
}

export function deleteFlowtable(turn: Turn): void {
  const { journal, request } = turn
  const name = request.text(NFTA_FLOWTABLE.NAME)
  const handle = request.u64(NFTA_FLOWTABLE.HANDLE)
  if (name === undefined && handle === undefined) throw new Refusal(EINVAL)
  const table = tableOf(turn, NFTA_FLOWTABLE.TABLE)
  const by = handle === undefined ? NFTA_FLOWTABLE.NAME : NFTA_FLOWTABLE.HANDLE
  const flowtable =
    handle === undefined
      ? table.flowtables.get(name!)
      : [...table.flowtables.values()].find((each) => each.handle === handle)
  if (flowtable === undefined && request.message === NFT_MSG.DESTROYFLOWTABLE) return
  if (flowtable === undefined) throw request.refusal(ENOENT, by)
  const hook = request.nest(NFTA_FLOWTABLE.HOOK)
  if (hook !== undefined) {
    deleteDevices(journal, request, flowtable, hook)
    return
  }
  if (flowtable.use > 0) throw request.refusal(EBUSY, by)
  removeFlowtable(journal, request, flowtable)
}

/** Some devices of a flowtable that stays. */
function deleteDevices(journal: Journal, request: Request, flowtable: Flowtable, hook: Attributes): void {
  samePlace(flowtable, hook)
  const devices = deviceList(hook, NFTA_FLOWTABLE_HOOK.DEVS)
  if (devices.some((device) => !flowtable.devices.includes(device))) throw new Refusal(ENOENT)
  for (const device of devices) journal.take(flowtable.devices, device)
  journal.tell(request, 'delete', { kind: 'flowtable', object: flowtable, devices })
}

export function removeFlowtable(journal: Journal, request: Request, flowtable: Flowtable): void {
  journal.remove(flowtable.table.flowtables, flowtable.name)
  journal.count(flowtable.table, -1)
  journal.tell(request, 'delete', { kind: 'flowtable', object: flowtable })
}
