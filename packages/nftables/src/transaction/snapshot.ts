import { type Connection, EINTR, ENOENT, NetlinkError } from '@sallyport/linux'
import type {
  KernelChain,
  KernelElement,
  KernelFlowtable,
  KernelObject,
  KernelRule,
  KernelSet,
  KernelTable,
} from '../messages/index.ts'
import { Batch } from './batch.ts'
import { check } from './commit.ts'
import { GenerationChanged } from './error.ts'
import { exchange } from './exchange.ts'
import { currentGeneration } from './generation.ts'
import {
  readChains,
  readElements,
  readFlowtables,
  readObjects,
  readRules,
  readSets,
  readTables,
  type TableRef,
} from './read.ts'

/** The ruleset, or one table of it, as it was at one generation. */
export interface Snapshot {
  /** Give it to commit(), and nothing is overlooked that others change meanwhile. */
  readonly generation: number
  readonly tables: readonly KernelTable[]
  readonly chains: readonly KernelChain[]
  readonly sets: readonly SnapshotSet[]
  /** In the order in which they are run, chain by chain. */
  readonly rules: readonly KernelRule[]
  readonly objects: readonly KernelObject[]
  readonly flowtables: readonly KernelFlowtable[]
}

export interface SnapshotSet extends KernelSet {
  /** Absent when they were not asked for. Packets change those of dynamic sets without a new generation. */
  readonly elements?: readonly KernelElement[]
}

export interface SnapshotOptions {
  /** Of which sets the elements are read. Default: of those that packets do not change (without the flag `eval`). */
  readonly elements?: (set: KernelSet) => boolean
  /** How often it is read again when somebody changes it meanwhile; default 10. */
  readonly attempts?: number
}

const ATTEMPTS = 10

/** Reads all of it, or one table (none of that name: an empty snapshot), again when somebody changes it meanwhile. */
export function takeSnapshot(connection: Connection, table?: TableRef, options: SnapshotOptions = {}): Snapshot {
  const { attempts = ATTEMPTS } = options
  for (let attempt = 0; attempt < attempts; attempt++) {
    const generation = currentGeneration(connection)
    if (!isSettled(connection, generation)) continue
    const content = readContent(connection, table, options)
    if (content !== undefined && currentGeneration(connection) === generation) return { generation, ...content }
  }
  throw new NetlinkError({
    operation: 'snapshot',
    errno: EINTR,
    hint: `the ruleset changed during each of ${attempts} attempts to read it; try again when it is quieter`,
  })
}

/**
 * Is the commit that made this generation over, and nothing newer there? The kernel counts a generation before it makes
 * its changes visible (nf_tables_commit), so that who reads in between gets the number of the new one and the content of
 * the old one. An empty batch changes nothing, but waits for whoever is committing.
 */
function isSettled(connection: Connection, generation: number): boolean {
  const batch = new Batch({ sources: false })
  const first = connection.sequences(2)
  const answers = exchange(connection, batch.encode(first, generation), first, first + 1)
  try {
    check(answers, batch, first, generation)
    return true
  } catch (error) {
    if (error instanceof GenerationChanged) return false
    throw error
  }
}

type Content = Omit<Snapshot, 'generation'>

/** Undefined: what was listed a moment ago is there no more, or changed all the time. */
function readContent(
  connection: Connection,
  table: TableRef | undefined,
  options: SnapshotOptions,
): Content | undefined {
  const tables = readTables(connection).filter((each) => table === undefined || isSame(each, table))
  if (tables.length === 0) return { tables, chains: [], sets: [], rules: [], objects: [], flowtables: [] }
  try {
    return {
      tables,
      chains: readChains(connection, table),
      sets: readSets(connection, table).map((set) => withElements(connection, set, options)),
      rules: readRules(connection, table),
      objects: readObjects(connection, table),
      flowtables: readFlowtables(connection, table),
    }
  } catch (error) {
    if (error instanceof NetlinkError && [ENOENT, EINTR].includes(error.errno)) return undefined
    throw error
  }
}

function withElements(
  connection: Connection,
  set: KernelSet,
  { elements: wanted = isStatic }: SnapshotOptions,
): SnapshotSet {
  return wanted(set) ? { ...set, elements: readElements(connection, set) } : set
}

function isStatic(set: KernelSet): boolean {
  return !set.flags.includes('eval')
}

function isSame(a: TableRef, b: TableRef): boolean {
  return a.family === b.family && a.name === b.name
}
