import { type Connection, ENOENT, NetlinkError } from '@sallyport/linux'
import type { Family } from '../expr/index.ts'
import {
  type Batch,
  type CommitOptions,
  type Sent,
  type Snapshot,
  type SnapshotOptions,
  send,
  type TableRef,
  takeSnapshot,
  validate,
} from '../transaction/index.ts'
import { readChain, readChains, readObjects, readSets, readTable } from '../transaction/read.ts'
import { OpenTable } from './open.ts'

/** What transactions need of the kernel. */
export interface Kernel {
  send(batch: Batch, options: CommitOptions): Sent
  validate(batch: Batch, options: CommitOptions): void
  snapshot(table: TableRef | undefined, options: SnapshotOptions | undefined): Snapshot
  /** What is there. NetlinkError ENOENT if it is not. */
  open(family: Family, name: string): OpenTable
  chainHandle(chain: { family: Family; table: string; name: string }): bigint
}

export function kernelOf(connection: Connection): Kernel {
  return {
    send: (batch, options) => send(connection, batch, options),
    validate: (batch, options) => validate(connection, batch, options),
    snapshot: (table, options) => takeSnapshot(connection, table, options),
    open: (family, name) => {
      const table = { family, name }
      if (readTable(connection, table) === undefined) throw absent('gettable', `table ${family} ${name}`)
      const [chains, sets] = [readChains(connection, table), readSets(connection, table)]
      return new OpenTable(family, name, { chains, sets, objects: readObjects(connection, table) })
    },
    chainHandle: ({ family, table, name }) => {
      const handle = readChain(connection, { family, table, name })?.handle
      if (handle === undefined) throw absent('getchain', `chain '${name}' in table ${family} ${table}`)
      return handle
    },
  }
}

/** As the kernel would say it, of what was looked for in what it told. */
export function absent(operation: string, what: string): NetlinkError {
  return new NetlinkError({ operation, errno: ENOENT, hint: `no ${what}` })
}
