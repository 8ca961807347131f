import type { BandwidthLimits, PortRange, RelayAddress } from '../datapath/index.ts'
import type { PeerFilterOptions } from '../filter/index.ts'
import type { ClientLimits, StreamListener } from '../streams/index.ts'
import type { Endpoint } from '../stun/index.ts'
import type { Limits } from '../turn/server/index.ts'
import type { UserEntry } from './users.ts'

/** What can change while a server runs. */
export interface Policy {
  readonly users: readonly UserEntry[]
  readonly secrets: readonly string[]
  readonly filter: PeerFilterOptions
  readonly limits: Partial<Limits>
  readonly bandwidth?: BandwidthLimits
  /** Of clients by TCP and TLS. */
  readonly clients?: Partial<ClientLimits>
}

/** The relay of a server; a STUN server has none. */
export interface RelaySettings {
  readonly realm: string
  readonly addresses: readonly RelayAddress[]
  readonly ports: PortRange
  /** Of nonces; the same in all threads. */
  readonly nonceSecret: Uint8Array
  /** Seconds. */
  readonly nonceLifetime: number
  readonly software: string | undefined
  /** TCP to peers (RFC 6062), for clients of TCP and TLS; default true. */
  readonly tcpRelay?: boolean
  readonly policy: Policy
}

/** Memory that all threads of a server count in. */
export interface SharedCells {
  /** Of SharedQuota. */
  readonly quota: SharedArrayBuffer
  /** Of SharedQuota: ports that are kept for who shows a token. */
  readonly kept: SharedArrayBuffer
  /** Of Bandwidth. */
  readonly rates: SharedArrayBuffer
  /** Of ReplyBudget. */
  readonly replies: SharedArrayBuffer
  /** Of ReflectionBudget. */
  readonly reflections: SharedArrayBuffer
}

/** What every thread has. All of it can be cloned. */
export interface ThreadCells {
  readonly counters: SharedArrayBuffer
  readonly answers: SharedArrayBuffer
  /** Descriptor that wakes it. */
  readonly wakeup: number
}

/** What the thread of streams is started with. */
export interface StreamThreadSettings extends ThreadCells {
  readonly listeners: readonly StreamListener[]
  readonly relay: RelaySettings | undefined
  readonly shared: SharedCells
}

/** What a thread of UDP is started with. */
export interface ThreadSettings extends ThreadCells {
  readonly listen: readonly Endpoint[]
  readonly relay: RelaySettings | undefined
  readonly shared: SharedCells
  /** Its own among the threads, from 0 on; and how many there are. */
  readonly number: number
  readonly threads: number
}
