import {
  Connection,
  NETLINK_NETFILTER,
  NFNLGRP_NFTABLES,
  openNetlink,
  Subscription,
  type Transport,
} from '@sallyport/linux'
import type { KernelSet } from '../messages/index.ts'
import { type Snapshot, type TableRef, takeSnapshot } from '../transaction/index.ts'
import { availably } from '../transaction/unavailable.ts'
import type { ChangeKind } from './change.ts'
import { Commits, type MonitorEvent } from './commits.ts'
import type { ChangeFilter } from './decode.ts'

export interface MonitorOptions extends ChangeFilter {
  /** Default: the network namespace of the calling thread. */
  readonly namespace?: { run<T>(fn: () => T): T } | undefined
  /** Instead of `namespace`: opens the sockets, for other kernels than this machine's. */
  readonly open?: ((receiveBuffer: number) => Transport) | undefined
  /** Only what is in these tables, and they themselves. Default: all. */
  readonly tables?: readonly TableRef[] | undefined
  /** Only these kinds of objects. Default: all. */
  readonly kinds?: readonly ChangeKind[] | undefined
  /** Ends the iteration. */
  readonly signal?: AbortSignal | undefined
  /** Bytes of events that may queue up unread before some are lost; default 4 MiB. A commit of 10,000 elements needs about 8. */
  readonly receiveBuffer?: number | undefined
  /** Of which sets a resync reads the elements. Default: of those that packets do not change (without the flag `eval`). */
  readonly elements?: ((set: KernelSet) => boolean) | undefined
}

/**
 * What anybody changes in the ruleset from now on, commit by commit. Reads nothing by itself, unless events were lost:
 * then the ruleset is read and handed over as `resync`. Leaving the loop, disposing and aborting end it.
 *
 * What the kernel does not announce is not told: elements that time out or that packets add, the chains that belong to
 * a deleted rule (`jump { … }`), and a table with the flag `owner` that goes with its process.
 * Throws NftablesUnavailable.
 */
export function monitor(options: MonitorOptions = {}): Subscription<MonitorEvent> {
  const { transport, connection } = openEvents(options)
  const commits = new Commits(options, () => readWanted(connection, options))
  return new Subscription<MonitorEvent>(together(transport, connection), {
    decode: (message) => commits.take(message),
    lost: () => commits.resync(),
    signal: options.signal,
  })
}

const RECEIVE_BUFFER = 4 << 20
const READ_BUFFER = 16 << 20

/** A socket that has joined the group of changes, and one to read with: answers and events would mix on one. */
export function openEvents(options: MonitorOptions): { transport: Transport; connection: Connection } {
  const { namespace, receiveBuffer = RECEIVE_BUFFER } = options
  const open = options.open ?? ((size): Transport => openNetlink(NETLINK_NETFILTER, { namespace, receiveBuffer: size }))
  const transport = availably(() => open(receiveBuffer))
  try {
    transport.join(NFNLGRP_NFTABLES)
    return { transport, connection: new Connection(open(READ_BUFFER)) }
  } catch (error) {
    transport[Symbol.dispose]()
    throw error
  }
}

// Others may be changing the ruleset all the time: events are lost in a storm of changes.
const RESYNC_ATTEMPTS = 1000

/** A snapshot of what the filter lets through. */
export function readWanted(connection: Connection, { tables, kinds, elements }: MonitorOptions): Snapshot {
  const isWanted = ({ family, name }: TableRef): boolean =>
    tables === undefined || tables.some((table) => table.family === family && table.name === name)
  const isInWanted = ({ family, table }: { family: TableRef['family']; table: string }): boolean =>
    isWanted({ family, name: table })
  const hasElements = (set: KernelSet): boolean =>
    isInWanted(set) && (kinds?.includes('elements') ?? true) && (elements?.(set) ?? !set.flags.includes('eval'))
  const only = tables?.length === 1 ? tables[0] : undefined
  const snapshot = takeSnapshot(connection, only, { elements: hasElements, attempts: RESYNC_ATTEMPTS })
  if (tables === undefined || only !== undefined) return snapshot
  return {
    generation: snapshot.generation,
    tables: snapshot.tables.filter(isWanted),
    chains: snapshot.chains.filter(isInWanted),
    sets: snapshot.sets.filter(isInWanted),
    rules: snapshot.rules.filter(isInWanted),
    objects: snapshot.objects.filter(isInWanted),
    flowtables: snapshot.flowtables.filter(isInWanted),
  }
}

/** A transport that takes the connection with it. */
function together(transport: Transport, connection: Connection): Transport {
  return {
    portId: transport.portId,
    send: (datagram) => transport.send(datagram),
    receive: () => transport.receive(),
    wait: (timeoutMs) => transport.wait(timeoutMs),
    join: (group) => transport.join(group),
    [Symbol.dispose]: () => {
      transport[Symbol.dispose]()
      connection[Symbol.dispose]()
    },
  }
}
