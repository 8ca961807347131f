import { ConfigError, ConfigErrors } from '@sallyport/router'
import {
  formatEndpoint,
  type Policy,
  probeTcp,
  probeUdp,
  type RelaySettings,
  type ServerSettings,
} from '@sallyport/traversal/service'
import { isWildcard, type ServerConfig, type TurnConfig } from './config.ts'
import { defined, type ListenEntry, type Placed, type Transport } from './draft.ts'
import type { AddressAndPort } from './quantities.ts'

/** What a config means on this machine. */
export interface Machine {
  /** Its addresses. */
  readonly addresses: readonly string[]
  /** 32 bytes that nobody can guess. */
  readonly nonceSecret: Uint8Array
}

/** Rejects with ConfigErrors for addresses that are not ours and ports that are taken. Before the start alone. */
export async function checkAddresses({ listen, metrics, turn }: ServerConfig, { addresses }: Machine): Promise<void> {
  const all = listen.flatMap((entry) => expanded(entry, addresses))
  const udp = all.filter(({ value }) => value.transport === 'udp')
  const streams = [...all.filter(({ value }) => value.transport !== 'udp'), ...asMetrics(metrics)]
  const relays = (turn?.relays ?? []).map(({ value: { address }, node }) => ({ value: { address, port: 0 }, node }))
  const tried = [
    ...[...udp, ...relays].map((each) => complaint(each, async () => void probeUdp(each.value))),
    ...unlike(streams).map((each) => complaint(each, () => probeTcp(each.value))),
  ]
  const problems = [...(await Promise.all(tried)).flat(), ...clashes(streams)]
  if (problems.length > 0) throw new ConfigErrors(problems)
}

/** Each place once: by name and with others it may be meant twice. */
function unlike<T extends AddressAndPort>(places: readonly Placed<T>[]): Placed<T>[] {
  return [
    ...new Map(
      places.map((each, index) => [each.value.port === 0 ? index : formatEndpoint(each.value), each]),
    ).values(),
  ]
}

interface StreamPlace extends AddressAndPort {
  readonly transport: string
}

function asMetrics(metrics: ServerConfig['metrics']): Placed<StreamPlace>[] {
  return metrics === undefined ? [] : [{ value: { ...metrics.value, transport: 'metrics' }, node: metrics.node }]
}

/** Places that two listeners of streams want. */
function clashes(streams: readonly Placed<StreamPlace>[]): ConfigError[] {
  const taken = new Map<string, string>()
  return streams.flatMap(({ value, node }) => {
    const place = formatEndpoint(value)
    const other = taken.get(place) ?? value.transport
    taken.set(place, other)
    if (value.port === 0 || other === value.transport) return []
    const problem = `${place} is asked for twice, for ${other} and for ${value.transport}`
    return [
      new ConfigError(node.position(), { problem, hint: 'give each of them a port of its own', text: value.address }),
    ]
  })
}

/** The settings of a config. */
export function settingsOf(config: ServerConfig, machine: Machine): ServerSettings {
  const listen = config.listen.flatMap((entry) => expanded(entry, machine.addresses))
  const places = [...listen, ...asMetrics(config.metrics)].map(({ value: { address, port } }) => ({ address, port }))
  const of = (transport: Transport): AddressAndPort[] => {
    const places = unlike(listen.filter(({ value }) => value.transport === transport))
    return places.map(({ value: { address, port } }) => ({ address, port }))
  }
  return {
    listen: { udp: of('udp'), tcp: of('tcp'), tls: of('tls') },
    workers: config.workers,
    relay: config.turn && relayOf(config.turn, machine, places),
    certificate: config.certificate,
    metrics: config.metrics?.value,
  }
}

/** A wildcard is every address that the machine has now: an answer has to come from the address that was asked. */
function expanded(entry: Placed<ListenEntry>, addresses: readonly string[]): Placed<ListenEntry>[] {
  const { address } = entry.value
  if (!isWildcard(address)) return [entry]
  const meant = addresses.filter((each) => address === '*' || each.includes(':') === address.includes(':'))
  return meant.map((each) => ({ ...entry, value: { ...entry.value, address: each } }))
}

const HINTS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'end the program that listens there, or choose another port',
  EADDRNOTAVAIL: 'write an address that this machine has: ip address shows them',
  EACCES: 'choose a port from 1024 on, or run as root (sudo)',
  EINVAL: 'write one that is not link-local',
}
const SAYS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'is in use already',
  EADDRNOTAVAIL: 'is no address of this machine',
  EACCES: 'needs a privilege',
  EINVAL: 'is no address by itself',
}

async function complaint({ value, node }: Placed<AddressAndPort>, probe: () => Promise<void>): Promise<ConfigError[]> {
  try {
    await probe()
    return []
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error
    const code = String(error.code)
    const what = value.port === 0 ? value.address : formatEndpoint(value)
    const problem = `${what} ${SAYS[code] ?? 'cannot be listened on'} (${code})`
    return [new ConfigError(node.position(), { problem, hint: HINTS[code] ?? error.message, text: value.address })]
  }
}

function relayOf(turn: TurnConfig, machine: Machine, listening: readonly AddressAndPort[]): RelaySettings {
  return {
    realm: turn.realm,
    addresses: turn.relays.map(({ value }) => value),
    ports: turn.ports,
    nonceSecret: machine.nonceSecret,
    nonceLifetime: turn.nonceLifetime,
    software: undefined,
    tcpRelay: turn.tcpRelay,
    policy: policyOf(turn, machine, listening),
  }
}

/** What a reload may change. */
function policyOf(turn: TurnConfig, { addresses }: Machine, listening: readonly AddressAndPort[]): Policy {
  const { users, secrets, allow, deny, limits, ports } = turn
  const { bandwidth = 0, userBandwidth = 0, clients: total, clientsPerAddress: perAddress, ...rest } = limits
  // Two clients of one server meet at its relays; whatever else is on our addresses is not for peers.
  const ours = turn.relays.flatMap(({ value: { address, external = address } }) => [address, external])
  const relays = [...new Set(ours)].map((address) => ({ address, ...ports }))
  return {
    users,
    secrets,
    filter: { allow, deny, own: addresses, relays, listening: seenFromOutside(listening, turn.relays) },
    limits: { perUser: NO_QUOTA, ...defined(rest) },
    bandwidth: { allocation: bandwidth, user: userBandwidth },
    clients: defined({ total, perAddress }),
  }
}

/** Where clients reach us, also through a 1:1 NAT, whose hairpin would bring peers there. */
function seenFromOutside(listening: readonly AddressAndPort[], relays: TurnConfig['relays']): AddressAndPort[] {
  const externals = relays.flatMap(({ value: { external } }) => external ?? [])
  const places = listening.filter(({ port }) => port > 0)
  return [...places, ...externals.flatMap((address) => places.map(({ port }) => ({ address, port })))]
}

/** A user may have all there are, unless the operator says otherwise. */
const NO_QUOTA = 1_000_000_000
