import type { LinkOptions } from '../link/index.ts'

/** A network: a switch that nodes are attached to. */
export interface NetworkPlan {
  readonly name: string
}

/** One interface of a node: the network it is plugged into, and its addresses with prefix length. */
export interface Attachment {
  readonly network: string
  readonly addresses: readonly string[]
  /** More of them, which are used for nothing new: their prefix is going (RFC 4862 section 5.5.4). Default: none. */
  readonly deprecated?: readonly string[]
  /** Bytes of an IP packet, both for the node and for what the network delivers to it; default 1500. */
  readonly mtu?: number
  /** What the cable does to frames; `up` is from the node to the network. Default: nothing. */
  readonly link?: LinkOptions
  /** Listens to router advertisements (RFC 4861) and takes IPv6 addresses from them (RFC 4862); default false. */
  readonly slaac?: boolean
}

/** A route beside those of the interfaces: to a gateway, or out of an interface when its network holds them all. */
export interface RoutePlan {
  /** 'ADDRESS/LENGTH'; '0.0.0.0/0' and '::/0' are the default routes. */
  readonly to: string
  readonly via?: string
  readonly dev?: string
}

/** A node: a machine with a network stack of its own. */
export interface NodePlan {
  readonly name: string
  /** Interface name (at most 15 bytes, IFNAMSIZ) → where it is plugged in. */
  readonly interfaces: Readonly<Record<string, Attachment>>
  readonly routes: readonly RoutePlan[]
  /** Forwards packets between its interfaces; default false, since the router's `apply` has to see to it. */
  readonly forwarding: boolean
}

/** A whole internet as data: what is wanted, nothing built yet. */
export interface Topology {
  readonly networks: readonly NetworkPlan[]
  readonly nodes: readonly NodePlan[]
}

/** What a person writes about a node beside its interfaces. */
export interface NodeOptions {
  /** Default gateway, or one for IPv4 and one for IPv6. */
  readonly via?: string | readonly string[]
  readonly routes?: readonly RoutePlan[]
  readonly forwarding?: boolean
}

/** The full plan of a node from what a person writes. */
export function planNode(
  name: string,
  interfaces: Readonly<Record<string, Attachment>>,
  { via = [], routes = [], forwarding = false }: NodeOptions = {},
): NodePlan {
  const gateways = typeof via === 'string' ? [via] : via
  const defaults = gateways.map((gateway) => ({ to: gateway.includes(':') ? '::/0' : '0.0.0.0/0', via: gateway }))
  return { name, interfaces, routes: [...defaults, ...routes], forwarding }
}

/** Every address of a node, without prefix length, in the order of its interfaces. */
export function addressesOf({ interfaces }: NodePlan): string[] {
  return Object.values(interfaces).flatMap(({ addresses }) => addresses.map(withoutLength))
}

/** '192.168.1.1/24' → '192.168.1.1'. */
export function withoutLength(address: string): string {
  return address.split('/')[0]!
}
