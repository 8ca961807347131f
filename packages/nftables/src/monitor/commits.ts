import { type Message, NLM_F_CREATE } from '@sallyport/linux'
import { type KernelRule, messageTypes, readGeneration } from '../messages/index.ts'
import type { Snapshot } from '../transaction/index.ts'
import type { Change } from './change.ts'
import { type ChangeFilter, decodeChange, isWanted, numberOf } from './decode.ts'

/** Who committed: as the kernel sees it, that is with the process id of the outermost pid namespace. */
export interface Committer {
  /** NFTA_GEN_PROC_PID */
  readonly pid: number
  /** NFTA_GEN_PROC_NAME: the first 15 bytes of the thread's name. */
  readonly name: string
}

/** All that one transaction changed, and is wanted. */
export interface CommitEvent {
  readonly type: 'commit'
  readonly generation: number
  readonly process?: Committer
  readonly changes: readonly Change[]
}

/** What the kernel itself changed, outside of any transaction: a named quota was used up. It makes no generation. */
export interface KernelEvent {
  readonly type: 'kernel'
  readonly changes: readonly Change[]
}

/**
 * Events were lost, since nobody read them in time. The ruleset is at `snapshot.generation`, and the events that follow
 * go on from there without a gap.
 */
export interface ResyncEvent {
  readonly type: 'resync'
  readonly snapshot: Snapshot
}

export type MonitorEvent = CommitEvent | KernelEvent | ResyncEvent

interface Pending {
  change: Change
  readonly sequence: number
  readonly flags: number
}

/**
 * Messages of the group NFNLGRP_NFTABLES to events. The kernel tells all changes of a transaction and then, with
 * NFT_MSG_NEWGEN, whose it was.
 */
export class Commits {
  readonly #filter: ChangeFilter
  readonly #read: () => Snapshot
  #pending: Pending[] = []
  /** Commits up to this generation are known already. */
  #known: number | undefined

  /** `read` takes a snapshot, as of now. */
  constructor(filter: ChangeFilter, read: () => Snapshot) {
    this.#filter = filter
    this.#read = read
  }

  /** What a message completes; undefined when more is to come, or nothing of it is wanted. */
  take(message: Message): CommitEvent | KernelEvent | undefined {
    const number = numberOf(message)
    if (number === undefined) return undefined
    return number === messageTypes.newgen ? this.#commit(message) : this.#change(message)
  }

  /** To be called when nothing is queued any more: what was gathered is a part of what the snapshot has. */
  resync(): ResyncEvent {
    const snapshot = this.#read()
    this.#pending = []
    this.#known = snapshot.generation
    return { type: 'resync', snapshot }
  }

  #change(message: Message): KernelEvent | undefined {
    if (!isWanted(message, this.#filter)) return undefined
    const change = decodeChange(message)
    if (message.portId === 0 && message.sequence === 0) return { type: 'kernel', changes: [change] }
    const last = this.#pending.at(-1)
    const { sequence, flags } = message
    if (last === undefined || !joined(last, change, message)) this.#pending.push({ change, sequence, flags })
    return undefined
  }

  #commit({ body }: Message): CommitEvent | undefined {
    const { id, procPid, procName } = readGeneration(body)
    const changes = this.#pending.map(({ change }) => change)
    this.#pending = []
    if (this.#known !== undefined && !isAfter(id, this.#known)) return undefined
    this.#known = undefined
    if (changes.length === 0 && this.#isFiltered()) return undefined
    const process = procPid === undefined ? undefined : { pid: procPid, name: procName ?? '' }
    return { type: 'commit', generation: id, ...(process && { process }), changes }
  }

  #isFiltered(): boolean {
    return this.#filter.tables !== undefined || this.#filter.kinds !== undefined
  }
}

/** Generations start again at 1 after 2³²-1. */
export function isAfter(generation: number, other: number): boolean {
  return ((generation - other) | 0) > 0
}

/** Makes one change of two messages: elements come one by one, a replaced rule as the old one and the new one. */
function joined(last: Pending, change: Change, message: Message): boolean {
  if (change.kind === 'elements' && last.change.kind === 'elements') return joinElements(last.change, change)
  if (change.kind !== 'rule' || change.op === 'delete' || change.op === 'replace') return false
  const before = last.change
  if (before.kind !== 'rule' || before.op !== 'delete' || last.sequence !== message.sequence) return false
  if (!isReplacement(before.object, change.object, message.flags)) return false
  last.change = { op: 'replace', kind: 'rule', object: change.object, previous: before.object }
  return true
}

type ElementsChange = Extract<Change, { kind: 'elements' }>

function joinElements(last: ElementsChange, { op, object }: ElementsChange): boolean {
  const { family, table, set, elements } = last.object
  if (last.op !== op || object.family !== family || object.table !== table || object.set !== set) return false
  elements.push(...object.elements)
  return true
}

/** The kernel keeps the handle (since 6.18), and wants no NLM_F_CREATE to replace while it does to add. */
function isReplacement(before: KernelRule, after: KernelRule, flags: number): boolean {
  if (before.family !== after.family || before.table !== after.table || before.chain !== after.chain) return false
  return before.handle === after.handle || (flags & NLM_F_CREATE) === 0
}
