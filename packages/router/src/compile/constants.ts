import type { SetDefinition, Table } from '@sallyport/nftables'
import type { Config, Services } from '../config/index.ts'
import { formatPorts } from './ports.ts'

/** Sets that say what is where; their elements change only with the config. */
export interface Constants {
  readonly wanInterfaces: SetDefinition<'ifname'>
  readonly lanInterfaces: SetDefinition<'ifname'>
  /** The router's own inside addresses: not reached from outside, and no hairpin. */
  readonly lanAddresses: SetDefinition<'ipv4_addr'>
  readonly neighbourDiscovery: SetDefinition<'icmpv6_type'>
}

export function defineConstants(table: Table, config: Config): Constants {
  const inside = config.lan.flatMap((lan) => lan.addresses.filter(({ family }) => family === 4))
  return {
    wanInterfaces: table.set('wan_interfaces', { type: 'ifname', elements: config.wan.map(({ name }) => name) }),
    lanInterfaces: table.set('lan_interfaces', { type: 'ifname', elements: config.lan.map(({ name }) => name) }),
    lanAddresses: table.set('lan_addresses', {
      type: 'ipv4_addr',
      flags: ['interval'],
      elements: ['127.0.0.0/8', ...new Set(inside.map(({ address }) => address))],
    }),
    neighbourDiscovery: table.set('neighbour_discovery', {
      type: 'icmpv6_type', // RFC 4890 section 4.4.1: IPv6 does not work without these
      elements: [
        'nd-router-solicit',
        'nd-router-advert',
        'nd-neighbor-solicit',
        'nd-neighbor-advert',
        'mld-listener-query',
        'mld-listener-report',
        'mld-listener-done',
        'mld2-listener-report',
      ],
    }),
  }
}

export type ServiceSet = SetDefinition<readonly ['inet_proto', 'inet_service']>

/** The ports of one line of `allow`. */
export function defineServices(table: Table, name: string, services: Services): ServiceSet {
  return table.set(name, {
    type: ['inet_proto', 'inet_service'],
    flags: ['interval'],
    elements: services.ports.map((ports) => [ports.protocol, formatPorts(ports)] as const),
  })
}
