import type { RoutePlan } from './topology.ts'

/** What a newcomer of a network may wish. */
export interface Wishes {
  /** This IPv4 address, without prefix length; default: the next one. */
  readonly address?: string
  /** How many IPv4 addresses; default 1. */
  readonly count?: number
  /** No IPv6 address: it listens to router advertisements. */
  readonly slaac?: boolean
}

/** What a newcomer gets: addresses with prefix length for its interface, and its routes. */
export interface Admission {
  readonly addresses: readonly string[]
  readonly routes: readonly RoutePlan[]
}

/** A network that gives out addresses: the public internet, or the LAN of a router. */
export interface Area {
  /** Name of the network. */
  readonly network: string
  /** Takes addresses for a node whose interface is called `dev`. Throws TopologyError when there is none left. */
  admit(who: string, dev: string, wishes?: Wishes): Admission
  /** Keeps an IPv4 address for a node that will ask for it. */
  reserve(who: string, address: string): void
  /** Takes addresses back. */
  dismiss(addresses: readonly string[]): void
  /** An IPv6 prefix for what is behind a router that is in this network; undefined without IPv6. */
  delegate(who: string): string | undefined
}
