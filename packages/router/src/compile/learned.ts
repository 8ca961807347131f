import type { CounterObject, MapDefinition, SetDefinition, SetOptions, Statement, Table } from '@sallyport/nftables'
import { type Config, ConfigError, ConfigErrors, type PortRange, type Protocol } from '../config/index.ts'
import { type Budgets, defineBudgets } from './budgets.ts'
import { formatPorts, LEAST_GAP, remapRange, unavailablePorts } from './ports.ts'
import type { View } from './tuples.ts'

type Port = readonly ['inet_proto', 'inet_service']
type Inside = readonly ['inet_proto', 'ipv4_addr', 'inet_service']
type Mapping = readonly ['inet_proto', 'inet_service', 'ipv4_addr', 'inet_service']

/**
 * What the packets teach the router: who has which external port. Each set answers one question, because a rule can
 * ask a set whether something is in it, but cannot compare what a map gives.
 */
export interface Learned {
  /** External port → inside endpoint: where unsolicited packets go. Only where filtering lets them in at all. */
  readonly ext: MapDefinition<Port, readonly ['ipv4_addr', 'inet_service']> | undefined
  /** External port and peer's address: whom filtering by address lets in (RFC 4787 section 5). */
  readonly contacted: SetDefinition<readonly ['inet_proto', 'inet_service', 'ipv4_addr']> | undefined
  /** Inside endpoint → external port: why the next flow gets the same one (RFC 4787 REQ-1). */
  readonly pin: MapDefinition<Inside, 'inet_service'>
  /** External port and inside endpoint, as long as the mapping lives. */
  readonly known: SetDefinition<Mapping>
  /** The same, as long as nobody else may have the port. */
  readonly owner: SetDefinition<Mapping>
  /** Test-and-set: of two hosts that want a port at the same moment one gets it. */
  readonly claim: SetDefinition<Port>
  /** Test-and-set: of several first packets of one inside endpoint one decides about the port. */
  readonly starting: SetDefinition<Inside>
  /** The others, which have to get the same port or none. */
  readonly follower: SetDefinition<Mapping>
  /** Inside endpoints whose packet was refused just now: their retry insists on the port that they hold. */
  readonly stuck: SetDefinition<Inside>
  /** What was refreshed within the last second: refreshing every packet would cost a quarter of the throughput. */
  readonly recent: Recent
  /** Ports that are somebody's by the config. */
  readonly unavailable: SetDefinition<Port>
  readonly budgets: Budgets
  /** First packets that were dropped so that their retry maps anew. */
  readonly refused: CounterObject
  readonly protocols: readonly Protocol[]
}

/** Asks and notes whether a mapping was refreshed within the last second. */
export interface Recent {
  readonly has: (view: View) => Statement
  readonly note: (view: View) => Statement
}

const MOST_PORTS = 65536

/** Undefined when no host is to have endpoint-independent mappings. */
export function defineLearned(table: Table, config: Config): Learned | undefined {
  const { nat } = config
  const nobody = nat.hosts !== 'lan' && nat.hosts.length === 0
  if (nat.mapping !== 'endpoint-independent' || nobody) return undefined
  const mapping = dynamic(nat.timeout)
  const exclusive = dynamic(nat.takeover)
  const momentary = dynamic(1)
  const byAddress = nat.filtering === 'address-dependent'
  const port = ['inet_proto', 'inet_service'] as const
  const peer = ['inet_proto', 'inet_service', 'ipv4_addr'] as const
  const inside = ['inet_proto', 'ipv4_addr', 'inet_service'] as const
  const both = ['inet_proto', 'inet_service', 'ipv4_addr', 'inet_service'] as const
  return {
    unavailable: table.set('unavailable', { type: port, flags: ['interval'], elements: unavailableElements(config) }),
    ext: admitsStrangers(config)
      ? table.map('ext', { type: port, value: ['ipv4_addr', 'inet_service'], ...mapping })
      : undefined,
    contacted: byAddress ? table.set('contacted', { type: peer, ...mapping }) : undefined,
    pin: table.map('pin', { type: inside, value: 'inet_service', ...mapping }),
    known: table.set('known', { type: both, ...mapping }),
    owner: table.set('owner', { type: both, ...exclusive }),
    claim: table.set('claim', { type: port, ...exclusive }),
    starting: table.set('starting', { type: inside, ...momentary }),
    follower: table.set('follower', { type: both, ...momentary }),
    stuck: table.set('stuck', { type: inside, ...momentary }),
    recent: byAddress ? recentPeers(table, momentary) : recentPorts(table, momentary),
    budgets: defineBudgets(table, config),
    refused: table.counter('refused'),
    protocols: nat.protocols,
  }
}

function recentPorts(table: Table, options: SetOptions): Recent {
  const set = table.set('recent', { type: ['inet_proto', 'inet_service'], ...options, size: 2 * MOST_PORTS })
  return { has: (view) => view.external.in(set), note: (view) => set.update(view.external) }
}

/** With filtering by address each peer has to be noted, not only the port. */
function recentPeers(table: Table, options: SetOptions): Recent {
  const set = table.set('recent', {
    type: ['inet_proto', 'inet_service', 'ipv4_addr'],
    ...options,
    size: 2 * MOST_PORTS,
  })
  return { has: (view) => view.peer.in(set), note: (view) => set.update(view.peer) }
}

/** RFC 4787 section 5: is there any unsolicited packet that filtering lets in? */
export function admitsStrangers(config: Config): boolean {
  return config.nat.filtering !== 'address-and-port-dependent'
}

function unavailableElements(config: Config): (readonly [Protocol, number | `${number}-${number}`])[] {
  return config.nat.protocols.flatMap((protocol) =>
    unavailablePorts(config, protocol).map((ports) => [protocol, formatPorts(ports)] as const),
  )
}

function dynamic(seconds: number): SetOptions {
  return { flags: ['dynamic', 'timeout'], timeout: seconds * 1000, size: MOST_PORTS }
}

/** Where a host goes whose own port is taken. Throws ConfigErrors when the config leaves no room for it. */
export function remapRangeOf(config: Config, protocol: Protocol): PortRange {
  const range = remapRange(config, protocol)
  if (range !== undefined) return range
  throw new ConfigErrors([
    new ConfigError(
      { file: config.file, line: 1, column: 1, path: 'nat' },
      {
        problem: `reserved, owned and forwarded ${protocol} ports leave no ${LEAST_GAP} free ones in a row between 1024 and 60999`,
        hint: 'mappings need room: reserve or forward fewer ports',
      },
    ),
  ])
}
