/** What a person wants: tables, chains, sets, rules. */

/** From there to the kernel's terms, and to nft text. */
export * from './compile/index.ts'
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
  type KernelChain,
  type KernelElement,
  type KernelElements,
  type KernelHook,
  type KernelObject,
  type KernelRule,
  type KernelSet,
  type KernelTable,
  type ObjectRef,
  type SetNotes,
  setNotesOf,
} from './messages/index.ts'
export * from './model/index.ts'
export { type ConnectOptions, connect, Nftables } from './nftables.ts'
export * from './transaction/index.ts'
