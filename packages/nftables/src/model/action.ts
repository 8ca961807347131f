import { isObjectKind } from './element.ts'
import { ModelError } from './error.ts'
import type { FlowtableDefinition } from './flowtable.ts'
import type { Key } from './key.ts'
import {
  type CtExpectationObject,
  type CtHelperObject,
  type CtTimeoutObject,
  checkSynproxy,
  type ObjectDefinition,
  type ObjectKind,
  type ParsedQuota,
  parseQuota,
  type QuotaInput,
  type QuotaObject,
  type SynproxyObject,
  type SynproxyOptions,
} from './object.ts'
import { type Operand, type ParsedOperand, parseOperand } from './operand.ts'
import { checkSameType } from './same.ts'
import type { Selector } from './selector.ts'
import type { MapDefinition } from './set.ts'

/** `quota over 1 mbytes` */
export interface Quota extends ParsedQuota {
  readonly statement: 'quota'
}

/** `quota name "q"`, `ct helper set "ftp"`: what the object of the table does, for this packet. */
export interface ObjectReference {
  readonly statement: 'object'
  readonly object: ObjectDefinition
}

/** Goes on until so many bytes have passed, with `over` from then on. Its own, or a named quota of the table. */
export function quota(quota: QuotaInput): Quota
export function quota(quota: QuotaObject): ObjectReference
export function quota(quota: QuotaInput | QuotaObject): Quota | ObjectReference {
  if ('object' in quota) return { statement: 'object', object: quota }
  return { statement: 'quota', ...parseQuota(quota) }
}

/** Gives the connection a helper, a timeout policy or an expectation of the table. */
export function assign(object: CtHelperObject | CtTimeoutObject | CtExpectationObject): ObjectReference {
  return { statement: 'object', object }
}

/** `counter name ip saddr map @m`: the object that the map has for the packet. */
export interface ObjectMap {
  readonly statement: 'objectMap'
  readonly selector: Selector
  readonly map: MapDefinition<Key, ObjectKind>
}

/** What the object does that `map` has for the selector's value; nothing, when it has none. */
export function byMap<K extends Key>(selector: Selector<K>, map: MapDefinition<K, ObjectKind>): ObjectMap {
  if (!isObjectKind(map.value)) throw new ModelError(`'${map.name}' gives no objects`)
  checkSameType(selector, map)
  return { statement: 'objectMap', selector, map }
}

/** `ct count over 5` */
export interface ConnectionCount {
  readonly statement: 'connections'
  readonly count: number
  readonly over: boolean
}

/** Goes on up to `count` connections at a time, with `over` for those beyond. In a set's element: for each key. */
export function connections(count: number, options: { readonly over?: boolean } = {}): ConnectionCount {
  if (!Number.isInteger(count) || count < 0 || count > 0xffffffff) throw new ModelError(`${count} connections`)
  return { statement: 'connections', count, over: options.over ?? false }
}

/** `queue to 5-9` */
export interface ToQueue {
  readonly statement: 'queue'
  readonly first: number
  readonly last: number
  /** Instead of them: a selector or map that gives the number. */
  readonly to: ParsedOperand | undefined
  readonly bypass: boolean
  readonly fanout: boolean
}

export interface QueueOptions {
  /** One queue, several that share the packets, or a selector or map that gives the number. Default: 0. */
  readonly to?: number | readonly [first: number, last: number] | Operand<'mark'>
  /** Packets go on when nobody listens, instead of being dropped. */
  readonly bypass?: boolean
  /** Queues are taken by processor, not by flow. */
  readonly fanout?: boolean
}

/** Hands the packet to a program that listens to a queue (nfnetlink_queue). */
export function queue({ to = 0, bypass = false, fanout = false }: QueueOptions = {}): ToQueue {
  if (typeof to === 'object' && 'operand' in to) {
    const operand = parseOperand('mark', to)
    return { statement: 'queue', first: 0, last: 0, to: operand, bypass, fanout }
  }
  const [first, last] = Array.isArray(to) ? (to as [number, number]) : [Number(to), Number(to)]
  if (![first, last].every((each) => Number.isInteger(each) && each >= 0 && each <= 0xffff) || first > last) {
    throw new ModelError(`queues ${first} to ${last}`, 'give numbers from 0 to 65535')
  }
  return { statement: 'queue', first, last, to: undefined, bypass, fanout }
}

