import type { Config } from '../config/index.ts'
import { conntrackSysctls, MAX, TIMEOUTS } from './conntrack.ts'
import { fragmentSysctls, fragmentSysctls6 } from './fragments.ts'
import type { WantedSysctl } from './sysctl.ts'

/** The settings that the config needs, each set on apply and put back by `down`. */
export function sysctlsOf(config: Config): WantedSysctl[] {
  return [
    { name: 'net.ipv4.ip_forward', value: '1' },
    ...conntrackSysctls(config),
    ...fragmentSysctls,
    ...(usesIpv6(config) ? ipv6Sysctls(config) : []),
  ]
}

export function usesIpv6(config: Config): boolean {
  return config.lan.some((lan) => lan.addresses.some(({ family }) => family === 6))
}

/** A forwarding host ignores router advertisements unless accept_ra is 2 (kernel's ip-sysctl: accept_ra). */
function ipv6Sysctls(config: Config): WantedSysctl[] {
  return [
    { name: 'net.ipv6.conf.all.forwarding', value: '1' },
    ...config.wan.map((wan) => ({ name: acceptRa(wan.name), value: '2' })),
    ...fragmentSysctls6,
  ]
}

/** Every setting that some config with these WAN interfaces could change. */
export function managedSysctls(config: Config): string[] {
  const fragments = [...fragmentSysctls, ...fragmentSysctls6].map(({ name }) => name)
  const common = ['net.ipv4.ip_forward', 'net.ipv6.conf.all.forwarding', ...fragments, ...Object.values(TIMEOUTS), MAX]
  return [...common, ...config.wan.map((wan) => acceptRa(wan.name))]
}

/** In names of settings a dot inside an interface's name is written as '/', as sysctl(8) has it. */
function acceptRa(interfaceName: string): string {
  return `net.ipv6.conf.${interfaceName.replaceAll('.', '/')}.accept_ra`
}
