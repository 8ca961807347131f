import { SystemError } from '@sallyport/linux'
import { ConfigError, ConfigErrors } from '@sallyport/router'
import {
  formatEndpoint,
  type Policy,
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

/** Throws ConfigErrors for addresses that are not ours and ports that are taken. Before the start alone. */
export function checkAddresses({ listen, turn }: ServerConfig, { addresses }: Machine): void {
  const endpoints = listen.flatMap((entry) => expanded(entry, addresses))
  const problems = [
    ...endpoints.filter(({ value }) => value.transport === 'udp').flatMap(complaintAbout),
    ...(turn?.relays ?? []).flatMap(({ value, node }) =>
      complaintAbout({ value: { address: value.address, port: 0 }, node }),
    ),
  ]
  if (problems.length > 0) throw new ConfigErrors(problems)
}

/** The settings of a config. */
export function settingsOf(config: ServerConfig, machine: Machine): ServerSettings {
  const listen = config.listen.flatMap((entry) => expanded(entry, machine.addresses))
  const of = (transport: Transport): AddressAndPort[] => {
    const places = listen.filter(({ value }) => value.transport === transport)
    // By name and with others, the same place may be meant twice.
    const unlike = new Map(places.map(({ value }) => [value.port === 0 ? value : formatEndpoint(value), value]))
    return [...unlike.values()].map(({ address, port }) => ({ address, port }))
  }
  return {
    listen: { udp: of('udp'), tcp: of('tcp'), tls: of('tls') },
    workers: config.workers,
    relay:
      config.turn &&
      relayOf(
        config.turn,
        machine,
        listen.map(({ value }) => value),
      ),
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
}
const SAYS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'is in use already',
  EADDRNOTAVAIL: 'is no address of this machine',
  EACCES: 'needs a privilege',
}

function complaintAbout({ value, node }: Placed<AddressAndPort>): ConfigError[] {
  try {
    probeUdp(value)
    return []
  } catch (error) {
    if (!(error instanceof SystemError)) throw error
    const what = value.port === 0 ? value.address : formatEndpoint(value)
    const problem = `${what} ${SAYS[error.code] ?? 'cannot be listened on'} (${error.code})`
    return [
      new ConfigError(node.position(), { problem, hint: HINTS[error.code] ?? error.message, text: value.address }),
    ]
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
  const { bandwidth = 0, userBandwidth = 0, ...rest } = limits
  // Two clients of one server meet at its relays; whatever else is on our addresses is not for peers.
  const ours = turn.relays.flatMap(({ value: { address, external = address } }) => [address, external])
  const relays = [...new Set(ours)].map((address) => ({ address, ...ports }))
  return {
    users,
    secrets,
    filter: { allow, deny, own: addresses, relays, listening: listening.filter(({ port }) => port > 0) },
    limits: { perUser: NO_QUOTA, ...defined(rest) },
    bandwidth: { allocation: bandwidth, user: userBandwidth },
  }
}

/** A user may have all there are, unless the operator says otherwise. */
const NO_QUOTA = 1_000_000_000