/** `tproxy ip to 192.0.2.1:80` */
export interface TransparentProxy {
  readonly statement: 'tproxy'
  readonly family: 'ip' | 'ip6' | undefined
  readonly address: ParsedOperand | undefined
  readonly port: ParsedOperand | undefined
}

/** Hands the packet to a local transparent socket. Without an address: to one of the packet's own. */
export function tproxy(target: {
  readonly family?: 'ip' | 'ip6'
  readonly to?: string
  readonly port?: Operand<'inet_service'>
}): TransparentProxy {
  const { to, port } = target
  if (to === undefined && port === undefined) throw new ModelError('tproxy to nowhere', 'give an address or a port')
  const family = target.family ?? (to === undefined ? undefined : 'ip')
  const type = family === 'ip6' ? 'ipv6_addr' : 'ipv4_addr'
  return {
    statement: 'tproxy',
    family,
    address: to === undefined ? undefined : parseOperand(type, to),
    port: port === undefined ? undefined : parseOperand('inet_service', port),
  }
}

/** `dup to 192.0.2.1 device lo`, `fwd to lo` */
export interface Elsewhere {
  readonly statement: 'dup' | 'fwd'
  readonly family: 'ip' | 'ip6'
  readonly address: ParsedOperand | undefined
  readonly device: ParsedOperand | undefined
}

interface ElsewhereOptions {
  readonly family?: 'ip' | 'ip6'
  readonly to?: string
  readonly device?: Operand<'iface_index'>
}

/** Sends a copy of the packet to a neighbour, by an interface. In netdev tables: by an interface alone. */
export function dup(target: ElsewhereOptions): Elsewhere {
  return elsewhere('dup', target)
}

/** In ingress and egress chains of netdev tables: lets the packet out by an interface, to a neighbour if given. */
export function fwd(target: ElsewhereOptions & { readonly device: Operand<'iface_index'> }): Elsewhere {
  return elsewhere('fwd', target)
}

function elsewhere(statement: 'dup' | 'fwd', { family = 'ip', to, device }: ElsewhereOptions): Elsewhere {
  if (to === undefined && device === undefined) throw new ModelError(`${statement} to nowhere`)
  return {
    statement,
    family,
    address: to === undefined ? undefined : parseOperand(family === 'ip' ? 'ipv4_addr' : 'ipv6_addr', to),
    device: device === undefined ? undefined : parseOperand('iface_index', device),
  }
}

/** `synproxy mss 1460 wscale 7 timestamp sack-perm` */
export interface AnswerSyn extends SynproxyOptions {
  readonly statement: 'synproxy'
}

/** Answers SYN packets, and lets through only those who answer back. Its own options, or those of the table's object. */
export function synproxy(options?: SynproxyOptions): AnswerSyn
export function synproxy(object: SynproxyObject): ObjectReference
export function synproxy(options: SynproxyOptions | SynproxyObject = {}): AnswerSyn | ObjectReference {
  if ('object' in options) return { statement: 'object', object: options }
  checkSynproxy(options)
  return { statement: 'synproxy', ...options }
}

/** `flow add @f` */
export interface Offload {
  readonly statement: 'flow'
  readonly flowtable: FlowtableDefinition
}

/** The connection's packets go past the rules from now on. */
export function offload(flowtable: FlowtableDefinition): Offload {
  return { statement: 'flow', flowtable }
}

/** `reset tcp option timestamp` */
export interface RemoveOption {
  readonly statement: 'removeOption'
  /** Number of the option, and nft's word for it. */
  readonly kind: number
  readonly word: string
}

const optionNumbers = { maxseg: 2, window: 3, 'sack-perm': 4, timestamp: 8 } as const

/** Takes an option out of a TCP header. */
export function removeTcpOption(option: keyof typeof optionNumbers | number): RemoveOption {
  const kind = typeof option === 'number' ? option : optionNumbers[option]
  if (!Number.isInteger(kind) || kind < 0 || kind > 255) throw new ModelError(`TCP option '${option}'`)
  return { statement: 'removeOption', kind, word: String(option) }
}
