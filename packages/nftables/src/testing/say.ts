import { NFNL_SUBSYS_NFTABLES, nfGenMessage, nfMessageType, type Writer, writeMessage } from '@sallyport/linux'
import { type Expr, writeExpression, writeExpressions } from './expressions.ts'
import { bytesOf, putBytes, putNest, putText, putU32, putU64 } from './fill.ts'
import {
  NFPROTO,
  NFT_DATA_VERDICT,
  NFT_SET,
  NFTA_CHAIN,
  NFTA_DATA,
  NFTA_DEVICE_NAME,
  NFTA_FLOWTABLE,
  NFTA_FLOWTABLE_HOOK,
  NFTA_HOOK,
  NFTA_LIST_ELEM,
  NFTA_OBJ,
  NFTA_RULE,
  NFTA_SET,
  NFTA_SET_DESC,
  NFTA_SET_ELEM,
  NFTA_SET_ELEM_LIST,
  NFTA_SET_FIELD,
  NFTA_TABLE,
} from './uapi.ts'
import { writeVerdict } from './verdict.ts'
import type { Base, Chain, Element, Flowtable, NamedSet, Rule, StatefulObject, Table } from './world.ts'

// What the kernel says of each thing, in answers and events. `gone`: it was deleted, and only its name is told.

/** What surrounds the attributes. */
export interface Cover {
  readonly message: number
  readonly flags: number
  readonly sequence: number
  readonly portId: number
  readonly family: number
  readonly generation: number
}

export function say(cover: Cover, attributes: (out: Writer) => void): Uint8Array {
  return bytesOf((out) => {
    writeMessage(out, {
      type: nfMessageType(NFNL_SUBSYS_NFTABLES, cover.message),
      flags: cover.flags,
      sequence: cover.sequence,
      portId: cover.portId,
      body: (inner) => {
        nfGenMessage.write(inner, { family: cover.family, version: 0, resourceId: cover.generation & 0xffff })
        attributes(inner)
      },
    })
  })
}

export function sayTable(out: Writer, table: Table, gone = false): void {
  putText(out, NFTA_TABLE.NAME, table.name)
  putU32(out, NFTA_TABLE.USE, table.use)
  putU64(out, NFTA_TABLE.HANDLE, table.handle)
  if (gone) return
  putU32(out, NFTA_TABLE.FLAGS, table.flags)
  if (table.owner !== 0) putU32(out, NFTA_TABLE.OWNER, table.owner)
  putBytes(out, NFTA_TABLE.USERDATA, table.userdata)
}

/** `told`: the devices that came or went; all when absent. */
export function sayChain(out: Writer, chain: Chain, gone = false, told?: readonly string[]): void {
  const devices = told ?? chain.base?.devices ?? []
  putText(out, NFTA_CHAIN.TABLE, chain.table.name)
  putText(out, NFTA_CHAIN.NAME, chain.name)
  putU64(out, NFTA_CHAIN.HANDLE, chain.handle)
  if (gone && told === undefined) return
  if (chain.base !== undefined) sayBase(out, chain.table.family, { ...chain.base, devices })
  if (chain.flags !== 0) putU32(out, NFTA_CHAIN.FLAGS, chain.flags)
  putU32(out, NFTA_CHAIN.USE, chain.use)
  putBytes(out, NFTA_CHAIN.USERDATA, chain.userdata)
}

function sayBase(out: Writer, family: number, base: Base): void {
  putNest(out, NFTA_CHAIN.HOOK, (hook) => {
    putU32(hook, NFTA_HOOK.HOOKNUM, base.hook)
    putU32(hook, NFTA_HOOK.PRIORITY, base.priority)
    if (family !== NFPROTO.NETDEV && base.devices.length === 0) return
    putNest(hook, NFTA_HOOK.DEVS, (list) => {
      for (const name of base.devices) putText(list, NFTA_DEVICE_NAME, name)
    })
    if (base.devices.length === 1) putText(hook, NFTA_HOOK.DEV, base.devices[0]!)
  })
  putU32(out, NFTA_CHAIN.POLICY, base.policy)
  putText(out, NFTA_CHAIN.TYPE, base.type)
  const { counters } = base
  if (counters === undefined) return
  putNest(out, NFTA_CHAIN.COUNTERS, (nest) => {
    putU64(nest, 2, counters.packets) // NFTA_COUNTER_PACKETS
    putU64(nest, 1, counters.bytes) // NFTA_COUNTER_BYTES
  })
}

