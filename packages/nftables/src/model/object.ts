import { type Duration, parseDuration } from './duration.ts'
import { ModelError } from './error.ts'
import { checkComment, checkName } from './identifier.ts'
import type { internetProtocols } from './names.ts'
import { parseRate, type Rate, type RateInput } from './rate.ts'

/** What every named object has. */
export interface ObjectOptions {
  readonly comment?: string
}

interface Named extends ObjectOptions {
  readonly name: string
}

/** A counter with a name, that several rules can count into and that keeps counting when rules change. */
export interface CounterObject extends Named {
  readonly object: 'counter'
}

/** So many bytes, for all rules that name it. */
export interface QuotaObject extends Named, ParsedQuota {
  readonly object: 'quota'
}

/** A rate, for all rules that name it together. */
export interface LimitObject extends Named {
  readonly object: 'limit'
  readonly rate: Rate
}

/** A helper of connection tracking, given to connections by `assign`. */
export interface CtHelperObject extends Named, CtHelperOptions {
  readonly object: 'ct_helper'
}

/** How long connection tracking remembers connections that got it by `assign`. */
export interface CtTimeoutObject extends Named, CtTimeoutOptions {
  readonly object: 'ct_timeout'
}

/** A connection that is expected after this one. */
export interface CtExpectationObject extends Named {
  readonly object: 'ct_expect'
  readonly protocol: TransportName
  readonly l3proto?: 'ip' | 'ip6'
  readonly dport: number
  /** Milliseconds. */
  readonly timeout: number
  readonly size: number
}

/** Answers to SYN packets. */
export interface SynproxyObject extends Named, SynproxyOptions {
  readonly object: 'synproxy'
}

export type ObjectDefinition =
  | CounterObject
  | QuotaObject
  | LimitObject
  | CtHelperObject
  | CtTimeoutObject
  | CtExpectationObject
  | SynproxyObject
export type ObjectKind = ObjectDefinition['object']

export type TransportName = keyof typeof internetProtocols

export interface QuotaInput {
  readonly bytes: number | bigint
  /** Holds when they are used up, instead of until then. */
  readonly over?: boolean
  /** Bytes that count as used from the beginning. */
  readonly used?: number | bigint
}

export interface ParsedQuota {
  readonly bytes: bigint
  readonly over: boolean
  readonly used: bigint
}

export interface CtHelperOptions {
  /** The kernel's name of the helper: `ftp`. */
  readonly type: string
  readonly protocol: TransportName
  /** Default: the table's family. */
  readonly l3proto?: 'ip' | 'ip6'
}

export interface CtTimeoutOptions {
  readonly protocol: TransportName
  readonly l3proto?: 'ip' | 'ip6'
  /** Seconds by the state's name: `{ established: 100 }`. States that are left out keep the kernel's own. */
  readonly policy: Readonly<Record<string, number>>
}

export interface CtExpectationOptions {
  readonly protocol: TransportName
  readonly l3proto?: 'ip' | 'ip6'
  readonly dport: number
  readonly timeout: Duration
  /** How many at once. */
  readonly size: number
}

export interface SynproxyOptions {
  /** Bytes. */
  readonly mss?: number
  /** Power of two by which windows are scaled, 0 to 14. */
  readonly wscale?: number
  readonly timestamp?: boolean
  readonly sackPermitted?: boolean
}

export function parseQuota({ bytes, over = false, used = 0 }: QuotaInput): ParsedQuota {
  for (const value of [bytes, used]) {
    if (typeof value === 'number' && !Number.isSafeInteger(value)) throw new ModelError(`quota of ${value} bytes`)
    if (value < 0) throw new ModelError(`quota of ${value} bytes`, 'give a number from 0 on')
  }
  return { bytes: BigInt(bytes), over, used: BigInt(used) }
}

export function checkSynproxy({ mss = 0, wscale = 0 }: SynproxyOptions): void {
  if (!Number.isInteger(mss) || mss < 0 || mss > 0xffff) throw new ModelError(`mss ${mss}`, 'give 0 to 65535')
  if (!Number.isInteger(wscale) || wscale < 0 || wscale > 14) throw new ModelError(`wscale ${wscale}`, 'give 0 to 14')
}

function named(kind: string, name: string, { comment }: ObjectOptions): Named {
  checkName(kind, name)
  if (comment !== undefined) checkComment(comment)
  return { name, ...(comment !== undefined && { comment }) }
}

export function counterObject(name: string, options: ObjectOptions = {}): CounterObject {
  return { object: 'counter', ...named('counter', name, options) }
}

export function quotaObject(name: string, options: QuotaInput & ObjectOptions): QuotaObject {
  return { object: 'quota', ...named('quota', name, options), ...parseQuota(options) }
}

export function limitObject(name: string, options: RateInput & ObjectOptions): LimitObject {
  return { object: 'limit', ...named('limit', name, options), rate: parseRate(options) }
}

export function ctHelperObject(name: string, options: CtHelperOptions & ObjectOptions): CtHelperObject {
  const { type, protocol, l3proto } = options
  return { object: 'ct_helper', ...named('ct helper', name, options), type, protocol, ...(l3proto && { l3proto }) }
}

export function ctTimeoutObject(name: string, options: CtTimeoutOptions & ObjectOptions): CtTimeoutObject {
  const { protocol, l3proto, policy } = options
  return { object: 'ct_timeout', ...named('ct timeout', name, options), protocol, policy, ...(l3proto && { l3proto }) }
}

export function ctExpectationObject(name: string, options: CtExpectationOptions & ObjectOptions): CtExpectationObject {
  const { protocol, l3proto, dport, size, timeout } = options
  return {
    object: 'ct_expect',
    ...named('ct expectation', name, options),
    protocol,
    ...(l3proto && { l3proto }),
    dport,
    timeout: parseDuration(timeout),
    size,
  }
}

export function synproxyObject(name: string, options: SynproxyOptions & ObjectOptions): SynproxyObject {
  checkSynproxy(options)
  const { comment: _, ...rest } = options
  return { object: 'synproxy', ...named('synproxy', name, options), ...rest }
}
