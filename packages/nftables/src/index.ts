/** What a person wants: tables, chains, sets, rules. */

/** Changes, made all together or not at all. */
export {
  type AnySet,
  type Committed,
  type ElementsFor,
  type FlowtableOptions,
  type KeysFor,
  type NamedFlowtable,
  type NamedObject,
  OpenTable,
  type Planner,
  PlanOvertaken,
  RuleHandle,
  type RuleLike,
  type TableDefinition,
  type TableFlag,
  Transaction,
  type TransactionCommit,
  type TransactionOptions,
  type TransactOptions,
} from './changes/index.ts'
/** From there to the kernel's terms, and to nft text. */
export * from './compile/index.ts'
export { debugExpression, debugRule } from './debug/index.ts'
/** The kernel's terms. The codecs of expressions are named like the builder's words, hence a namespace of their own. */
export * as expr from './expr/index.ts'
export {
  type CtDirection,
  type CtKey,
  canonical,
  type Expression,
  type Family,
  families,
  type MetaKey,
  ruleIdentity,
  type StatefulExpression,
  sameExpressions,
  type UnknownExpression,
} from './expr/index.ts'
export * from './language/index.ts'
export {
  commentOf,
  type ElementList,
  type KernelChain,
  type KernelElement,
  type KernelElements,
  type KernelFlowtable,
  type KernelHook,
  type KernelObject,
  type KernelRule,
  type KernelSet,
  type KernelTable,
  type ObjectRef,
  PackedElements,
  type SetNotes,
  setNotesOf,
} from './messages/index.ts'
export * from './model/index.ts'
export * from './monitor/index.ts'
export { type ConnectOptions, connect, Nftables, submit } from './nftables.ts'
export * from './trace/index.ts'
export {
  Batch,
  type BatchOptions,
  type CommitOptions,
  commit,
  describe,
  type ElementKey,
  type EncodeOptions,
  type Failure,
  type Forms,
  GenerationChanged,
  type Kind,
  type Named,
  type NamedCount,
  type NamedKind,
  type NamedRef,
  type NamedRule,
  NftablesUnavailable,
  type Operation,
  type Origin,
  type Refs,
  type RuleCounters,
  type RuleRef,
  type SetRef,
  type Snapshot,
  type SnapshotOptions,
  type SnapshotSet,
  Submission,
  type TableRef,
  type Tally,
  TransactionError,
  takeSnapshot,
  type Verb,
} from './transaction/index.ts'
