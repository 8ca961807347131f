import type { Family } from './internet.ts'
import type { RoutePlan } from './topology.ts'

/** What a newcomer of a network may wish. */
export interface Wishes {
  /** This IPv4 address, without prefix length; default: the next one. */
  readonly address?: string
  /** This IPv6 address, without prefix length; default: the next one. */
  readonly address6?: string
  /** How many IPv4 addresses; default 1. */
  readonly count?: number
  /** No IPv6 address: it listens to router advertisements. */
  readonly slaac?: boolean
  /** Addresses of these alone; default: of all that the network has. */
  readonly families?: readonly Family[]
}

/** What a newcomer gets: addresses with prefix length for its interface, and its routes. */
export interface Admission {
  readonly addresses: readonly string[]
  /** Those of a prefix that is going: still valid, used for nothing new (RFC 4862 section 5.5.4). */
  readonly deprecated?: readonly string[]
  readonly routes: readonly RoutePlan[]
}

/** A network that gives out addresses: the public internet, or the LAN of a router. */
export interface Area {
  /** Name of the network. */
  readonly network: string
  /** Takes addresses for a node whose interface is called `dev`. Throws TopologyError when there is none left. */
  admit(who: string, dev: string, wishes?: Wishes): Admission
  /** The routes of a node with these addresses. */
  routesOf(addresses: readonly string[], dev: string, wishes?: Wishes): readonly RoutePlan[]
  /** Keeps an IPv4 address for a node that will ask for it. */
  reserve(who: string, address: string): void
  /** Takes addresses back. */
  dismiss(addresses: readonly string[]): void
  /** An IPv6 prefix for what is behind a router that is in this network, as wished or the next; undefined without IPv6. */
  delegate(who: string, wanted?: string): string | undefined
  /** Keeps a prefix for a router that will ask for it. */
  reservePrefix(who: string, wanted: string): void
  /** Takes a prefix back. */
  release(prefix: string): void
  /** Does a router advertise a prefix there at the moment? */
  readonly advertises: boolean
}
