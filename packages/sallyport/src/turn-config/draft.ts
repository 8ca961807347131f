import type { Node } from '@sallyport/router/document'
import type { UserEntry } from '@sallyport/traversal/service'
import type { AddressAndPort } from './quantities.ts'

/** A value and where it was written. */
export interface Placed<T> {
  readonly value: T
  readonly node: Node
}

export type Transport = 'udp' | 'tcp' | 'tls'

export interface ListenEntry extends AddressAndPort {
  readonly transport: Transport
}

export interface RelayEntry {
  readonly address: string
  /** As the world sees it, behind a 1:1 NAT. */
  readonly external?: string
}

/** Files that are named: paths as they can be opened. */
export interface CertificateFiles {
  readonly cert: string
  readonly key: string
}

/** What one source says, the config file or the command line: all of it is optional, and two of them add up. */
export interface Draft {
  readonly listen: readonly Placed<ListenEntry>[]
  readonly relays: readonly Placed<RelayEntry>[]
  readonly externals: readonly Placed<string>[]
  readonly users: readonly UserEntry[]
  readonly userFiles: readonly Placed<string>[]
  readonly secrets: readonly string[]
  readonly secretFiles: readonly Placed<string>[]
  readonly allow: readonly string[]
  readonly deny: readonly string[]
  readonly ports: { readonly min?: number; readonly max?: number }
  readonly limits: Limits
  /** What was said once, and is overridden by the one that comes later. */
  readonly single: Single
}

export interface Limits {
  readonly defaultLifetime?: number
  readonly maxLifetime?: number
  readonly total?: number
  readonly perUser?: number
  readonly permissions?: number
  readonly channels?: number
  readonly connections?: number
  /** Bits per second and direction. */
  readonly bandwidth?: number
  readonly userBandwidth?: number
  /** Connections of clients. */
  readonly clients?: number
  readonly clientsPerAddress?: number
}

export interface Single {
  readonly realm?: string
  readonly workers?: number
  readonly metrics?: Placed<AddressAndPort>
  readonly log?: 'text' | 'json'
  /** Seconds. */
  readonly nonceLifetime?: number
  readonly drainTimeout?: number
  readonly certificate?: Placed<CertificateFiles>
  readonly tcpRelay?: boolean
}

/** The two together: lists add up, of single values the second's wins. */
export function added(one: Draft, two: Draft): Draft {
  return {
    listen: [...one.listen, ...two.listen],
    relays: [...one.relays, ...two.relays],
    externals: [...one.externals, ...two.externals],
    users: [...one.users, ...two.users],
    userFiles: [...one.userFiles, ...two.userFiles],
    secrets: [...one.secrets, ...two.secrets],
    secretFiles: [...one.secretFiles, ...two.secretFiles],
    allow: [...one.allow, ...two.allow],
    deny: [...one.deny, ...two.deny],
    ports: { ...one.ports, ...two.ports },
    limits: { ...one.limits, ...two.limits },
    single: { ...one.single, ...two.single },
  }
}

/** Without the keys whose value is undefined. */
export function defined<T extends object>(value: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, each]) => each !== undefined)) as never
}
