import { EINTR, NetlinkError } from '@sallyport/linux'
import { GenerationChanged, type Snapshot, type SnapshotOptions, type TableRef } from '../transaction/index.ts'
import type { Kernel } from './kernel.ts'
import { Transaction, type TransactionOptions } from './transaction.ts'

export interface TransactOptions extends Omit<TransactionOptions, 'generation'> {
  /** Read this table only. Changes anywhere else mean another plan all the same. Default: everything is read. */
  readonly table?: TableRef
  /** Of which sets the elements are read. */
  readonly elements?: SnapshotOptions['elements']
  /** How often at most it is planned. Default: 100. */
  readonly attempts?: number
  readonly signal?: AbortSignal
}

/** Decides what is to be changed. It may be asked many times, so it must not do what cannot be done twice. */
export type Planner<R> = (tx: Transaction, snapshot: Snapshot) => R | Promise<R>

/** Each time somebody else was faster. Nothing was changed. */
export class PlanOvertaken extends Error {
  readonly attempts: number

  constructor(attempts: number, options?: ErrorOptions) {
    super(
      `the ruleset was changed by others during each of ${attempts} attempts to plan and commit a change, and nothing was ` +
        'changed now; look who is busy with monitor(), read less in the plan, or allow more attempts',
      options,
    )
    this.name = 'PlanOvertaken'
    this.attempts = attempts
  }
}

const ATTEMPTS = 100

/** Reads, plans and commits at the generation that was read, until nobody comes in between. Returns what `plan` did. */
export async function transact<R>(kernel: Kernel, plan: Planner<R>, options: TransactOptions = {}): Promise<R> {
  const { attempts = ATTEMPTS, signal } = options
  for (let attempt = 1; ; attempt++) {
    signal?.throwIfAborted()
    try {
      return await transactOnce(kernel, plan, options)
    } catch (error) {
      if (!isOvertaken(error)) throw error
      if (attempt >= attempts) throw new PlanOvertaken(attempts, { cause: error })
    }
  }
}

async function transactOnce<R>(kernel: Kernel, plan: Planner<R>, options: TransactOptions): Promise<R> {
  const { table, elements, sources } = options
  const snapshot = kernel.snapshot(table, elements && { elements })
  const tx = new Transaction(kernel, { sources, generation: snapshot.generation })
  const result = await plan(tx, snapshot)
  if (!tx.isCommitted) tx.commit()
  return result
}

/** Between reading and committing, or while it was being read. */
function isOvertaken(error: unknown): boolean {
  return error instanceof GenerationChanged || (error instanceof NetlinkError && error.errno === EINTR)
}
