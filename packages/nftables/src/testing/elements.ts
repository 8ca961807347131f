import { EBUSY, EEXIST, EINVAL, ENOENT, NLM_F_EXCL } from '@sallyport/linux'
import { inside, type Located } from './attributes.ts'
import { type ElementMessage, parseElement, parseElementKey } from './elementform.ts'
import { ENFILE } from './errno.ts'
import type { Context } from './expressions.ts'
import { Journal } from './journal.ts'
import { releaseElement, setOfBatch } from './links.ts'
import { Refusal } from './refusal.ts'
import { RangeStore } from './store.ts'
import { type Turn, tableOf } from './turn.ts'
import { NFT_MSG, NFT_SET, NFT_SET_ELEM, NFTA_SET_ELEM_LIST } from './uapi.ts'
import { validateTable } from './validate.ts'
import { type Element, elementsOf, type NamedSet } from './world.ts'

export function newElements(turn: Turn): void {
  const { journal, request } = turn
  const list = request.list(NFTA_SET_ELEM_LIST.ELEMENTS)
  if (list === undefined) throw new Refusal(EINVAL)
  const set = setOf(turn, true)
  for (const located of list) pointing(located, () => addElement(turn, set, located))
  if (journal.validation === 'do') validateTable(set.table)
}

/** The set that is meant; one of this batch also by its id. Constant ones are closed as soon as a rule has them. */
function setOf(turn: Turn, byId: boolean): NamedSet {
  const { journal, request } = turn
  const table = tableOf(turn, NFTA_SET_ELEM_LIST.TABLE)
  const name = request.text(NFTA_SET_ELEM_LIST.SET)
  const id = byId ? request.u32(NFTA_SET_ELEM_LIST.SET_ID) : undefined
  const set = table.sets.get(name ?? '') ?? setOfBatch(journal, table, id)
  if (set === undefined) throw request.refusal(ENOENT, NFTA_SET_ELEM_LIST.SET)
  const closed = (set.flags & (NFT_SET.CONSTANT | NFT_SET.ANONYMOUS)) !== 0
  if (set.bindings.length > 0 && closed) throw new Refusal(EBUSY)
  collect(set, turn.now)
  return set
}

/** Elements whose time has come are gone, also for what they refer to. */
export function collect(set: NamedSet, now: bigint): void {
  if ((set.flags & NFT_SET.TIMEOUT) === 0) return
  const dead = [...elementsOf(set)].filter((each) => each.timeout > 0n && each.expires <= now)
  for (const element of dead) {
    take(set, element)
    uncount(set, element)
    releaseElement(new Journal(), element)
  }
}

function addElement(turn: Turn, set: NamedSet, located: Located): void {
  const { journal, behaviour } = turn
  const mark = journal.mark()
  const context: Context = { journal, behaviour, table: set.table }
  try {
    const message = parseElement(context, set, inside(located), turn.now)
    if (!insert(turn, set, message)) journal.rollback(mark)
    else if (jumpsFromRules(set, message.element) && journal.validation === 'skip') journal.validation = 'need'
  } catch (error) {
    journal.rollback(mark)
    throw error
  }
}

function jumpsFromRules(set: NamedSet, { data }: Element): boolean {
  return set.bindings.length > 0 && data !== undefined && 'verdict' in data && data.verdict.chain !== undefined
}

/** False: it was there already. */
function insert(turn: Turn, set: NamedSet, { element, expiration }: ElementMessage): boolean {
  const { journal, request } = turn
  const clash = element.key === undefined ? set.catchAll : set.store.clash(element)
  if (clash === 'overlap') throw new Refusal(EEXIST)
  if (clash !== undefined) {
    if (!sameContent(clash, element) || request.is(NLM_F_EXCL)) throw new Refusal(EEXIST)
    if (turn.behaviour.refreshesElements) refresh(turn, set, clash, element, expiration)
    return false
  }
  if (set.store instanceof RangeStore && element.key !== undefined && set.store.isReversed(element)) {
    throw new Refusal(EINVAL)
  }
  const counted = element.key !== undefined && set.size > 0
  if (counted && set.store.size >= mostElements(set)) throw new Refusal(ENFILE)
  put(set, element)
  if (element.key !== undefined) set.count += 1
  journal.did(() => {
    take(set, element)
    uncount(set, element)
  })
  journal.tell(request, 'new', { kind: 'element', object: element, set })
  return true
}

/** Both marks of an interval count, hence the double, and one for the mark at zero. */
function mostElements({ size, backend }: NamedSet): number {
  return backend === 'rbtree' ? size * 2 + 1 : size
}

function sameContent(a: Element, b: Element): boolean {
  return a.object === b.object && sameData(a.data, b.data)
}

function sameData(a: Element['data'], b: Element['data']): boolean {
  if (a === undefined || b === undefined) return a === b
  if ('value' in a) return 'value' in b && Buffer.compare(a.value, b.value) === 0
  return 'verdict' in b && a.verdict.code === b.verdict.code && a.verdict.chain === b.verdict.chain
}

/** Since Linux 6.12 adding an element again gives it the new timeout. */
function refresh({ journal, request, now }: Turn, set: NamedSet, old: Element, added: Element, left: bigint): void {
  if (old.timeout === 0n && set.timeout === 0n) return
  const changed = added.timeout !== old.timeout
  const expiration = changed && left === 0n ? added.timeout : left
  if (!changed && expiration === 0n) return
  journal.tell(request, 'new', { kind: 'element', object: old, set }, () => {
    Object.assign(old, { timeout: added.timeout, expires: now + expiration })
  })
}

export function deleteElements(turn: Turn): void {
  const { request } = turn
  const set = setOf(turn, false)
  const list = request.list(NFTA_SET_ELEM_LIST.ELEMENTS)
  if (list === undefined) {
    for (const element of [...elementsOf(set)]) removeElement(turn, set, element)
    return
  }
  for (const located of list) pointing(located, () => deleteElement(turn, set, located))
}

function deleteElement(turn: Turn, set: NamedSet, located: Located): void {
  const { key, keyEnd, flags } = parseElementKey(set, inside(located))
  const catchAll = (flags & NFT_SET_ELEM.CATCHALL) !== 0
  const element = catchAll ? set.catchAll : set.store.find({ key, keyEnd, flags })
  if (element !== undefined) {
    removeElement(turn, set, element)
    return
  }
  if (turn.request.message !== NFT_MSG.DESTROYSETELEM) throw new Refusal(ENOENT)
}

function removeElement({ journal, request }: Turn, set: NamedSet, element: Element): void {
  take(set, element)
  journal.did(() => put(set, element))
  releaseElement(journal, element)
  journal.tell(request, 'delete', { kind: 'element', object: element, set }, () => uncount(set, element))
}

function uncount(set: NamedSet, { key }: Element): void {
  if (key !== undefined) set.count -= 1
}

function put(set: NamedSet, element: Element): void {
  if (element.key === undefined) set.catchAll = element
  else set.store.add(element)
}

function take(set: NamedSet, element: Element): void {
  if (element.key === undefined) set.catchAll = undefined
  else set.store.remove(element)
}

/** Refusals point at the element. */
function pointing(located: Located, fn: () => void): void {
  try {
    fn()
  } catch (error) {
    throw error instanceof Refusal ? new Refusal(error.errno, located.offset) : error
  }
}
