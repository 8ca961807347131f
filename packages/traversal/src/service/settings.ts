import type { Certificate } from '../streams/index.ts'
import type { Endpoint } from '../stun/index.ts'
import type { RelaySettings } from './thread-settings.ts'

/** Where clients are listened to. */
export interface Listening {
  readonly udp: readonly Endpoint[]
  readonly tcp: readonly Endpoint[]
  readonly tls: readonly Endpoint[]
}

/** A STUN or TURN server. */
export interface ServerSettings {
  readonly listen: Listening
  /** Threads that serve UDP. */
  readonly workers: number
  /** Undefined: a server that tells addresses and relays nothing. */
  readonly relay: RelaySettings | undefined
  /** For TLS. */
  readonly certificate: Certificate | undefined
  /** Where Prometheus may fetch metrics. */
  readonly metrics: Endpoint | undefined
}
