import {
  Malformed,
  type Message,
  NFGENMSG_LENGTH,
  NFNL_SUBSYS_NFTABLES,
  NLM_F_APPEND,
  nfMessage,
  nfSubsystem,
  text,
} from '@sallyport/linux'
import { families } from '../expr/index.ts'
import {
  chainMessage,
  elementsMessage,
  flowtableMessage,
  type KernelChain,
  type KernelFlowtable,
  type KernelObject,
  type KernelRule,
  messageTypes,
  objectMessage,
  ruleMessage,
  setMessage,
  tableMessage,
} from '../messages/index.ts'
import { Cursor } from '../transaction/cursor.ts'
import type { TableRef } from '../transaction/index.ts'
import type { Change, ChangeKind, UnknownChange } from './change.ts'

/** What of a stream is wanted. */
export interface ChangeFilter {
  /** Default: all. */
  readonly tables?: readonly TableRef[] | undefined
  /** Default: all. */
  readonly kinds?: readonly ChangeKind[] | undefined
}

interface Kind {
  readonly kind: ChangeKind
  readonly op: 'add' | 'delete'
}

const kinds = new Map<number, Kind>([
  [messageTypes.newtable, { kind: 'table', op: 'add' }],
  [messageTypes.deltable, { kind: 'table', op: 'delete' }],
  [messageTypes.destroytable, { kind: 'table', op: 'delete' }],
  [messageTypes.newchain, { kind: 'chain', op: 'add' }],
  [messageTypes.delchain, { kind: 'chain', op: 'delete' }],
  [messageTypes.destroychain, { kind: 'chain', op: 'delete' }],
  [messageTypes.newrule, { kind: 'rule', op: 'add' }],
  [messageTypes.delrule, { kind: 'rule', op: 'delete' }],
  [messageTypes.destroyrule, { kind: 'rule', op: 'delete' }],
  [messageTypes.newset, { kind: 'set', op: 'add' }],
  [messageTypes.delset, { kind: 'set', op: 'delete' }],
  [messageTypes.destroyset, { kind: 'set', op: 'delete' }],
  [messageTypes.newsetelem, { kind: 'elements', op: 'add' }],
  [messageTypes.delsetelem, { kind: 'elements', op: 'delete' }],
  [messageTypes.destroysetelem, { kind: 'elements', op: 'delete' }],
  [messageTypes.newobj, { kind: 'object', op: 'add' }],
  [messageTypes.delobj, { kind: 'object', op: 'delete' }],
  [messageTypes.destroyobj, { kind: 'object', op: 'delete' }],
  [messageTypes.newflowtable, { kind: 'flowtable', op: 'add' }],
  [messageTypes.delflowtable, { kind: 'flowtable', op: 'delete' }],
  [messageTypes.destroyflowtable, { kind: 'flowtable', op: 'delete' }],
])

/** NFT_MSG_* of a message; undefined when it is none of nf_tables, and for NFT_MSG_TRACE, which is no change. */
export function numberOf({ type }: Message): number | undefined {
  const number = nfMessage(type)
  return nfSubsystem(type) !== NFNL_SUBSYS_NFTABLES || number === messageTypes.trace ? undefined : number
}

/** Does it pass? Looks at no more of the message than its type, family and first name. */
export function isWanted(message: Message, { tables, kinds: wanted }: ChangeFilter): boolean {
  const known = kinds.get(nfMessage(message.type))
  if (wanted !== undefined && (known === undefined || !wanted.includes(known.kind))) return false
  return tables === undefined || tables.some((table) => isAbout(message.body, table))
}

const NFTA_TABLE = 1 // NFTA_TABLE_NAME, NFTA_CHAIN_TABLE, NFTA_RULE_TABLE, NFTA_SET_TABLE, …: of every kind

function isAbout(body: Uint8Array, { family, name }: TableRef): boolean {
  if (body[0] !== families[family]) return false
  const cursor = new Cursor(body, NFGENMSG_LENGTH)
  return cursor.find(NFTA_TABLE) && text.read(body.subarray(cursor.from, cursor.to)) === name
}

/** What a message reports; never throws for its content. */
export function decodeChange({ type, flags, body }: Message): Change {
  const number = nfMessage(type)
  const known = kinds.get(number)
  const unknown: UnknownChange = { op: 'unknown', kind: 'unknown', message: number, body: body.slice() }
  if (known === undefined) return unknown
  try {
    return known.op === 'add' ? added(known.kind, body, flags) : deleted(known.kind, body)
  } catch (error) {
    if (error instanceof Malformed) return { ...unknown, reason: error.message }
    throw error
  }
}

const codecs: Readonly<Record<ChangeKind, { decode(bytes: Uint8Array): object }>> = {
  table: tableMessage,
  chain: chainMessage,
  rule: ruleMessage,
  set: setMessage,
  elements: elementsMessage,
  object: objectMessage,
  flowtable: flowtableMessage,
}

function added(kind: ChangeKind, body: Uint8Array, flags: number): Change {
  const object = codecs[kind].decode(body)
  const op = kind === 'rule' && (flags & NLM_F_APPEND) === 0 ? 'insert' : 'add'
  return { op, kind, object } as Change
}

/** Older kernels tell all of it, newer ones what names it. What a chain stops listening to comes with its hook. */
function deleted(kind: ChangeKind, body: Uint8Array): Change {
  const object = codecs[kind].decode(body)
  if (hasDevices(object)) return { op: 'detach', kind, object } as Change
  if (kind === 'rule') {
    const { expressions = [], ...rule } = object as Partial<KernelRule>
    return { op: 'delete', kind, object: { expressions, ...rule } } as Change
  }
  return { op: 'delete', kind, object: kind === 'elements' ? object : nameOf(kind, object) } as Change
}

function hasDevices(object: Pick<KernelChain, 'hook'> | Pick<KernelFlowtable, 'hook'>): boolean {
  return object.hook?.devices !== undefined
}

function nameOf(kind: ChangeKind, object: object): object {
  const { family, table, name, handle } = object as Record<string, unknown>
  const type = kind === 'object' ? typeOf(object as KernelObject) : undefined
  return {
    family,
    ...(table !== undefined && { table }),
    name,
    ...(type !== undefined && { type }),
    ...(handle !== undefined && { handle }),
  }
}

function typeOf({ data }: KernelObject): string {
  return data.expr === 'unknown' ? data.name : data.expr
}