/** In full, also when it is gone. `behind`: the rule before it, where the kernel names it. */
export function sayRule(out: Writer, rule: Rule, behind?: Rule): void {
  putText(out, NFTA_RULE.TABLE, rule.chain.table.name)
  putText(out, NFTA_RULE.CHAIN, rule.chain.name)
  putU64(out, NFTA_RULE.HANDLE, rule.handle)
  if (behind !== undefined) putU64(out, NFTA_RULE.POSITION, behind.handle)
  writeExpressions(out, NFTA_RULE.EXPRESSIONS, rule.expressions)
  putBytes(out, NFTA_RULE.USERDATA, rule.userdata)
}

/** `counts`: also what it is made of, and how many elements it has. */
export function saySet(out: Writer, set: NamedSet, gone: boolean, counts: boolean): void {
  putText(out, NFTA_SET.TABLE, set.table.name)
  putText(out, NFTA_SET.NAME, set.name)
  putU64(out, NFTA_SET.HANDLE, set.handle)
  if (gone) return
  if (set.flags !== 0) putU32(out, NFTA_SET.FLAGS, set.flags)
  putU32(out, NFTA_SET.KEY_TYPE, set.keyType)
  putU32(out, NFTA_SET.KEY_LEN, set.keyLen)
  if ((set.flags & NFT_SET.MAP) !== 0) {
    putU32(out, NFTA_SET.DATA_TYPE, set.dataType)
    putU32(out, NFTA_SET.DATA_LEN, set.dataLen)
  }
  if ((set.flags & NFT_SET.OBJECT) !== 0) putU32(out, NFTA_SET.OBJ_TYPE, set.objType)
  if (set.timeout > 0n) putU64(out, NFTA_SET.TIMEOUT, set.timeout)
  if (set.gcInterval > 0) putU32(out, NFTA_SET.GC_INTERVAL, set.gcInterval)
  if (set.policy !== 0) putU32(out, NFTA_SET.POLICY, set.policy)
  putBytes(out, NFTA_SET.USERDATA, set.userdata)
  sayDescription(out, set)
  sayCarried(out, NFTA_SET.EXPR, NFTA_SET.EXPRESSIONS, set.expressions)
  if (!counts) return
  putText(out, NFTA_SET.TYPE, set.backend)
  putU32(out, NFTA_SET.COUNT, countOf(set))
}

/** Of intervals, not of their marks. */
function countOf({ count, backend }: NamedSet): number {
  return backend === 'rbtree' ? Math.floor(count / 2) : count
}

function sayDescription(out: Writer, { size, fields }: NamedSet): void {
  putNest(out, NFTA_SET.DESC, (nest) => {
    if (size > 0) putU32(nest, NFTA_SET_DESC.SIZE, size)
    if (fields.length < 2) return
    putNest(nest, NFTA_SET_DESC.CONCAT, (list) => {
      for (const length of fields) putNest(list, NFTA_LIST_ELEM, (field) => putU32(field, NFTA_SET_FIELD.LEN, length))
    })
  })
}

function sayCarried(out: Writer, one: number, several: number, list: readonly Expr[]): void {
  if (list.length === 1) putNest(out, one, (inner) => writeExpression(inner, list[0]!))
  else if (list.length > 1) writeExpressions(out, several, list)
}

/** A list of elements of a set, as of `now`. */
export function sayElements(out: Writer, set: NamedSet, elements: readonly Element[], now: bigint): void {
  putText(out, NFTA_SET_ELEM_LIST.TABLE, set.table.name)
  putText(out, NFTA_SET_ELEM_LIST.SET, set.name)
  putNest(out, NFTA_SET_ELEM_LIST.ELEMENTS, (list) => {
    for (const each of elements) putNest(list, NFTA_LIST_ELEM, (inner) => sayElement(inner, set, each, now))
  })
}

