import { type Connection, parseMessages, SystemError, type Transport } from '@sallyport/linux'
import type {
  KernelChain,
  KernelElement,
  KernelFlowtable,
  KernelObject,
  KernelRule,
  KernelSet,
  KernelTable,
} from '../messages/index.ts'
import type { SnapshotSet } from '../transaction/index.ts'
import { readElements, readTable } from '../transaction/read.ts'
import type { SetRef, TableRef } from '../transaction/ref.ts'
import { Commits, type MonitorEvent } from './commits.ts'
import { type MonitorOptions, openEvents, readWanted } from './monitor.ts'
import { View } from './view.ts'

export type MirrorOptions = Omit<MonitorOptions, 'kinds'>

/** The ruleset in memory, read once and then kept up to date by events. Throws NftablesUnavailable. */
export function mirror(options: MirrorOptions = {}): Mirror {
  const { transport, connection } = openEvents(options)
  try {
    return new Mirror(transport, connection, options)
  } catch (error) {
    transport[Symbol.dispose]()
    connection[Symbol.dispose]()
    throw error
  }
}

/**
 * What it says is what the kernel had when it was asked: reading first takes in what has been queued since, and that
 * needs no waiting. When events were lost, the ruleset is read anew.
 *
 * Left out are `use` of tables, chains and objects, `count` of sets and `position` of rules, which nothing announces.
 * Counters inside of rules and objects are those of the time when they were told.
 */
export class Mirror implements Disposable {
  readonly #transport: Transport
  readonly #connection: Connection
  readonly #options: MirrorOptions
  readonly #commits: Commits
  #view: View
  #generation: number
  #resyncs = 0
  #changes = 0
  #isCertain = true
  #closed = false

  constructor(transport: Transport, connection: Connection, options: MirrorOptions = {}) {
    this.#transport = transport
    this.#connection = connection
    this.#options = options
    this.#commits = new Commits(options, () => readWanted(connection, this.#wanted))
    const { snapshot } = this.#commits.resync()
    this.#view = new View(snapshot, this.#hasElements)
    this.#generation = snapshot.generation
    options.signal?.addEventListener('abort', this.#close, { once: true })
    if (options.signal?.aborted) this.#close()
  }

  /** Of the last change that was taken in; with `tables`, the last one to them. */
  get generation(): number {
    this.refresh()
    return this.#generation
  }

  /** How often it had to be read anew. */
  get resyncs(): number {
    return this.#resyncs
  }

  tables(): KernelTable[] {
    this.refresh()
    return this.#view.tables()
  }

  chains(table?: TableRef): KernelChain[] {
    this.refresh()
    return within(this.#view.chains(), table)
  }

  /** In the order in which they are run, chain by chain; with a table, also of one chain of it. */
  rules(table?: TableRef, chain?: string): KernelRule[] {
    this.refresh()
    if (table === undefined || chain === undefined) return within(this.#view.rules(), table)
    return [...this.#view.rulesOf({ family: table.family, table: table.name, name: chain })]
  }

  sets(table?: TableRef): SnapshotSet[] {
    this.refresh()
    return within(this.#view.sets(), table)
  }

  /** Those of sets that packets change, or that have timeouts, are read from the kernel each time. */
  elements(set: SetRef): KernelElement[] {
    this.refresh()
    return this.#view.elementsOf(set) ?? readElements(this.#connection, set)
  }

  objects(table?: TableRef): KernelObject[] {
    this.refresh()
    return within(this.#view.objects(), table)
  }

  flowtables(table?: TableRef): KernelFlowtable[] {
    this.refresh()
    return within(this.#view.flowtables(), table)
  }

  /** Takes in what is queued. Every reading does it; call it now and then when nothing is read for long. */
  refresh(): void {
    let dropped = false
    for (let datagram = this.#take(); datagram !== undefined; datagram = this.#take()) {
      if (datagram === 'dropped') dropped = true
      else for (const message of parseMessages(datagram)) this.#apply(this.#commits.take(message))
    }
    if (dropped || !this.#isCertain || this.#hasLostOwned()) this.#resync()
  }

  /** Waits until something has changed, and takes it in. False: disposed of, or aborted. */
  async changed(): Promise<boolean> {
    const before = this.#changes
    while (this.#changes === before) {
      if (this.#closed || !(await this.#transport.wait())) return false
      this.refresh()
    }
    return true
  }

  [Symbol.dispose](): void {
    this.#close()
  }

  readonly #close = (): void => {
    this.#closed = true
    this.#options.signal?.removeEventListener('abort', this.#close)
    this.#transport[Symbol.dispose]()
    this.#connection[Symbol.dispose]()
  }

  get #wanted(): MonitorOptions {
    return { ...this.#options, elements: this.#hasElements }
  }

  /** Elements with a timeout go without a word. */
  readonly #hasElements = (set: KernelSet): boolean =>
    !set.flags.includes('eval') && !set.flags.includes('timeout') && (this.#options.elements?.(set) ?? true)

  #apply(event: MonitorEvent | undefined): void {
    if (event === undefined || event.type === 'resync') return
    this.#changes += 1
    if (event.type === 'commit') this.#generation = event.generation
    if (this.#isCertain) this.#isCertain = this.#view.apply(event.changes)
  }

  /** The table of a process that ended goes without a word, and without a new generation. */
  #hasLostOwned(): boolean {
    if (this.#closed) return false
    return this.#view.owned().some((table) => readTable(this.#connection, table)?.handle !== table.handle)
  }

  #resync(): void {
    const { snapshot } = this.#commits.resync()
    this.#view = new View(snapshot, this.#hasElements)
    this.#generation = snapshot.generation
    this.#isCertain = true
    this.#resyncs += 1
    this.#changes += 1
  }

  #take(): Uint8Array | 'dropped' | undefined {
    if (this.#closed) return undefined
    try {
      return this.#transport.receive()
    } catch (error) {
      if (error instanceof SystemError && error.code === 'ENOBUFS') return 'dropped'
      throw error
    }
  }
}

function within<T extends { family: string; table: string }>(list: T[], table: TableRef | undefined): T[] {
  return table === undefined ? list : list.filter((each) => each.family === table.family && each.table === table.name)
}
