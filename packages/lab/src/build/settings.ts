import { readSysctl, writeSysctl } from '@sallyport/linux'
import type { NodePlan } from '../topology/topology.ts'

export type Setting = readonly [name: string, value: string]

/**
 * Sysctls of a node before its links are made, in order. They are those that would otherwise differ from machine
 * to machine (a new namespace inherits the host's IPv4 settings) or make packets nobody asked for.
 */
export function settingsOf(node: NodePlan): readonly Setting[] {
  return [...ipv4(node), ...(hasIpv6(node) ? ipv6(node) : ipv6Off)]
}

export function hasIpv6({ interfaces }: NodePlan): boolean {
  return Object.values(interfaces).some(
    ({ addresses, slaac = false }) => slaac || addresses.some((address) => address.includes(':')),
  )
}

function ipv4({ forwarding }: NodePlan): Setting[] {
  return [
    ['net.ipv4.ip_forward', forwarding ? '1' : '0'],
    ['net.ipv4.conf.all.rp_filter', '0'],
    ['net.ipv4.conf.default.rp_filter', '0'],
    ['net.ipv4.icmp_ratelimit', '0'], // tests count ICMP errors; the default lets 1 a second through
  ]
}

/** Addresses are ready at once (no DAD), and nobody solicits routers: those advertise when somebody is plugged in. */
function ipv6({ forwarding, interfaces }: NodePlan): Setting[] {
  const listens = Object.values(interfaces).some(({ slaac = false }) => slaac)
  return [
    ...['all', 'default'].flatMap((scope): Setting[] => [
      [`net.ipv6.conf.${scope}.accept_dad`, '0'],
      [`net.ipv6.conf.${scope}.dad_transmits`, '0'],
      [`net.ipv6.conf.${scope}.accept_ra`, listens ? '1' : '0'],
      [`net.ipv6.conf.${scope}.router_solicitations`, '0'],
    ]),
    ['net.ipv6.conf.all.forwarding', forwarding ? '1' : '0'],
    ['net.ipv6.icmp.ratelimit', '0'],
  ]
}

/** For a node that gets its first IPv6 address when its links have been made already. */
export function ipv6On(node: NodePlan): Setting[] {
  const settings = ipv6(node)
  const each = (name: string): Setting[] =>
    settings.flatMap(([key, value]): Setting[] =>
      key.startsWith('net.ipv6.conf.default.') ? [[key.replace('.default.', `.${name}.`), value]] : [],
    )
  return [...settings, ...Object.keys(node.interfaces).flatMap(each), ['net.ipv6.conf.all.disable_ipv6', '0']]
}

/** A node without IPv6 addresses has no IPv6: no multicast reports, no link-local chatter. `all` sets `default`, too. */
export const ipv6Off: readonly Setting[] = [['net.ipv6.conf.all.disable_ipv6', '1']]

/**
 * Writes settings into namespaces that have just been made. What a new one begins with comes from the host, and is the
 * same in all of them: it is looked up once, and what is as wanted already is not written.
 */
export class Settings {
  readonly #atBirth = new Map<string, string | undefined>()

  /** In the namespace of the calling thread, which is new. */
  apply(settings: readonly Setting[]): void {
    for (const [name, value] of settings) {
      if (!this.#atBirth.has(name)) this.#atBirth.set(name, readSysctl(name))
      if (this.#atBirth.get(name) !== value) writeSysctl(name, value)
    }
  }
}
