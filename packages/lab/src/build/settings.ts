import type { NodePlan } from '../topology/topology.ts'

/**
 * Sysctls of a node before its links are made, in order. They are those that would otherwise differ from machine
 * to machine (a new namespace inherits the host's IPv4 settings) or make packets nobody asked for.
 */
export function settingsOf(node: NodePlan): [name: string, value: string][] {
  return [...ipv4(node), ...(hasIpv6(node) ? ipv6(node) : ipv6Off)]
}

export function hasIpv6({ interfaces }: NodePlan): boolean {
  return Object.values(interfaces).some(({ addresses }) => addresses.some((address) => address.includes(':')))
}

function ipv4({ forwarding }: NodePlan): [string, string][] {
  return [
    ['net.ipv4.ip_forward', forwarding ? '1' : '0'],
    ['net.ipv4.conf.all.rp_filter', '0'],
    ['net.ipv4.conf.default.rp_filter', '0'],
    ['net.ipv4.icmp_ratelimit', '0'], // tests count ICMP errors; the default lets 1 a second through
  ]
}

/** Addresses are ready at once (no DAD), and nobody solicits routers. */
function ipv6({ forwarding }: NodePlan): [string, string][] {
  return [
    ...['all', 'default'].flatMap((scope): [string, string][] => [
      [`net.ipv6.conf.${scope}.accept_dad`, '0'],
      [`net.ipv6.conf.${scope}.dad_transmits`, '0'],
      [`net.ipv6.conf.${scope}.accept_ra`, '0'],
      [`net.ipv6.conf.${scope}.router_solicitations`, '0'],
    ]),
    ['net.ipv6.conf.all.forwarding', forwarding ? '1' : '0'],
    ['net.ipv6.icmp.ratelimit', '0'],
  ]
}

/** A node without IPv6 addresses has no IPv6: no multicast reports, no link-local chatter. */
export const ipv6Off: [string, string][] = ['all', 'default'].map((scope) => [
  `net.ipv6.conf.${scope}.disable_ipv6`,
  '1',
])
