import type { LogLevel } from '../expr/index.ts'
import type {
  AnswerSyn,
  ConnectionCount,
  Elsewhere,
  ObjectMap,
  ObjectReference,
  Offload,
  Quota,
  RemoveOption,
  ToQueue,
  TransparentProxy,
} from './action.ts'
import type { DynamicUpdate } from './dynamic.ts'
import { ModelError } from './error.ts'
import type { Compare, Flags, SetLookup, VerdictMap } from './match.ts'
import { rejectIcmp, rejectIcmpv6, rejectIcmpx } from './names.ts'
import type { Masquerade, Nat, Redirect } from './nat.ts'
import type { CounterObject, LimitObject } from './object.ts'
import { parseRate, type Rate, type RateInput } from './rate.ts'
import type { Verdict } from './verdict.ts'
import type { SetField } from './writable.ts'

/** `counter`, or `counter name "x"`. */
export interface Count {
  readonly statement: 'counter'
  readonly object: CounterObject | undefined
}

/** Counts packets and bytes: its own, or those of a named counter of the table. */
export function counter(object?: CounterObject): Count {
  return { statement: 'counter', object }
}

/** `limit rate …` */
export interface RateLimit {
  readonly statement: 'limit'
  readonly rate: Rate
}

/** Goes on while there are not more than so many, or with `over` only for those beyond. */
export function limit(rate: RateInput): RateLimit
/** The same, of a named limit of the table. */
export function limit(rate: LimitObject): ObjectReference
export function limit(rate: RateInput | LimitObject): RateLimit | ObjectReference {
  if ('object' in rate) return { statement: 'object', object: rate }
  return { statement: 'limit', rate: parseRate(rate) }
}

export interface LogOptions {
  /** Up to 127 bytes (NF_LOG_PREFIXLEN). */
  readonly prefix?: string
  /** nflog group, 0 to 65535. Without one it goes to the kernel's log, which shows nothing from a namespace. */
  readonly group?: number
  /** Bytes of the packet that nflog sends; 0: all. */
  readonly snaplen?: number
  /** Packets that gather in the kernel before nflog sends them. */
  readonly queueThreshold?: number
  /** Only without a group. */
  readonly level?: LogLevel
  /** What the kernel's log shows beside. Only without a group. */
  readonly flags?: readonly LogFlag[]
}

export type LogFlag = 'tcp sequence' | 'tcp options' | 'ip options' | 'skuid' | 'ether'

/** `log …` */
export interface LogPacket extends LogOptions {
  readonly statement: 'log'
}

const LOG_PREFIX_MAXLEN = 127 // NF_LOG_PREFIXLEN is 128 with the NUL

export function log(options: LogOptions = {}): LogPacket {
  const { prefix = '', group, level } = options
  if (Buffer.byteLength(prefix) > LOG_PREFIX_MAXLEN) throw new ModelError('a log prefix of more than 127 bytes')
  if (/["\n\0]/.test(prefix)) throw new ModelError('a log prefix with a quote or a line break', 'nft has no escape')
  if (group !== undefined && (!Number.isInteger(group) || group < 0 || group > 0xffff)) {
    throw new ModelError(`nflog group ${group}`, 'give a number from 0 to 65535')
  }
  if (
    group === undefined
      ? (options.snaplen ?? options.queueThreshold) !== undefined
      : (level ?? options.flags) !== undefined
  ) {
    throw new ModelError('a log with a group has no level, and one without has no snaplen or queueThreshold')
  }
  return { statement: 'log', ...options }
}

export type RejectOptions =
  | { readonly icmpx: keyof typeof rejectIcmpx }
  | { readonly icmp: keyof typeof rejectIcmp }
  | { readonly icmpv6: keyof typeof rejectIcmpv6 }
  | { readonly tcp: 'reset' }

/** `reject with …` */
export interface Refuse {
  readonly statement: 'reject'
  readonly with: 'icmpx' | 'icmp' | 'icmpv6' | 'tcp'
  readonly code: string
}

/** Drops, and tells the sender. Default: port unreachable of the packet's family. */
export function reject(options: RejectOptions = { icmpx: 'port-unreachable' }): Refuse {
  const [kind, code] = Object.entries(options)[0] as [Refuse['with'], string]
  const known = { icmpx: rejectIcmpx, icmp: rejectIcmp, icmpv6: rejectIcmpv6, tcp: { reset: 0 } }[kind]
  if (known === undefined || !Object.hasOwn(known, code)) {
    throw new ModelError(`reject with ${kind} '${code}'`, known && `use one of ${Object.keys(known).join(', ')}`)
  }
  return { statement: 'reject', with: kind, code }
}

/** Connection tracking does not see the packet. Only before it: priority lower than -200. */
export interface Untrack {
  readonly statement: 'notrack'
}

export function notrack(): Untrack {
  return { statement: 'notrack' }
}

/** `tcp option maxseg size set …` */
export interface MaximumSegment {
  readonly statement: 'maxseg'
  /** Bytes, or `route`: what the route's MTU allows. */
  readonly size: number | 'route'
}

/** Lowers the maximum segment size of a TCP SYN; put `tcp.flags.any('syn')` before it. */
export function clampMaximumSegment(size: number | 'route'): MaximumSegment {
  if (size !== 'route' && (!Number.isInteger(size) || size < 1 || size > 0xffff)) {
    throw new ModelError(`maximum segment size ${size}`, "give bytes from 1 to 65535, or 'route'")
  }
  return { statement: 'maxseg', size }
}

/** One step of a rule; they happen from left to right until one does not hold. */
export type Statement =
  | Compare
  | Flags
  | SetLookup
  | VerdictMap
  | Verdict
  | Count
  | RateLimit
  | LogPacket
  | Refuse
  | Untrack
  | Nat
  | Masquerade
  | Redirect
  | DynamicUpdate
  | SetField
  | MaximumSegment
  | Quota
  | ObjectReference
  | ObjectMap
  | ConnectionCount
  | ToQueue
  | TransparentProxy
  | Elsewhere
  | AnswerSyn
  | Offload
  | RemoveOption
