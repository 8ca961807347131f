import {
  Connection,
  NETLINK_NETFILTER,
  NetworkNamespace,
  openNetlink,
  type Subscription,
  type Transport,
} from '@sallyport/linux'
import {
  type AnySet,
  absent,
  type Kernel,
  type KeysFor,
  kernelOf,
  keysFor,
  type NamedObject,
  type OpenTable,
  type Planner,
  type RuleLike,
  referenceTo,
  Transaction,
  type TransactionOptions,
  type TransactOptions,
  tableOf,
  transact,
} from './changes/index.ts'
import type { Family } from './expr/index.ts'
import type {
  KernelChain,
  KernelElement,
  KernelFlowtable,
  KernelObject,
  KernelRule,
  KernelSet,
  KernelTable,
} from './messages/index.ts'
import type { Chain, Table } from './model/index.ts'
import {
  type Mirror,
  type MirrorOptions,
  type MonitorEvent,
  type MonitorOptions,
  mirror,
  monitor,
} from './monitor/index.ts'
import { type Trace, type TraceOptions, trace } from './trace/index.ts'
import type { Batch } from './transaction/batch.ts'
import { type CommitOptions, commit, commitQuietly } from './transaction/commit.ts'
import { currentGeneration } from './transaction/generation.ts'
import {
  type ElementKey,
  type Named,
  type NamedCount,
  type NamedKind,
  type NamedRule,
  type RuleCounters,
  readCounters,
  readNames,
  readRuleCounters,
  readRuleHandles,
  streamKeys,
} from './transaction/partial.ts'
import {
  type RuleRef,
  readChain,
  readChains,
  readElement,
  readElements,
  readFlowtables,
  readObject,
  readObjects,
  readRule,
  readRules,
  readSet,
  readSets,
  readTables,
  type SetRef,
  streamElements,
  streamRules,
  type TableRef,
} from './transaction/read.ts'
import { resetElements, resetObject, resetRules } from './transaction/reset.ts'
import { type Snapshot, type SnapshotOptions, takeSnapshot } from './transaction/snapshot.ts'
import { Submission } from './transaction/submission.ts'
import { availably } from './transaction/unavailable.ts'
import { validate } from './transaction/validate.ts'

/**
 * The nf_tables of one network namespace. All of it but {@link transact} is synchronous: the kernel answers before a
 * send returns. `await` before a call does no harm.
 */
export class Nftables implements Disposable, AsyncDisposable {
  readonly #connection: Connection
  readonly #kernel: Kernel
  readonly #sockets: Sockets

