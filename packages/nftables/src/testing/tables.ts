import {
  EBUSY,
  EEXIST,
  EINVAL,
  ENOENT,
  EOPNOTSUPP,
  EPERM,
  NLM_F_EXCL,
  NLM_F_NONREC,
  NLM_F_REPLACE,
} from '@sallyport/linux'
import { removeChain } from './chains.ts'
import { removeFlowtable } from './flowtables.ts'
import type { Journal, Notice } from './journal.ts'
import { isAnonymous } from './links.ts'
import { removeObject } from './objects.ts'
import { Refusal } from './refusal.ts'
import type { Request } from './request.ts'
import { removeRules } from './rules.ts'
import { removeSet } from './sets.ts'
import type { Turn } from './turn.ts'
import { NFPROTO, NFT_MSG, NFT_TABLE_F, NFTA_TABLE } from './uapi.ts'
import { inOrder, type Table } from './world.ts'

const families: ReadonlySet<number> = new Set(Object.values(NFPROTO).filter((family) => family !== NFPROTO.UNSPEC))
const knownFlags = NFT_TABLE_F.DORMANT | NFT_TABLE_F.OWNER | NFT_TABLE_F.PERSIST

export function newTable({ world, journal, request }: Turn): void {
  if (!families.has(request.family)) throw new Refusal(EOPNOTSUPP)
  const name = request.text(NFTA_TABLE.NAME)
  if (name === undefined) throw new Refusal(EINVAL)
  const existing = world.tables.find((table) => table.name === name && table.family === request.family)
  if (existing !== undefined) {
    addAgain(journal, request, existing)
    return
  }
  const flags = request.u32(NFTA_TABLE.FLAGS) ?? 0
  if ((flags & ~knownFlags) !== 0) throw new Refusal(EOPNOTSUPP)
  world.lastTableHandle += 1n
  const table = makeTable(request, name, flags, world.lastTableHandle)
  journal.insert(world.tables, world.tables.length, table)
  journal.tell(request, 'new', { kind: 'table', object: table })
}

function makeTable(request: Request, name: string, flags: number, handle: bigint): Table {
  return {
    family: request.family,
    name,
    handle,
    flags,
    userdata: request.bytes(NFTA_TABLE.USERDATA),
    owner: (flags & NFT_TABLE_F.OWNER) === 0 ? 0 : request.portId,
    use: 0,
    lastHandle: 0n,
    chains: new Map(),
    sets: new Map(),
    objects: new Map(),
    flowtables: new Map(),
  }
}

/** nf_tables_updtable(): sleeping and waking, but not of an owned table, and the adoption of an orphan. */
function addAgain(journal: Journal, request: Request, table: Table): void {
  if (table.owner !== 0 && table.owner !== request.portId) throw new Refusal(EPERM)
  if (request.is(NLM_F_EXCL)) throw request.refusal(EEXIST, NFTA_TABLE.NAME)
  if (request.is(NLM_F_REPLACE)) throw new Refusal(EOPNOTSUPP)
  const flags = request.u32(NFTA_TABLE.FLAGS)
  if (flags === undefined || flags === table.flags) return
  if ((flags & ~knownFlags) !== 0) throw new Refusal(EOPNOTSUPP)
  const orphan = (table.flags & (NFT_TABLE_F.PERSIST | NFT_TABLE_F.OWNER)) === NFT_TABLE_F.PERSIST
  const owned = (table.flags & NFT_TABLE_F.OWNER) !== 0
  const wanted = (flags & NFT_TABLE_F.OWNER) !== 0
  if ((owned && !wanted) || (wanted && !orphan)) throw new Refusal(EOPNOTSUPP)
  if (((flags ^ table.flags) & NFT_TABLE_F.PERSIST) !== 0) throw new Refusal(EOPNOTSUPP)
  if (isBeingUpdated(journal, table)) throw new Refusal(EINVAL)
  if (((flags ^ table.flags) & NFT_TABLE_F.DORMANT) !== 0) journal.updatedTables.add(table)
  journal.assign(table, { flags, ...(orphan && wanted && { owner: request.portId }) })
  journal.tell(request, 'new', { kind: 'table', object: table })
}

/** nft_table_pending_update(): its hooks are about to change already. */
function isBeingUpdated({ updatedTables, notices }: Journal, table: Table): boolean {
  const concerns = (notice: Notice): boolean => {
    if (notice.kind !== 'chain' || notice.object.table !== table) return false
    return notice.event === 'new' ? notice.apply !== undefined : notice.object.base !== undefined
  }
  return updatedTables.has(table) || notices.some(concerns)
}

export function deleteTable(turn: Turn): void {
  const { world, request } = turn
  const name = request.text(NFTA_TABLE.NAME)
  const handle = request.u64(NFTA_TABLE.HANDLE)
  if (request.family === NFPROTO.UNSPEC || (name === undefined && handle === undefined)) {
    deleteAll(turn, name)
    return
  }
  const type = handle === undefined ? NFTA_TABLE.NAME : NFTA_TABLE.HANDLE
  const table = world.tables.find((each) =>
    handle === undefined ? each.name === name && each.family === request.family : each.handle === handle,
  )
  if (table === undefined && request.message === NFT_MSG.DESTROYTABLE) return
  if (table === undefined) throw request.refusal(ENOENT, type)
  if (table.owner !== 0 && table.owner !== request.portId) throw request.refusal(EPERM, type)
  if (request.is(NLM_F_NONREC) && table.use > 0) throw new Refusal(EBUSY)
  removeTable(turn, table)
}

/** `flush ruleset`: without a name, all tables of the family; those of other owners stay. */
function deleteAll(turn: Turn, name: string | undefined): void {
  const { world, request } = turn
  for (const table of [...world.tables]) {
    const mine = table.owner === 0 || table.owner === request.portId
    const meant = (request.family === 0 || table.family === request.family) && (name ?? table.name) === table.name
    if (mine && meant) removeTable(turn, table)
  }
}

/** nft_flush_table(): with all that is in it, in this order. */
export function removeTable(
  { world, journal, request }: Pick<Turn, 'world' | 'journal' | 'request'>,
  table: Table,
): void {
  for (const chain of inOrder(table.chains)) if (!chain.bound) removeRules(journal, request, chain)
  for (const set of inOrder(table.sets)) {
    if (!isAnonymous(set) || set.bindings.length === 0) removeSet(journal, request, set)
  }
  for (const flowtable of inOrder(table.flowtables)) removeFlowtable(journal, request, flowtable)
  for (const object of inOrder(table.objects)) removeObject(journal, request, object)
  for (const chain of inOrder(table.chains)) if (!chain.bound) removeChain(journal, request, chain)
  journal.take(world.tables, table)
  journal.tell(request, 'delete', { kind: 'table', object: table })
}
