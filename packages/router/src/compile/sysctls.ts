import type { Config } from '../config/index.ts'

export interface Sysctl {
  readonly name: string
  readonly value: string
}

/**
 * The settings that the config needs, each set on apply and put back by `down`.
 *
 * The conntrack timeouts must not outlive `takeover`: when another host takes an idle port, no flow of the old
 * holder may still occupy it. They are never raised above the kernel's own defaults (30 s and 120 s).
 */
export function sysctlsOf(config: Config): Sysctl[] {
  const seconds = (atMost: number): string => String(Math.min(atMost, config.nat.takeover))
  return [
    { name: 'net.ipv4.ip_forward', value: '1' },
    { name: 'net.netfilter.nf_conntrack_udp_timeout', value: seconds(30) },
    { name: 'net.netfilter.nf_conntrack_udp_timeout_stream', value: seconds(120) },
    ...(usesIpv6(config) ? ipv6Sysctls(config) : []),
  ]
}

export function usesIpv6(config: Config): boolean {
  return config.lan.some((lan) => lan.addresses.some(({ family }) => family === 6))
}

/** A forwarding host ignores router advertisements unless accept_ra is 2 (kernel's ip-sysctl: accept_ra). */
function ipv6Sysctls(config: Config): Sysctl[] {
  return [
    { name: 'net.ipv6.conf.all.forwarding', value: '1' },
    ...config.wan.map((wan) => ({ name: acceptRa(wan.name), value: '2' })),
  ]
}

/** Every setting that some config with these WAN interfaces could change: what is saved when the table is made. */
export function managedSysctls(config: Config): string[] {
  const udp = 'net.netfilter.nf_conntrack_udp_timeout'
  const common = ['net.ipv4.ip_forward', udp, `${udp}_stream`, 'net.ipv6.conf.all.forwarding']
  return [...common, ...config.wan.map((wan) => acceptRa(wan.name))]
}

/** In names of settings a dot inside an interface's name is written as '/', as sysctl(8) has it. */
function acceptRa(interfaceName: string): string {
  return `net.ipv6.conf.${interfaceName.replaceAll('.', '/')}.accept_ra`
}
