import { Connection, NETLINK_NETFILTER, openNetlink } from '@sallyport/linux'
import type { KernelChain, KernelElement, KernelObject, KernelRule, KernelSet, KernelTable } from './messages/index.ts'
import type { Batch } from './transaction/batch.ts'
import { type CommitOptions, commit } from './transaction/commit.ts'
import { currentGeneration } from './transaction/generation.ts'
import {
  readChains,
  readElements,
  readObjects,
  readRules,
  readSets,
  readTables,
  type SetRef,
  type TableRef,
} from './transaction/read.ts'
import { type Snapshot, type SnapshotOptions, takeSnapshot } from './transaction/snapshot.ts'
import { availably } from './transaction/unavailable.ts'

/** The nf_tables of one network namespace. All of it is synchronous: the kernel answers before a send returns. */
export class Nftables implements Disposable {
  readonly #connection: Connection

  constructor(connection: Connection) {
    this.#connection = connection
  }

  /** Grows with every change that anybody makes. */
  generation(): number {
    return currentGeneration(this.#connection)
  }

  tables(): KernelTable[] {
    return readTables(this.#connection)
  }

  chains(table?: TableRef): KernelChain[] {
    return readChains(this.#connection, table)
  }

  /** In the order in which they are run, chain by chain. */
  rules(table?: TableRef): KernelRule[] {
    return readRules(this.#connection, table)
  }

  /** Sets and maps, also the anonymous ones of rules. */
  sets(table?: TableRef): KernelSet[] {
    return readSets(this.#connection, table)
  }

  elements(set: SetRef): KernelElement[] {
    return readElements(this.#connection, set)
  }

  objects(table?: TableRef): KernelObject[] {
    return readObjects(this.#connection, table)
  }

  /** All of the above as of one generation; with a table, only what is in it. */
  snapshot(table?: TableRef, options?: SnapshotOptions): Snapshot {
    return takeSnapshot(this.#connection, table, options)
  }

  /** Makes all changes or none; see {@link commit}. Returns the generation that it made. */
  commit(batch: Batch, options?: CommitOptions): number {
    return commit(this.#connection, batch, options)
  }

  [Symbol.dispose](): void {
    this.#connection[Symbol.dispose]()
  }
}

export interface ConnectOptions {
  /** Default: the network namespace of the calling thread. */
  readonly namespace?: { run<T>(fn: () => T): T } | undefined
}

// Room for the refusals of some ten thousand operations; the kernel takes memory only for what is queued.
const RECEIVE_BUFFER = 16 << 20

/** Opens nf_tables. Throws NftablesUnavailable without the privilege, or in a kernel that has none. */
export function connect({ namespace }: ConnectOptions = {}): Nftables {
  const options = { namespace, receiveBuffer: RECEIVE_BUFFER }
  const nftables = new Nftables(new Connection(availably(() => openNetlink(NETLINK_NETFILTER, options))))
  try {
    nftables.generation()
    return nftables
  } catch (error) {
    nftables[Symbol.dispose]()
    throw error
  }
}
