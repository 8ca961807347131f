import { concat, ct, jump, type MapDefinition, meta, type SetDefinition, type Table } from '@sallyport/nftables'
import { type Config, ConfigError, ConfigErrors } from '../config/index.ts'

type Inside = readonly ['inet_proto', 'ipv4_addr', 'inet_service']

/**
 * Who may open ports, and how many. The kernel counts exactly one thing for us: how many elements a set has. So each
 * host has a set of its open inside ports whose size is its limit; adding to a full one fails, and with it the rule.
 */
export interface Budgets {
  /** The hosts that may; undefined: every host of the LAN. */
  readonly hosts: SetDefinition<'ipv4_addr'> | undefined
  /** Undefined: without limit. */
  readonly limited: LimitedBudgets | undefined
}

export interface LimitedBudgets {
  /** Leads to the chain of the host that opened the flow, or that the flow came to: it grants or falls through. */
  readonly opener: MapDefinition<'ipv4_addr', 'verdict'>
  readonly receiver: MapDefinition<'ipv4_addr', 'verdict'>
  /** Inside endpoints that were found in their budget just now. */
  readonly granted: SetDefinition<Inside>
  /** Hosts whose event was sent: once a minute is enough. */
  readonly quiet: SetDefinition<'ipv4_addr'>
}

const MOST_HOSTS = 1024

export function defineBudgets(table: Table, config: Config): Budgets {
  const { hosts, limit } = config.nat
  const listed = hosts === 'lan' ? undefined : hosts.map(({ address }) => address)
  const set = listed && table.set('hosts', { type: 'ipv4_addr', elements: listed })
  if (limit === 'none') return { hosts: set, limited: undefined }
  return { hosts: set, limited: defineLimited(table, config, listed ?? everyAddress(config), limit) }
}

function defineLimited(table: Table, config: Config, addresses: readonly string[], limit: number): LimitedBudgets {
  const granted = table.set('granted', {
    type: ['inet_proto', 'ipv4_addr', 'inet_service'],
    flags: ['dynamic', 'timeout'],
    timeout: 1000,
    size: 65536,
  })
  for (const address of addresses) defineHost(table, config, address, limit, granted)
  return {
    granted,
    opener: table.map('openers', {
      type: 'ipv4_addr',
      value: 'verdict',
      elements: addresses.map((address) => [address, jump(`opens_${suffix(address)}`)] as const),
    }),
    receiver: table.map('receivers', {
      type: 'ipv4_addr',
      value: 'verdict',
      elements: addresses.map((address) => [address, jump(`receives_${suffix(address)}`)] as const),
    }),
    quiet: table.set('quiet', { type: 'ipv4_addr', flags: ['dynamic', 'timeout'], timeout: 60_000, size: 4096 }),
  }
}

function defineHost(
  table: Table,
  config: Config,
  address: string,
  limit: number,
  granted: SetDefinition<Inside>,
): void {
  const open = table.set(`open_${suffix(address)}`, {
    type: ['inet_proto', 'inet_service'],
    flags: ['dynamic', 'timeout'],
    timeout: config.nat.timeout * 1000,
    size: limit,
  })
  const opens = table.chain(`opens_${suffix(address)}`)
  const receives = table.chain(`receives_${suffix(address)}`)
  for (const protocol of config.nat.protocols) {
    const from = ct.original
    opens.rule(
      meta.l4proto.eq(protocol),
      open.update(concat(meta.l4proto, from.protoSrc)),
      granted.update(concat(meta.l4proto, from.ip.saddr, from.protoSrc)),
    )
    const to = ct.reply
    receives.rule(
      meta.l4proto.eq(protocol),
      open.update(concat(meta.l4proto, to.protoSrc)),
      granted.update(concat(meta.l4proto, to.ip.saddr, to.protoSrc)),
    )
  }
}

const suffix = (address: string): string => address.replaceAll('.', '_')

/** The addresses of all LANs but the router's own, the networks' and the broadcast ones. */
function everyAddress(config: Config): string[] {
  const lans = config.lan.flatMap((lan) => lan.addresses).filter(({ family }) => family === 4)
  const count = lans.reduce((sum, { prefix }) => sum + 2 ** (32 - prefix), 0)
  if (count > MOST_HOSTS) {
    throw new ConfigErrors([
      new ConfigError(lans[0]!.position, {
        problem: `a limit for each of ${count} addresses`,
        hint: `list the hosts in nat.hosts, or leave nat.limit out; the limit works for up to ${MOST_HOSTS} addresses`,
      }),
    ])
  }
  return lans.flatMap(({ network, prefix, address }) => hostsOf(network, prefix).filter((each) => each !== address))
}

function hostsOf(network: string, prefix: number): string[] {
  const first = network.split('.').reduce((sum, part) => sum * 256 + Number(part), 0)
  const size = 2 ** (32 - prefix)
  const edges = size > 2 ? 1 : 0 // RFC 3021: a /31 has no broadcast address
  return Array.from({ length: size - 2 * edges }, (_, n) => {
    const address = first + n + edges
    return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join('.')
  })
}
