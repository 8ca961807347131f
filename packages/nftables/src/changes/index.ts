export type { FlowtableOptions, TableFlag } from './define.ts'
export { type AnySet, type ElementsFor, type KeysFor, keysFor } from './elements.ts'
export { absent, type Kernel, kernelOf } from './kernel.ts'
export { OpenTable, type TableContent } from './open.ts'
export { tableOf } from './place.ts'
export { type NamedFlowtable, type NamedObject, referenceTo } from './reference.ts'
export { RuleHandle, type RuleLike } from './rule-handle.ts'
export { type Planner, PlanOvertaken, type TransactOptions, transact } from './transact.ts'
export {
  type Committed,
  type TableDefinition,
  Transaction,
  type TransactionCommit,
  type TransactionOptions,
} from './transaction.ts'
