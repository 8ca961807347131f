import { Malformed } from '../bytes/index.ts'
import { Connection } from '../netlink/connection.ts'
import { NetlinkError } from '../netlink/error.ts'
import type { Message } from '../netlink/header.ts'
import { NETLINK_NETFILTER, openNetlink } from '../netlink/koffi-transport.ts'
import type { Subscription } from '../netlink/listen.ts'
import { NFNETLINK_V0, NFPROTO_IPV4, NFPROTO_IPV6, NFPROTO_UNSPEC } from '../netlink/nfnetlink.ts'
import type { Transport } from '../netlink/transport.ts'
import { type ConntrackEvent, type ConntrackEventOptions, conntrackEvents } from './events.ts'
import { type FlowFilter, flowMatches, markFilter, meansAll } from './filter.ts'
import type { Flow } from './flow.ts'
import {
  conntrackType,
  decodeFlow,
  type FlowQuery,
  IPCTNL_MSG_CT_DELETE,
  IPCTNL_MSG_CT_GET,
  IPCTNL_MSG_CT_GET_STATS,
  queryMessage,
  statsMessage,
} from './messages.ts'
import type { Family, Tuple } from './tuple.ts'

const FAMILIES: Readonly<Record<Family, number>> = { ipv4: NFPROTO_IPV4, ipv6: NFPROTO_IPV6 }

/** Where a socket is opened: a NetworkNamespace, or anything with its `run`. Default: the calling thread's namespace. */
export interface NamespaceOption {
  readonly namespace?: { run<T>(fn: () => T): T }
}

/**
 * The flows that the kernel tracks in one network namespace. Every method is synchronous and throws NetlinkError when
 * the kernel refuses. The kernel tracks only where something asks it to: an nft rule with `ct`, NAT, a helper.
 */
export class Conntrack implements Disposable {
  readonly #connection: Connection
  readonly #openTransport: () => Transport

  /** For other transports than the kernel's; `openTransport` makes one for each {@link events}. */
  constructor(transport: Transport, openTransport: () => Transport) {
    this.#connection = new Connection(transport)
    this.#openTransport = openTransport
  }

  /** A namespace that is given has to stay open for as long as {@link events} is to be called. */
  static open({ namespace }: NamespaceOption = {}): Conntrack {
    const openTransport = (): Transport => openNetlink(NETLINK_NETFILTER, { namespace })
    return new Conntrack(openTransport(), openTransport)
  }

  /** All flows, or those that the filter means. Flows that come or go meanwhile may be missing. */
  list(filter: FlowFilter = {}): Flow[] {
    const { value, mask } = markFilter(filter)
    const body = query(filter.family, mask === 0 ? {} : { mark: value, markMask: mask })
    const answers = this.#connection.dump({ operation: 'getconntrack', type: conntrackType(IPCTNL_MSG_CT_GET), body })
    return answers.map((answer) => decodeFlow(answer.body)).filter((flow) => flowMatches(flow, filter))
  }

  /** The flow that packets with this tuple belong to, in either direction. `zone`: of both directions, default 0. */
  get(tuple: Tuple, zone = 0): Flow | undefined {
    const answers = this.#unlessGone('getconntrack', IPCTNL_MSG_CT_GET, { original: tuple, ...zoneOf(zone) })
    return answers?.[0] && decodeFlow(answers[0].body)
  }

  /**
   * Forgets this one flow. False: it was gone already, or what has its tuple now has another `id`.
   * The next packet of the flow starts a new one, under the rules of that moment.
   */
  delete({ original, id, zone = 0 }: Pick<Flow, 'original'> & Partial<Pick<Flow, 'id' | 'zone'>>): boolean {
    const named = { original, ...(id !== undefined && { id }), ...zoneOf(zone) }
    return this.#unlessGone('delconntrack', IPCTNL_MSG_CT_DELETE, named) !== undefined
  }

  /** Forgets all flows that the filter means, one by one, and returns how many. Refuses a filter that says nothing. */
  deleteMatching(filter: FlowFilter): number {
    if (meansAll(filter)) {
      throw new RangeError('deleteMatching without a condition would cut off every connection; name what they share')
    }
    return this.list(filter).filter((flow) => this.delete(flow)).length
  }

  /** How many flows are tracked, and how many may be (net.netfilter.nf_conntrack_max). */
  stats(): { readonly count: number; readonly max: number | undefined } {
    const type = conntrackType(IPCTNL_MSG_CT_GET_STATS)
    const [answer] = this.#connection.request({ operation: 'getconntrackstats', type, body: query(undefined, {}) })
    const { entries, maxEntries } = statsMessage.decode(answer?.body ?? new Uint8Array())
    if (entries === undefined) throw new Malformed('no CTA_STATS_GLOBAL_ENTRIES')
    return { count: entries, max: maxEntries }
  }

  /** How many flows are tracked. */
  count(): number {
    return this.stats().count
  }

  /**
   * What happens from this call on, on a socket of its own. With net.netfilter.nf_conntrack_events at 2, which is the
   * kernel's default, flows that were there before anybody listened report nothing, not even their end.
   */
  events(options: ConntrackEventOptions = {}): Subscription<ConntrackEvent> {
    return conntrackEvents(this.#openTransport(), options)
  }

  /** Closes the socket of requests; event streams go on. Idempotent. */
  [Symbol.dispose](): void {
    this.#connection[Symbol.dispose]()
  }

  /** Undefined: there is no such flow. */
  #unlessGone(
    operation: string,
    message: number,
    named: FlowQuery & { readonly original: Tuple },
  ): Message[] | undefined {
    const body = query(named.original.family, named)
    try {
      return this.#connection.request({ operation, type: conntrackType(message), body, pathAt: queryMessage.pathAt })
    } catch (error) {
      if (error instanceof NetlinkError && error.code === 'ENOENT') return undefined
      throw error
    }
  }
}

function query(family: Family | undefined, named: FlowQuery): Uint8Array {
  const number = family === undefined ? NFPROTO_UNSPEC : FAMILIES[family]
  return queryMessage.encode({ family: number, version: NFNETLINK_V0, resourceId: 0, ...named })
}

/** Zone 0 is not sent: kernels without CONFIG_NF_CONNTRACK_ZONES refuse the attribute. */
function zoneOf(zone: number): { readonly zone?: number } {
  return zone === 0 ? {} : { zone }
}
