import { type Codec, NLM_F_APPEND, NLM_F_CREATE, NLM_F_EXCL, NLM_F_REPLACE } from '@sallyport/linux'
import type { Family } from '../expr/index.ts'
import {
  chainMessage,
  elementsMessage,
  type KernelChain,
  type KernelElements,
  type KernelObject,
  type KernelRule,
  type KernelSet,
  type KernelTable,
  type MessageName,
  type ObjectRef,
  objectMessage,
  objectRefMessage,
  ruleMessage,
  setMessage,
  splitElements,
  tableMessage,
} from '../messages/index.ts'

export type Kind = 'table' | 'chain' | 'rule' | 'set' | 'elements' | 'object'

/** `add` keeps what exists, `create` refuses it; `delete` refuses what does not exist, `destroy` does not mind (Linux 6.3). */
export type Verb = 'add' | 'create' | 'insert' | 'replace' | 'delete' | 'destroy'

/** What is written of each kind. */
export interface Forms {
  table: KernelTable
  chain: KernelChain
  rule: KernelRule
  set: KernelSet
  elements: KernelElements
  object: KernelObject
}

interface Named {
  family: Family
  table: string
  name: string
}

/** What names each kind when it is deleted. */
export interface Refs {
  table: { family: Family; name: string }
  chain: Named
  rule: { family: Family; table: string; chain: string; handle: bigint }
  set: Named
  elements: KernelElements
  object: ObjectRef
}

/** One change. An operation is one message, or several for elements beyond 64 KiB. */
export interface Operation {
  readonly verb: Verb
  readonly kind: Kind
  readonly value: Forms[Kind] | Refs[Kind] | FlushedChain
}

/** Deleting rules without naming one deletes them all. */
export type FlushedChain = Omit<Refs['rule'], 'handle'>

/** One message of a batch, before it has a sequence number. */
export interface BatchMessage {
  readonly name: MessageName
  readonly flags: number
  readonly body: Uint8Array
  readonly pathAt: (body: Uint8Array, offset: number) => string[]
  readonly operation: Operation
  /** Index of the first element in this message. */
  readonly firstElement: number
}

const suffixes = {
  table: 'table',
  chain: 'chain',
  rule: 'rule',
  set: 'set',
  elements: 'setelem',
  object: 'obj',
} as const

const codecs = {
  table: tableMessage,
  chain: chainMessage,
  rule: ruleMessage,
  set: setMessage,
  elements: elementsMessage,
  object: objectMessage,
} as const

/** nlmsg_flags beside NLM_F_REQUEST. */
function flagsOf(verb: Verb, kind: Kind): number {
  if (verb === 'create') return NLM_F_CREATE | NLM_F_EXCL
  if (verb === 'add') return kind === 'rule' ? NLM_F_CREATE | NLM_F_APPEND : NLM_F_CREATE
  if (verb === 'insert') return NLM_F_CREATE
  return verb === 'replace' ? NLM_F_REPLACE : 0
}

function messageName({ verb, kind }: Operation): MessageName {
  const prefix = verb === 'delete' ? 'del' : verb === 'destroy' ? 'destroy' : 'new'
  return `${prefix}${suffixes[kind]}`
}

function isRemoval({ verb }: Operation): boolean {
  return verb === 'delete' || verb === 'destroy'
}

/** The messages of one operation. Throws RangeError or TypeError for values that no message can hold. */
export function messagesOf(operation: Operation): BatchMessage[] {
  const { verb, kind, value } = operation
  const codec = (kind === 'object' && isRemoval(operation) ? objectRefMessage : codecs[kind]) as Codec<unknown>
  const one = (part: unknown, firstElement: number): BatchMessage => ({
    name: messageName(operation),
    flags: flagsOf(verb, kind),
    body: codec.encode(part),
    pathAt: codec.pathAt,
    operation,
    firstElement,
  })
  if (kind !== 'elements') return [one(value, 0)]
  return piecesOf(value as KernelElements, isRemoval(operation)).map(([part, first]) => one(part, first))
}

/** Adding no elements is no message; removing none is one that removes all. */
function piecesOf(list: KernelElements, removal: boolean): [KernelElements, number][] {
  if (removal && list.elements.length === 0) return [[list, 0]]
  let first = 0
  return splitElements(list.elements).map((elements) => {
    const piece: [KernelElements, number] = [{ ...list, elements }, first]
    first += elements.length
    return piece
  })
}
