import type { MapDefinition, SetDefinition, Table } from '@sallyport/nftables'
import type { Config, Forward, Protocol, ProtocolPorts } from '../config/index.ts'
import { formatPorts } from './ports.ts'

type ProtocolPort = readonly ['inet_proto', 'inet_service']

/** Where packets from outside go by the config; two maps and two rules for any number of forwards. */
export interface Forwards {
  /** Single ports, and ranges that are shifted: external port → address and port. */
  readonly ports: MapDefinition<ProtocolPort, readonly ['ipv4_addr', 'inet_service']>
  /** Ranges that keep their ports. */
  readonly ranges: MapDefinition<ProtocolPort, 'ipv4_addr'>
  /** One counter per forward, of packets in both directions: single ports in a hash, ranges apart. */
  readonly counted: readonly Counted[]
  /** Inside endpoints that leave with the port that they are reached at: owned ones, and forwards that keep the port. */
  readonly owned: SetDefinition<readonly ['inet_proto', 'ipv4_addr', 'inet_service']>
}

export interface Counted {
  readonly set: SetDefinition<ProtocolPort>
  /** Those that occur in it: no rule looks for others. */
  readonly protocols: readonly Protocol[]
}

/** A forward in the kernel's terms; an owned range is one to the same ports. */
export type Rule = Pick<Forward, 'protocol' | 'from' | 'to' | 'target'> & { readonly address: string }

/** All that is forwarded by the config, owned ports included. */
export function forwardRules(config: Config): Rule[] {
  const written = config.forwards.map(({ protocol, from, to, target, host }) => ({
    protocol,
    from,
    to,
    target,
    address: host.address,
  }))
  const owned = config.hosts.flatMap((host) =>
    host.owns.map(({ protocol, from, to }) => ({ protocol, from, to, target: { from, to }, address: host.address })),
  )
  return [...written, ...owned]
}

const keepsPorts = (rule: Rule): boolean => rule.target.from === rule.from
const isRange = (ports: ProtocolPorts): boolean => ports.from !== ports.to
const keyOf = (rule: ProtocolPorts): readonly [ProtocolPorts['protocol'], number | `${number}-${number}`] => [
  rule.protocol,
  formatPorts(rule),
]

export function defineForwards(table: Table, config: Config): Forwards {
  const rules = forwardRules(config)
  const asRange = (rule: Rule): boolean => isRange(rule) && keepsPorts(rule)
  return {
    ports: table.map('forwards', {
      type: ['inet_proto', 'inet_service'],
      value: ['ipv4_addr', 'inet_service'],
      elements: rules.filter((rule) => !asRange(rule)).flatMap(portByPort),
    }),
    ranges: table.map('forward_ranges', {
      type: ['inet_proto', 'inet_service'],
      value: 'ipv4_addr',
      flags: ['interval'],
      elements: rules.filter(asRange).map((rule) => [keyOf(rule), rule.address] as const),
    }),
    counted: [
      countedSet(
        table,
        'forwarded',
        rules.filter((rule) => !isRange(rule)),
        false,
      ),
      countedSet(table, 'forwarded_ranges', rules.filter(isRange), true),
    ],
    owned: table.set('owned_endpoints', {
      type: ['inet_proto', 'ipv4_addr', 'inet_service'],
      flags: ['interval'],
      elements: rules.filter(keepsPorts).map((rule) => [rule.protocol, rule.address, formatPorts(rule)] as const),
    }),
  }
}

function countedSet(table: Table, name: string, rules: readonly Rule[], ranges: boolean): Counted {
  const set = table.set(name, {
    type: ['inet_proto', 'inet_service'],
    flags: ranges ? ['interval'] : [],
    counter: true,
    elements: rules.map(keyOf),
  })
  return { set, protocols: [...new Set(rules.map(({ protocol }) => protocol))].sort() }
}

/** A map gives one value for a key: a shifted range takes an element for each port. */
function portByPort({ protocol, from, to, address, target }: Rule): [[typeof protocol, number], [string, number]][] {
  return Array.from({ length: to - from + 1 }, (_, n) => [
    [protocol, from + n],
    [address, target.from + n],
  ])
}
