import type { Socket } from 'node:net'
import { type Doorman, readDoorman } from '../traffic/doorman.ts'
import type { Endpoint } from '../traffic/endpoint.ts'
import type { Verdict } from './grade.ts'
import { inRounds, type Sightings } from './mapping.ts'
import { describeBehaviour, type NatBehaviour } from './nat.ts'
import { ifAny } from './reach.ts'

/** A machine that connects and listens; a node of the lab is one. */
export interface TcpHost {
  readonly name: string
  readonly address: string
  doorman(options: { readonly port: number }): Promise<Doorman>
  tcpConnect(options: {
    readonly to: Endpoint
    readonly from?: { readonly port: number }
    readonly timeout?: number
  }): Promise<Socket>
}

/** Who takes part: hosts behind the NAT that all use one local port, two servers, and a stranger to all of them. */
export interface TcpParty {
  readonly hosts: readonly TcpHost[]
  readonly port: number
  readonly servers: readonly [TcpHost, TcpHost]
  readonly stranger: TcpHost
  /** Each host begins at another destination; default false. */
  readonly crossed?: boolean
  /** Milliseconds that a connection may take; default 2000: time for a SYN that was dropped to be sent again. */
  readonly timeout?: number
}

/** The two ports of a server (RFC 5780 has two as well). */
const serverPorts = [3478, 3479] as const

/**
 * The same measurement as {@link natBehaviour} over TCP (RFC 5382 REQ-1, REQ-3): every connection of a host leaves
 * from one local port, then the host listens there and others connect to where it was seen. Filtering narrower than
 * address-dependent is not told from blocking: a connection from where the host had connected to exists already.
 */
export async function tcpBehaviour(party: TcpParty): Promise<NatBehaviour[]> {
  await using open = new AsyncDisposableStack()
  const destinations: Endpoint[] = []
  for (const port of serverPorts) {
    for (const server of party.servers) destinations.push(open.use(await server.doorman({ port })).endpoint)
  }
  const seen = await inRounds(party.hosts, destinations, (host, to) => sighting(party, host, to), party.crossed)
  const filtering = await Promise.all(party.hosts.map((host, index) => filteringOf(party, host, seen[index]!)))
  return party.hosts.map((host, index) => {
    const local = { address: host.address, port: party.port }
    return describeBehaviour(host.name, local, seen[index]!, filtering[index]!)
  })
}

async function sighting(
  { port, timeout = 2000 }: TcpParty,
  host: TcpHost,
  to: Endpoint,
): Promise<Endpoint | undefined> {
  return (await ifAny(async () => readDoorman(await host.tcpConnect({ to, from: { port }, timeout }))))?.source
}

async function filteringOf(party: TcpParty, host: TcpHost, { primary }: Sightings): Promise<Verdict> {
  if (primary === undefined) return 'blocked'
  await using _listening = await host.doorman({ port: party.port })
  if (await getsIn(party, party.stranger, host, primary)) return 'endpoint-independent'
  if (await getsIn(party, party.servers[0], host, primary)) return 'address-dependent'
  return 'address-and-port-dependent'
}

async function getsIn({ timeout = 2000 }: TcpParty, from: TcpHost, host: TcpHost, to: Endpoint): Promise<boolean> {
  const report = await ifAny(async () => readDoorman(await from.tcpConnect({ to, timeout })))
  return report?.host === host.name
}