function sayElement(out: Writer, set: NamedSet, element: Element, now: bigint): void {
  const key = (type: number, value: Uint8Array | undefined): void => {
    if (value !== undefined) putNest(out, type, (data) => putBytes(data, NFTA_DATA.VALUE, value))
  }
  key(NFTA_SET_ELEM.KEY, element.key)
  key(NFTA_SET_ELEM.KEY_END, element.keyEnd ?? (set.backend === 'pipapo' ? element.key : undefined))
  if (element.data !== undefined) sayData(out, set, element)
  sayCarried(out, NFTA_SET_ELEM.EXPR, NFTA_SET_ELEM.EXPRESSIONS, element.expressions)
  if (element.object !== undefined) putText(out, NFTA_SET_ELEM.OBJREF, element.object.name)
  if (element.flags !== 0) putU32(out, NFTA_SET_ELEM.FLAGS, element.flags)
  sayTimes(out, set, element, now)
  putBytes(out, NFTA_SET_ELEM.USERDATA, element.userdata)
}

function sayData(out: Writer, set: NamedSet, { data }: Element): void {
  if (data === undefined) return
  if ('value' in data) putNest(out, NFTA_SET_ELEM.DATA, (inner) => putBytes(inner, NFTA_DATA.VALUE, data.value))
  else if (set.dataType === NFT_DATA_VERDICT) writeVerdict(out, NFTA_SET_ELEM.DATA, data.verdict)
}

/** The timeout only where it is not the set's: 0 says that the element does not die. */
function sayTimes(out: Writer, set: NamedSet, { timeout, expires, flags }: Element, now: bigint): void {
  if ((set.flags & NFT_SET.TIMEOUT) === 0 || (flags & 1) !== 0) return
  if (timeout !== set.timeout) putU64(out, NFTA_SET_ELEM.TIMEOUT, timeout)
  if (timeout > 0n) putU64(out, NFTA_SET_ELEM.EXPIRATION, expires > now ? expires - now : 0n)
}

export function sayObject(out: Writer, object: StatefulObject, gone = false): void {
  putText(out, NFTA_OBJ.TABLE, object.table.name)
  putText(out, NFTA_OBJ.NAME, object.name)
  putU32(out, NFTA_OBJ.TYPE, object.type)
  putU64(out, NFTA_OBJ.HANDLE, object.handle)
  if (gone) return
  putU32(out, NFTA_OBJ.USE, object.use)
  putNest(out, NFTA_OBJ.DATA, (data) => {
    for (const [type, bytes] of object.data) putBytes(data, type, bytes)
  })
  putBytes(out, NFTA_OBJ.USERDATA, object.userdata)
}

/** `devices`: those that came or went; all when absent. */
export function sayFlowtable(out: Writer, flowtable: Flowtable, gone: boolean, devices?: readonly string[]): void {
  putText(out, NFTA_FLOWTABLE.TABLE, flowtable.table.name)
  putText(out, NFTA_FLOWTABLE.NAME, flowtable.name)
  putU64(out, NFTA_FLOWTABLE.HANDLE, flowtable.handle)
  if (gone && devices === undefined) return
  putU32(out, NFTA_FLOWTABLE.USE, flowtable.use)
  putU32(out, NFTA_FLOWTABLE.FLAGS, flowtable.flags)
  putNest(out, NFTA_FLOWTABLE.HOOK, (hook) => {
    putU32(hook, NFTA_FLOWTABLE_HOOK.NUM, flowtable.hook)
    putU32(hook, NFTA_FLOWTABLE_HOOK.PRIORITY, flowtable.priority)
    putNest(hook, NFTA_FLOWTABLE_HOOK.DEVS, (list) => {
      for (const name of devices ?? flowtable.devices) putText(list, NFTA_DEVICE_NAME, name)
    })
  })
}
