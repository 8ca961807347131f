import { EBUSY, EEXIST, EINVAL, ENOENT, EOPNOTSUPP, NLM_F_EXCL, NLM_F_REPLACE } from '@sallyport/linux'
import { objectTypes } from '../expr/index.ts'
import { forms, inForm } from './forms.ts'
import type { Journal } from './journal.ts'
import { Refusal } from './refusal.ts'
import type { Request } from './request.ts'
import { type Turn, tableOf } from './turn.ts'
import { NFT_MSG, NFTA_OBJ } from './uapi.ts'
import { nextHandle, objectKey, type StatefulObject } from './world.ts'

const kinds: ReadonlyMap<number, string> = new Map(Object.entries(objectTypes).map(([name, type]) => [type, name]))

/** `counter` of NFT_OBJECT_COUNTER: the expression that has the same attributes, where there is one. */
export function kindOf(type: number): string {
  return kinds.get(type) ?? String(type)
}

export function newObject(turn: Turn): void {
  const { journal, request } = turn
  const type = request.u32(NFTA_OBJ.TYPE)
  const name = request.text(NFTA_OBJ.NAME)
  if (type === undefined || name === undefined || !request.has(NFTA_OBJ.DATA)) throw new Refusal(EINVAL)
  const table = tableOf(turn, NFTA_OBJ.TABLE)
  const existing = table.objects.get(objectKey(type, name))
  if (existing !== undefined) {
    addAgain(journal, request, existing)
    return
  }
  if (!kinds.has(type)) throw new Refusal(ENOENT)
  const data = dataOf(request, type)
  const userdata = request.bytes(NFTA_OBJ.USERDATA)
  const object: StatefulObject = { table, name, type, handle: nextHandle(table), userdata, data, use: 0 }
  journal.put(table.objects, objectKey(type, name), object)
  journal.count(table, 1)
  journal.tell(request, 'new', { kind: 'object', object })
}

function dataOf(request: Request, type: number): Map<number, Uint8Array> {
  const data = request.nest(NFTA_OBJ.DATA)!
  const kind = kindOf(type)
  for (const needed of forms[kind]?.needs ?? []) if (!data.has(needed)) throw new Refusal(EINVAL)
  return inForm(kind, new Map([...data].map((each) => [each.type, Uint8Array.from(each.bytes)])))
}

/** Kinds that can be changed: the others are left as they are, without a word. */
const changing: ReadonlySet<string> = new Set(['quota', 'synproxy'])

function addAgain(journal: Journal, request: Request, object: StatefulObject): void {
  if (request.is(NLM_F_EXCL)) throw request.refusal(EEXIST, NFTA_OBJ.NAME)
  if (request.is(NLM_F_REPLACE)) throw new Refusal(EOPNOTSUPP)
  const kind = kindOf(object.type)
  if (!changing.has(kind)) return
  const data = dataOf(request, object.type)
  journal.tell(request, 'new', { kind: 'object', object }, () => {
    const consumed = kind === 'quota' ? object.data.get(4) : undefined // NFTA_QUOTA_CONSUMED stays
    if (consumed !== undefined) data.set(4, consumed)
    object.data = data
  })
}

export function deleteObject(turn: Turn): void {
  const { journal, request } = turn
  const type = request.u32(NFTA_OBJ.TYPE)
  const name = request.text(NFTA_OBJ.NAME)
  const handle = request.u64(NFTA_OBJ.HANDLE)
  if (type === undefined || (name === undefined && handle === undefined)) throw new Refusal(EINVAL)
  const table = tableOf(turn, NFTA_OBJ.TABLE)
  const by = handle === undefined ? NFTA_OBJ.NAME : NFTA_OBJ.HANDLE
  const object =
    handle === undefined
      ? table.objects.get(objectKey(type, name!))
      : [...table.objects.values()].find((each) => each.handle === handle && each.type === type)
  if (object === undefined && request.message === NFT_MSG.DESTROYOBJ) return
  if (object === undefined) throw request.refusal(ENOENT, by)
  if (object.use > 0) throw request.refusal(EBUSY, by)
  removeObject(journal, request, object)
}

export function removeObject(journal: Journal, request: Request, object: StatefulObject): void {
  journal.remove(object.table.objects, objectKey(object.type, object.name))
  journal.count(object.table, -1)
  journal.tell(request, 'delete', { kind: 'object', object })
}