  constructor(connection: Connection, sockets: Sockets = {}) {
    this.#connection = connection
    this.#kernel = kernelOf(connection)
    this.#sockets = sockets
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

  /** In the order in which they are run, chain by chain; with a table, also of one chain of it. */
  rules(table?: TableRef, chain?: string): KernelRule[] {
    return readRules(this.#connection, table, chain)
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

  flowtables(table?: TableRef): KernelFlowtable[] {
    return readFlowtables(this.#connection, table)
  }

  /** Names and handles of everything of a kind, without the rest. */
  names(kind: NamedKind, table?: TableRef): Named[] {
    return readNames(this.#connection, kind, table)
  }

  /** Which rules there are, without what they say. */
  ruleHandles(table?: TableRef, chain?: string): NamedRule[] {
    return readRuleHandles(this.#connection, table, chain)
  }

  /** What the counters in rules have counted; rules without are left out. */
  ruleCounters(table?: TableRef, chain?: string): RuleCounters[] {
    return readRuleCounters(this.#connection, table, chain)
  }

  /** What the named counters have counted. */
  counters(table?: TableRef): NamedCount[] {
    return readCounters(this.#connection, table)
  }

  /** One rule; undefined when there is none of that handle. The kernel looks it up, and {@link findElement} too. */
  findRule(rule: RuleRef): KernelRule | undefined {
    return readRule(this.#connection, rule)
  }

  findChain(chain: SetRef): KernelChain | undefined {
    return readChain(this.#connection, chain)
  }

  findSet(set: SetRef): KernelSet | undefined {
    return readSet(this.#connection, set)
  }

  /** The element that has this key, or the interval that holds it. */
  findElement(set: SetRef, key: Pick<KernelElement, 'key' | 'keyEnd'>): KernelElement | undefined {
    return readElement(this.#connection, set, key)
  }

  /**
   * The same as {@link rules} with the memory of a few, however many there are. No other method may be called before the
   * loop is over. Throws NetlinkError EINTR at the end when somebody changed the ruleset meanwhile.
   */
  streamRules(table?: TableRef, chain?: string): Generator<KernelRule, undefined> {
    return streamRules(this.#connection, table, chain)
  }

  /** Like {@link streamRules}. A set that is being rearranged by the kernel may give some twice, and leave others out. */
  streamElements(set: SetRef): Generator<KernelElement, undefined> {
    return streamElements(this.#connection, set)
  }

  /** Only the keys of the elements; else like {@link streamElements}. */
  streamKeys(set: SetRef): Generator<ElementKey, undefined> {
    return streamKeys(this.#connection, set)
  }

  /** What anybody changes from now on, commit by commit; see monitor(). */
  monitor(options: MonitorOptions = {}): Subscription<MonitorEvent> {
    return monitor({ ...this.#sockets, ...options })
  }

  /** The ruleset in memory, kept up to date; see mirror(). */
  mirror(options: MirrorOptions = {}): Mirror {
    return mirror({ ...this.#sockets, ...options })
  }

  /** What rules do with packets that have `meta nftrace` set; see trace(). */
  trace(options: TraceOptions = {}): Trace {
    return trace({ namespace: this.#sockets.namespace, ...options })
  }

  /** All of the above as of one generation; with a table, only what is in it. */
  snapshot(table?: TableRef, options?: SnapshotOptions): Snapshot {
    return takeSnapshot(this.#connection, table, options)
  }

  /** Begins a transaction. Nothing is sent before it is committed. */
  transaction(options?: TransactionOptions): Transaction {
    return new Transaction(this.#kernel, options)
  }

  /** A table that is there, to use what is in it without defining it again. Throws NetlinkError ENOENT if it is not. */
  table(family: Family, name: string): OpenTable {
    return this.#kernel.open(family, name)
  }

  /**
   * Reads, has `plan` decide what is to be changed, and commits that only if nobody else has changed anything since;
   * else all of it again, up to `attempts` times (default: 100). `plan` may be asked many times, and must not do anything
   * that cannot be done twice. Throws PlanOvertaken when others are always faster.
   */
  transact<R>(plan: Planner<R>, options?: TransactOptions): Promise<R> {
    return transact(this.#kernel, plan, options)
  }

  /** Makes all changes or none; see {@link commit}. Returns the generation that it made. */
  commit(batch: Batch, options?: CommitOptions): number {
    return commit(this.#connection, batch, options)
  }

  /** As {@link commit}, without asking for the generation: quicker, when there are many small batches. */
  commitQuietly(batch: Batch, options?: CommitOptions): void {
    commitQuietly(this.#connection, batch, options)
  }

  /** Has the kernel check a batch and change nothing. Throws what {@link commit} would. */
  dryRun(batch: Batch, options?: CommitOptions): void {
    validate(this.#connection, batch, options)
  }

  /** What an object has counted. */
  read(object: NamedObject): KernelObject['data'] {
    const { family, name: table } = tableOf(object)
    const found = readObject(this.#connection, {
      family,
      table,
      name: object.name,
      data: { expr: 'unknown', name: object.object },
    })
    if (found === undefined) throw absent('getobj', `${object.object} '${object.name}' in table ${family} ${table}`)
    return found.data
  }

  /**
   * Reads what was counted and begins at zero, in one step; makes no generation. Returns the state before: of a counter
   * or quota, of a rule, of all rules of a chain or table, of all or some elements of a set.
   */
  reset(object: NamedObject): KernelObject['data']
  reset(rules: RuleLike | Chain | Table | OpenTable): KernelRule[]
  reset<S extends AnySet>(set: S, keys?: KeysFor<S>): KernelElement[]
  reset(thing: NamedObject | RuleLike | Chain | Table | OpenTable | AnySet, keys: Iterable<unknown> = []): unknown {
    if ('chain' in thing && typeof thing.chain === 'string') return resetRules(this.#connection, thing as RuleLike)
    const { kind, value } = referenceTo(thing)
    switch (kind) {
      case 'table':
        return resetRules(this.#connection, { family: value.family, table: value.name })
      case 'chain':
        return resetRules(this.#connection, { family: value.family, table: value.table, chain: value.name })
      case 'set':
        return resetElements(this.#connection, keysFor(tableOf(thing), thing as AnySet, keys))
      case 'object':
        return resetObject(this.#connection, value).data
      case 'flowtable':
        throw new TypeError('a flowtable counts nothing that could be reset')
    }
  }

  [Symbol.dispose](): void {
    this.#connection[Symbol.dispose]()
    this.#sockets.owned?.[Symbol.dispose]()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this[Symbol.dispose]()
  }
}

/** How more sockets are opened, for events. Default: in the network namespace of the calling thread. */
export interface Sockets {
  readonly namespace?: { run<T>(fn: () => T): T } | undefined
  /** Instead: other kernels than this machine's. */
  readonly open?: ((receiveBuffer: number) => Transport) | undefined
  /** Is disposed of with the connection. */
  readonly owned?: Disposable | undefined
}

export interface ConnectOptions {
  /** Default: the network namespace of the calling thread. */
  readonly namespace?: { run<T>(fn: () => T): T } | undefined
  /** Path of another one: `/run/netns/NAME`, `/proc/PID/ns/net`. */
  readonly netns?: string | undefined
  /** Bytes that answers may take up: refusals, and new rules with their handles. Default: 16 MiB. */
  readonly receiveBuffer?: number | undefined
}

// Room for the refusals of some ten thousand operations; the kernel takes memory only for what is queued.
const RECEIVE_BUFFER = 16 << 20

/** Opens nf_tables. Throws NftablesUnavailable without the privilege, or in a kernel that has none. */
export function connect({ namespace, netns, receiveBuffer = RECEIVE_BUFFER }: ConnectOptions = {}): Nftables {
  const owned = netns === undefined ? undefined : NetworkNamespace.open(netns)
  const sockets = { namespace: owned ?? namespace, owned }
  try {
    const options = { namespace: sockets.namespace, receiveBuffer }
    const connection = new Connection(availably(() => openNetlink(NETLINK_NETFILTER, options)))
    return tried(new Nftables(connection, sockets))
  } catch (error) {
    owned?.[Symbol.dispose]()
    throw error
  }
}

/**
 * Commits a batch over a socket of its own, and returns while the kernel works on it: several namespaces are changed
 * side by side, and the program goes on. Throws NftablesUnavailable in a kernel without nf_tables.
 */
export function submit(
  batch: Batch,
  { namespace, receiveBuffer = RECEIVE_BUFFER }: Omit<ConnectOptions, 'netns'> = {},
): Submission {
  const connection = new Connection(availably(() => openNetlink(NETLINK_NETFILTER, { namespace, receiveBuffer })))
  try {
    return new Submission(connection, batch)
  } catch (error) {
    connection[Symbol.dispose]()
    throw error
  }
}

/** With the first question it becomes known whether there are answers. */
function tried(nftables: Nftables): Nftables {
  try {
    nftables.generation()
    return nftables
  } catch (error) {
    nftables[Symbol.dispose]()
    throw error
  }
}
