import type {
  KernelChain,
  KernelElements,
  KernelFlowtable,
  KernelObject,
  KernelRule,
  KernelSet,
  KernelTable,
  ObjectRef,
} from '../messages/index.ts'
import type { NamedRef, RuleRef, TableRef } from '../transaction/ref.ts'

/** What can change. Rules are theirs, elements those of a set or map. */
export type ChangeKind = 'table' | 'chain' | 'rule' | 'set' | 'elements' | 'object' | 'flowtable'

/** A new object, or new properties of one that exists: the kernel does not tell which. */
type Added<K extends ChangeKind, T> = { readonly op: 'add'; readonly kind: K; readonly object: T }

/** The kernel tells names and handle of what is gone, and seldom more. */
type Deleted<K extends ChangeKind, T> = { readonly op: 'delete'; readonly kind: K; readonly object: T }

/** A chain or flowtable no longer listens to these interfaces; it still exists. */
type Detached<K extends ChangeKind, T> = { readonly op: 'detach'; readonly kind: K; readonly object: T }

/**
 * Where a new rule is: behind the one with the handle `object.position`; without it, at the end of its chain for `add`
 * and at the start for `insert`. As of the whole commit, that is: the rule at `position` may come with a later change.
 */
type RuleAdded = { readonly op: 'add' | 'insert'; readonly kind: 'rule'; readonly object: KernelRule }

/** A rule in the place of `previous`. Since Linux 6.18 with the same handle. */
type RuleReplaced = {
  readonly op: 'replace'
  readonly kind: 'rule'
  readonly object: KernelRule
  readonly previous: KernelRule
}

/** A message that has no codec here, or that its codec does not understand: a newer kernel's. */
export interface UnknownChange {
  readonly op: 'unknown'
  readonly kind: 'unknown'
  /** NFT_MSG_*, the lower byte of nlmsg_type. */
  readonly message: number
  /** nfgenmsg and attributes. */
  readonly body: Uint8Array
  /** Why, when there is a codec. */
  readonly reason?: string
}

/** One change of the ruleset. */
export type Change =
  | Added<'table', KernelTable>
  | Deleted<'table', TableRef & { readonly handle?: bigint }>
  | Added<'chain', KernelChain>
  | Deleted<'chain', NamedRef & { readonly handle?: bigint }>
  | Detached<'chain', KernelChain>
  | RuleAdded
  | RuleReplaced
  | Deleted<'rule', KernelRule & RuleRef>
  | Added<'set', KernelSet>
  | Deleted<'set', NamedRef & { readonly handle?: bigint }>
  | Added<'elements', KernelElements>
  | Deleted<'elements', KernelElements>
  | Added<'object', KernelObject>
  | Deleted<'object', ObjectRef>
  | Added<'flowtable', KernelFlowtable>
  | Deleted<'flowtable', NamedRef & { readonly handle?: bigint }>
  | Detached<'flowtable', KernelFlowtable>
  | UnknownChange
