import {
  EBUSY,
  EEXIST,
  EINVAL,
  ENOENT,
  EOPNOTSUPP,
  NLM_F_CREATE,
  NLM_F_EXCL,
  NLM_F_NONREC,
  NLM_F_REPLACE,
} from '@sallyport/linux'
import { E2BIG, EAFNOSUPPORT, ENFILE } from './errno.ts'
import { carriedBy } from './expressions.ts'
import type { Journal } from './journal.ts'
import { isAnonymous, releaseElements } from './links.ts'
import { Refusal } from './refusal.ts'
import type { Request } from './request.ts'
import { type Described, describeSet } from './setform.ts'
import { IntervalStore, RangeStore, SingleStore, type Store } from './store.ts'
import { type Turn, tableOf } from './turn.ts'
import { NFT_MSG, NFT_SET, NFTA_SET } from './uapi.ts'
import { type Backend, type NamedSet, nextHandle, type Table } from './world.ts'

export function newSet(turn: Turn): void {
  const { journal, request } = turn
  const described = describeSet(request)
  const table = tableOf(turn, NFTA_SET.TABLE)
  const name = request.text(NFTA_SET.NAME)!
  const existing = table.sets.get(name)
  if (existing !== undefined) {
    addAgain(turn, existing, described)
    return
  }
  if (!request.is(NLM_F_CREATE)) throw new Refusal(ENOENT)
  const backend = backendOf(described)
  const set = makeSet(turn, table, freeName(table, name), described, backend)
  journal.put(table.sets, set.name, set)
  journal.count(table, 1)
  journal.setIds.give(request.u32(NFTA_SET.ID), set)
  if (isAnonymous(set)) {
    journal.unbound.add(set)
    journal.anonymous.push(set)
  }
  journal.tell(request, 'new', { kind: 'set', object: set })
}

function makeSet(turn: Turn, table: Table, name: string, described: Described, backend: Backend): NamedSet {
  const { journal, request, behaviour } = turn
  if (request.has(NFTA_SET.EXPRESSIONS) && (described.flags & NFT_SET.EXPR) === 0) throw new Refusal(EINVAL)
  const context = { journal, behaviour, table }
  const kind = { flags: described.flags, backend }
  const expressions = carriedBy(context, request, NFTA_SET.EXPR, NFTA_SET.EXPRESSIONS, kind)
  if (expressions.length > 2) throw new Refusal(E2BIG) // NFT_SET_EXPR_MAX
  const userdata = request.bytes(NFTA_SET.USERDATA)
  const store = storeOf(backend, described)
  const handle = nextHandle(table)
  return {
    table,
    name,
    handle,
    ...described,
    expressions,
    userdata,
    backend,
    store,
    catchAll: undefined,
    count: 0,
    use: 0,
    bindings: [],
  }
}

function storeOf(backend: Backend, { flags, fields }: Described): Store {
  if (backend === 'pipapo') return new RangeStore(fields)
  return backend === 'rbtree' ? new IntervalStore((flags & NFT_SET.ANONYMOUS) !== 0) : new SingleStore()
}

/** nft_select_set_ops(): which implementation can do all that is asked for; EOPNOTSUPP when none can. */
function backendOf({ flags, size, keyLen, fields, policy }: Described): Backend {
  const wants = flags & (NFT_SET.INTERVAL | NFT_SET.MAP | NFT_SET.TIMEOUT | NFT_SET.OBJECT | NFT_SET.EVAL)
  if ((wants & NFT_SET.INTERVAL) !== 0) {
    if ((wants & NFT_SET.EVAL) !== 0) throw new Refusal(EOPNOTSUPP)
    return fields.length > 1 ? 'pipapo' : 'rbtree'
  }
  if ((wants & ~(NFT_SET.MAP | NFT_SET.OBJECT)) !== 0) return 'rhash'
  if (wants === 0 && keyLen <= 2 && (size === 0 || policy === 0)) return 'bitmap'
  return size > 0 ? 'hash' : 'rhash'
}

/** Of `%d` in the name of an anonymous set: the lowest number that is free. */
function freeName(table: Table, name: string): string {
  if (!name.includes('%')) return name
  const [before, after, ...more] = name.split('%d')
  if (before === undefined || after === undefined || more.length > 0) throw new Refusal(EINVAL)
  if (`${before}${after}`.includes('%')) throw new Refusal(EINVAL)
  for (let number = 0; number < 32768; number++) {
    const free = `${before}${number}${after}`
    if (!table.sets.has(free)) return free
  }
  throw new Refusal(ENFILE)
}

/** An existing set has to be the same; its timeout, interval of collection and size change. */
function addAgain({ journal, request, behaviour }: Turn, set: NamedSet, described: Described): void {
  if (request.is(NLM_F_EXCL)) throw request.refusal(EEXIST, NFTA_SET.NAME)
  if (request.is(NLM_F_REPLACE)) throw new Refusal(EOPNOTSUPP)
  if (!behaviour.comparesSets) return
  const expressions = carriedBy(
    { journal, behaviour, table: set.table },
    request,
    NFTA_SET.EXPR,
    NFTA_SET.EXPRESSIONS,
    set,
  )
  if (!isSame(set, described) || !sameNames(expressions, set.expressions)) throw request.refusal(EEXIST, NFTA_SET.NAME)
  if (isAnonymous(set)) throw new Refusal(EOPNOTSUPP)
  const { timeout, gcInterval, size } = described
  journal.tell(request, 'new', { kind: 'set', object: set }, () => {
    Object.assign(set, { timeout, gcInterval, ...(size > 0 && { size }) })
  })
}

function isSame(set: NamedSet, other: Described): boolean {
  const { keyType, dataType, flags, keyLen, dataLen, fields } = other
  const sameTypes = set.keyType === keyType && set.dataType === dataType && set.flags === flags
  return sameTypes && set.keyLen === keyLen && set.dataLen === dataLen && set.fields.join() === fields.join()
}

function sameNames(a: readonly { name: string }[], b: readonly { name: string }[]): boolean {
  return a.map(({ name }) => name).join() === b.map(({ name }) => name).join()
}

export function deleteSet(turn: Turn): void {
  const { journal, request } = turn
  if (request.family === 0) throw new Refusal(EAFNOSUPPORT)
  const table = tableOf(turn, NFTA_SET.TABLE)
  const handle = request.u64(NFTA_SET.HANDLE)
  const name = request.text(NFTA_SET.NAME)
  const by = handle === undefined ? NFTA_SET.NAME : NFTA_SET.HANDLE
  if (handle === undefined && name === undefined) throw new Refusal(EINVAL)
  const set =
    handle === undefined ? table.sets.get(name!) : [...table.sets.values()].find((each) => each.handle === handle)
  if (set === undefined && request.message === NFT_MSG.DESTROYSET) return
  if (set === undefined) throw request.refusal(ENOENT, by)
  const full = request.is(NLM_F_NONREC) && set.count > 0
  if (set.use > 0 || full) throw request.refusal(EBUSY, by)
  removeSet(journal, request, set)
}

export function removeSet(journal: Journal, request: Request, set: NamedSet): void {
  releaseElements(journal, set)
  journal.remove(set.table.sets, set.name)
  journal.count(set.table, -1)
  journal.bind(set)
  journal.tell(request, 'delete', { kind: 'set', object: set })
}
