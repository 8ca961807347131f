import { type Codec, NLM_F_APPEND, NLM_F_CREATE, NLM_F_ECHO, NLM_F_EXCL, NLM_F_REPLACE } from '@sallyport/linux'
import type { Family } from '../expr/index.ts'
import {
  chainMessage,
  elementsMessage,
  flowtableMessage,
  type KernelChain,
  type KernelFlowtable,
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
  type WrittenElements,
} from '../messages/index.ts'
import type { Bodies } from './bodies.ts'
import type { Origin } from './origin.ts'

export type Kind = 'table' | 'chain' | 'rule' | 'set' | 'elements' | 'object' | 'flowtable'

/**
 * `add` keeps what exists, `create` refuses it; `delete` refuses what does not exist, `destroy` does not mind (Linux 6.3).
 * `insert` and `replace` are for rules, `rename` for chains.
 */
export type Verb = 'add' | 'create' | 'insert' | 'replace' | 'rename' | 'delete' | 'destroy'

/** What is written of each kind. */
export interface Forms {
  table: KernelTable
  chain: KernelChain
  rule: KernelRule
  set: KernelSet
  elements: WrittenElements
  object: KernelObject
  /** Deleting one with a `hook` takes the devices of that from it. */
  flowtable: KernelFlowtable
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
  rule: { family: Family; table: string; chain: string } & RuleName
  set: Named
  elements: WrittenElements
  object: ObjectRef
  flowtable: Named & Pick<KernelFlowtable, 'hook'>
}

/** By the kernel's handle, or by the `id` that the rule has in this batch. */
type RuleName = { handle: bigint } | { id: number }

/** One change. An operation is one message, or several for elements beyond 64 KiB. */
export interface Operation {
  readonly verb: Verb
  readonly kind: Kind
  readonly value: Forms[Kind] | Refs[Kind] | Flushed
  /** Where the caller asked for it. */
  readonly origin?: Origin | undefined
  /** The kernel is to send it back as it is now there, with its handle (NLM_F_ECHO). */
  readonly echo?: boolean | undefined
}

/** Deleting rules without naming one deletes all of the chain, or of the table. */
export interface Flushed {
  family: Family
  table: string
  chain?: string
}

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
  flowtable: 'flowtable',
} as const

const codecs = {
  table: tableMessage,
  chain: chainMessage,
  rule: ruleMessage,
  set: setMessage,
  elements: elementsMessage,
  object: objectMessage,
  flowtable: flowtableMessage,
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
export function messagesOf(operation: Operation, bodies: Bodies): BatchMessage[] {
  const { verb, kind, value } = operation
  const codec = (kind === 'object' && isRemoval(operation) ? objectRefMessage : codecs[kind]) as Codec<unknown>
  const one = (part: unknown, firstElement: number): BatchMessage => ({
    name: messageName(operation),
    flags: flagsOf(verb, kind) | (operation.echo ? NLM_F_ECHO : 0),
    body: bodies.write(codec, part),
    pathAt: codec.pathAt,
    operation,
    firstElement,
  })
  if (kind !== 'elements') return [one(value, 0)]
  return piecesOf(value as WrittenElements, isRemoval(operation)).map(([part, first]) => one(part, first))
}

/** Adding no elements is no message; removing none is one that removes all. */
function piecesOf(list: WrittenElements, removal: boolean): [WrittenElements, number][] {
  if (removal && list.elements.length === 0) return [[list, 0]]
  let first = 0
  return splitElements(list.elements).map((elements) => {
    const piece: [WrittenElements, number] = [{ ...list, elements }, first]
    first += elements.length
    return piece
  })
}
