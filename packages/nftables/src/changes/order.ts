import type { Kind, Operation } from '../transaction/index.ts'

/** One thing that a transaction was told to do. */
export interface Change {
  /** What has to come after what within a run of additions; undefined: everything stays on its side of it. */
  readonly rank: number | undefined
  /** The kernel's terms. Late, since names may be used before they are defined. */
  readonly write: () => readonly Operation[]
}

/** Additions in this order find what they refer to: rules name sets and chains, elements chains and objects. */
export const ranks: Readonly<Record<Kind, number>> = {
  table: 0,
  object: 1,
  flowtable: 1,
  set: 2,
  chain: 3,
  elements: 4,
  rule: 5,
}

/**
 * Additions go before what refers to them, whatever was said first; those of one kind stay in order. Removals, flushes
 * and renames stay between what was said before and after them.
 */
export function inOrder(changes: readonly Change[]): Change[] {
  const out: Change[] = []
  let run: Change[] = []
  const finish = (): void => {
    out.push(...run.toSorted((a, b) => a.rank! - b.rank!))
    run = []
  }
  for (const change of changes) {
    if (change.rank !== undefined) run.push(change)
    else {
      finish()
      out.push(change)
    }
  }
  finish()
  return out
}
