import type { Family } from '../expr/index.ts'
import type { Chain, Table } from '../model/index.ts'

/** A rule that is in the kernel, or will be: what `after`, `before`, `replace` and `delete` are told. */
export interface RuleLike {
  readonly family: Family
  readonly table: string
  readonly chain: string
  /** The kernel's number for it. */
  readonly handle?: bigint | undefined
}

/**
 * A rule of a transaction. It learns its handle when that is committed, and names the rule from then on, in any other
 * transaction too. Before, it names it in its own.
 */
export class RuleHandle implements RuleLike {
  readonly family: Family
  readonly table: string
  readonly chain: string
  readonly comment: string | undefined
  readonly #place: { readonly table: Table; readonly chain: Chain }
  readonly #owner: object
  readonly #id: number
  #handle: bigint | undefined

  /** `owner` knows it by `id` (NFTA_RULE_ID) until it has a handle. */
  constructor(
    place: { readonly table: Table; readonly chain: Chain },
    comment: string | undefined,
    owner: object,
    id: number,
  ) {
    this.family = place.table.family
    this.table = place.table.name
    this.chain = place.chain.name
    this.comment = comment
    this.#place = place
    this.#owner = owner
    this.#id = id
  }

  /** Undefined until it is committed. */
  get handle(): bigint | undefined {
    return this.#handle
  }

  get owner(): object {
    return this.#owner
  }

  get id(): number {
    return this.#id
  }

  /** Where the builder has it. */
  get place(): { readonly table: Table; readonly chain: Chain } {
    return this.#place
  }

  /** What the kernel said. */
  learn(handle: bigint): void {
    this.#handle = handle
  }
}
