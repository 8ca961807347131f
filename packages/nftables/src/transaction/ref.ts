import type { Family } from '../expr/index.ts'

/** One table; as a filter, all that is in it. */
export interface TableRef {
  readonly family: Family
  readonly name: string
}

/** One chain, object or flowtable. */
export interface NamedRef {
  readonly family: Family
  readonly table: string
  readonly name: string
}

/** One set or map. */
export interface SetRef extends NamedRef {}

/** One rule. */
export interface RuleRef {
  readonly family: Family
  readonly table: string
  readonly chain: string
  readonly handle: bigint
}
