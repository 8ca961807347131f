import type { LinkOptions } from '../link/index.ts'
import type { NatOptions } from '../nat/choice.ts'

/**
 * An internet as a person describes it, in TypeScript and in YAML alike: routers in any depth, hosts, servers.
 * Addresses are given by the lab where none are written; {@link Topology} is what comes of it.
 */
export interface Internet {
  /** Every random choice of the links follows from it; default 1. */
  readonly seed?: number
  /** Which families the public internet has; default ['ipv4']. */
  readonly families?: readonly Family[]
  /** Hosts directly on the public internet. */
  readonly servers?: Readonly<Record<string, HostOptions>>
  readonly routers?: Readonly<Record<string, RouterOptions & RouterChildren>>
}

export type Family = 'ipv4' | 'ipv6'

/** What is behind a router. */
export interface RouterChildren {
  readonly hosts?: Readonly<Record<string, HostOptions>>
  /** Routers behind this one: carrier-grade NAT, double NAT. */
  readonly routers?: Readonly<Record<string, RouterOptions & RouterChildren>>
}

export interface RouterOptions {
  /** What its NAT does: a preset or its name, words of behaviour, a config of our router, rules; default 'home'. */
  readonly nat?: NatOptions
  /** The link from the router to its upstream network; default: a plain cable. */
  readonly uplink?: LinkOptions
  /** How many external IPv4 addresses it has; default 1. */
  readonly addresses?: number
  /**
   * Its LAN's IPv4 prefix, '192.168.1.0/24', of which the router has the first address; 'none': a LAN of IPv6 alone.
   * Default: one that nobody else has.
   */
  readonly lan?: string
  /** What it does with IPv6, if its upstream has any; default 'routed'. */
  readonly ipv6?: Ipv6Mode
  /**
   * The IPv6 prefix that its upstream delegates to it, '2001:db8:7::/48', of which its LAN has the first /64 and routers
   * behind it have pieces. Default: one that nobody else has.
   */
  readonly delegated?: string
  /** Translates IPv6 of its LAN to IPv4 (RFC 6146) under 64:ff9b::/96; default false. */
  readonly nat64?: boolean
}

/**
 * `routed`: a prefix of its own behind a firewall that lets replies in (RFC 6092); `open`: without the firewall;
 * `nptv6`: prefix translation (RFC 6296); `nat66`: masquerade; `none`: no IPv6 on the LAN.
 */
export type Ipv6Mode = 'routed' | 'open' | 'nptv6' | 'nat66' | 'none'

export interface HostOptions {
  /** The link to its network; default: a plain cable. */
  readonly link?: LinkOptions
  /** IPv4 address without prefix length; default: the next one. */
  readonly address?: string
  /** IPv6 address by router advertisements (SLAAC) instead of a given one; default false. */
  readonly slaac?: boolean
}
