import { Connection } from '../netlink/connection.ts'
import { type NetlinkError, refusal } from '../netlink/error.ts'
import { encodeMessage, type Message, NLM_F_ACK, NLM_F_REQUEST } from '../netlink/header.ts'
import { NETLINK_NETFILTER, openNetlink } from '../netlink/koffi-transport.ts'
import { Subscription } from '../netlink/listen.ts'
import { NFNETLINK_V0, NFNL_SUBSYS_ULOG, NFPROTO_UNSPEC, nfMessageType } from '../netlink/nfnetlink.ts'
import type { Transport } from '../netlink/transport.ts'
import { configMessage, type LogConfig, type LogFlag, NFULNL_MSG_CONFIG, NFULNL_MSG_PACKET } from './config.ts'
import { decodePacket, type LoggedPacket } from './packet.ts'

/** A packet, or `lost`: some were dropped because nobody read them in time; {@link Nflog.lost} tells how many. */
export type NflogEvent = (LoggedPacket & { readonly type: 'packet' }) | { readonly type: 'lost' }

export interface NflogOptions {
  /** Where the rules are that log. Default: the calling thread's namespace. */
  readonly namespace?: { run<T>(fn: () => T): T }
  /** Bytes of each packet that are wanted; default 0: all. */
  readonly range?: number
  /** Whether packets shall carry their flow. Default true; see {@link Nflog.conntrack}. */
  readonly conntrack?: boolean
  /** Bytes that may queue up unread. Default 4 MiB. */
  readonly receiveBuffer?: number
  /** Ends the iteration. */
  readonly signal?: AbortSignal
}

/**
 * The packets that rules send to one log group (nft: `log group 7`), as they come. A group has one reader at a time.
 * Each packet is sent at once, not gathered with others.
 */
export class Nflog implements AsyncIterable<NflogEvent, undefined>, Disposable, AsyncDisposable {
  readonly group: number
  /** Whether packets carry their flow: false where the kernel is built without CONFIG_NETFILTER_NETLINK_GLUE_CT. */
  readonly conntrack: boolean
  readonly #packets: Subscription<NflogEvent>
  #lost = 0
  #expected: number | undefined

  /** Throws NetlinkError: EPERM without the privilege, or when somebody else reads this group. */
  static open(group: number, options: NflogOptions = {}): Nflog {
    const { namespace, receiveBuffer = 4 << 20 } = options
    return new Nflog(group, openNetlink(NETLINK_NETFILTER, { namespace, receiveBuffer }), options)
  }

  /** For other transports than the kernel's; owns the transport. */
  constructor(group: number, transport: Transport, { range = 0, conntrack = true, signal }: NflogOptions = {}) {
    this.group = group
    try {
      const bound = bindGroup(new Connection(transport), group, range, conntrack)
      this.conntrack = bound.conntrack
      const decode = (message: Message): NflogEvent | undefined => this.#onMessage(message)
      this.#packets = new Subscription(transport, {
        first: bound.first,
        decode,
        lost: () => ({ type: 'lost' }),
        signal,
      })
    } catch (error) {
      transport[Symbol.dispose]()
      throw error
    }
  }

  /** How many packets never arrived here, as the numbers of those that did tell. */
  get lost(): number {
    return this.#lost
  }

  /** The one stream of this group; leaving the loop lets go of the group. */
  [Symbol.asyncIterator](): Subscription<NflogEvent> {
    return this.#packets
  }

  /** Lets go of the group and ends the iteration at once. Idempotent. */
  [Symbol.dispose](): void {
    this.#packets[Symbol.dispose]()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#packets[Symbol.asyncDispose]()
  }

  #onMessage(message: Message): NflogEvent | undefined {
    if (message.type !== nfMessageType(NFNL_SUBSYS_ULOG, NFULNL_MSG_PACKET)) return undefined
    const packet = decodePacket(message.body)
    this.#countLost(packet.sequence)
    return { type: 'packet', ...packet }
  }

  /** NFULA_SEQ counts what the kernel made for this group, whether or not it found room here; 32 bits, from 0. */
  #countLost(sequence: number | undefined): void {
    if (sequence === undefined) return
    this.#lost += (sequence - (this.#expected ?? 0)) >>> 0
    this.#expected = (sequence + 1) >>> 0
  }
}

interface Bound {
  readonly conntrack: boolean
  /** What arrived while the kernel's answer was read. */
  readonly first: readonly Message[]
}

/** Binds the group with flows attached, or without where the kernel says that it cannot do that. */
function bindGroup(connection: Connection, group: number, range: number, conntrack: boolean): Bound {
  const first = tryBind(connection, group, range, conntrack ? ['sequence', 'conntrack'] : ['sequence'])
  if (Array.isArray(first)) return { conntrack, first }
  if (conntrack && first.code === 'EOPNOTSUPP') return bindGroup(connection, group, range, false)
  throw first
}

function tryBind(connection: Connection, group: number, range: number, flags: LogFlag[]): Message[] | NetlinkError {
  const body = bindMessage(group, range, flags)
  const type = nfMessageType(NFNL_SUBSYS_ULOG, NFULNL_MSG_CONFIG)
  const sequence = connection.sequences()
  const { messages, errors } = connection.exchange(
    encodeMessage({ type, flags: NLM_F_REQUEST | NLM_F_ACK, sequence, body }),
  )
  const [refused] = errors
  if (refused === undefined) return [...messages]
  const hints = {
    EPERM: `either log group ${group} has a reader already, or the privilege is missing (CAP_NET_ADMIN over the namespace)`,
    EBUSY: `log group ${group} has a reader already`,
  }
  return refusal(refused, { operation: `nflog group ${group}`, body, pathAt: configMessage.pathAt, hints })
}

/** One message for all of it: no packet comes out in a form that was not asked for. */
function bindMessage(group: number, range: number, flags: LogFlag[]): Uint8Array {
  const config: LogConfig = {
    command: 'bind',
    mode: { range, copy: 'packet' },
    timeout: 1,
    queueThreshold: 1,
    flags: new Set(flags),
  }
  return configMessage.encode({ family: NFPROTO_UNSPEC, version: NFNETLINK_V0, resourceId: group, ...config })
}
