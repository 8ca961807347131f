import { printEndpoint, sameEndpoint } from '../../traffic/endpoint.ts'
import { notApplicable, optional, type Remedy, verdictOf } from '../finding.ts'
import type { Finding } from '../requirement.ts'
import type { Bench } from '../rig/bench.ts'
import { briefly } from '../rig/datagrams.ts'
import { enterTold, type Opened, openTold, type Protocol, serverPorts } from '../rig/flow.ts'
import type { Rig } from '../rig/rig.ts'
import type { Station } from '../rig/station.ts'

const mappingRemedy: Remedy = {
  advice:
    'give a known inside endpoint its external port back (a map that is learned behind source NAT), and drop unsolicited ' +
    "packets to the router in the input hook; Sallyport's `nat.mapping: endpoint-independent` does both",
}

/** RFC 4787 REQ-1, RFC 5382 REQ-1: alone, with a second host on the same port, and after somebody knocked first. */
export function endpointIndependentMapping(protocol: Protocol): (bench: Bench) => Promise<Finding> {
  return async (bench) => {
    const evidence: string[] = []
    const alone = await alonePort(await bench.rig(), protocol, evidence)
    const crossed = await crossedPorts(await bench.rig(), protocol, evidence)
    const early = await earlyProbe(await bench.rig(), protocol, evidence)
    return verdictOf(alone && crossed && early, evidence, mappingRemedy)
  }
}

/** One socket towards three destinations. */
export async function alonePort(rig: Rig, protocol: Protocol, evidence: string[]): Promise<boolean> {
  evidence.push('one host, three destinations:')
  return await oneMapping(protocol, rig.hosts[0], rig.port(), destinations(rig.servers), evidence)
}

/** Two hosts with one port begin at different servers, and meet at each other's. */
export async function crossedPorts(
  { hosts, servers }: Rig,
  protocol: Protocol,
  evidence: string[],
  port: number = 41_000,
): Promise<boolean> {
  evidence.push('two hosts on one port, each begins at another server:')
  const seen: (Opened | undefined)[][] = [[], []]
  for (const round of [0, 1]) {
    for (const [index, host] of hosts.entries()) {
      const server = servers[(index + round) % 2]!
      seen[index]!.push(await openTold(evidence, protocol, host, port, server))
    }
  }
  return seen.every(same)
}

/** Somebody outside writes to the port before the host has used it. */
export async function earlyProbe(rig: Rig, protocol: Protocol, evidence: string[]): Promise<boolean> {
  const { hosts, servers } = rig
  const port = rig.port()
  evidence.push('a server knocks before the host has begun:')
  const [first, second] = [servers[0], servers[1]]
  await enterTold(evidence, rig, protocol, second, serverPorts[0], { address: rig.wan, port }, briefly)
  return await oneMapping(
    protocol,
    hosts[0],
    port,
    [
      [first, serverPorts[0]],
      [second, serverPorts[0]],
    ],
    evidence,
  )
}

type Destination = readonly [Station, number]

function destinations([one, two]: Rig['servers']): Destination[] {
  return [
    [one, serverPorts[0]],
    [one, serverPorts[1]],
    [two, serverPorts[0]],
  ]
}

async function oneMapping(
  protocol: Protocol,
  host: Station,
  port: number,
  to: readonly Destination[],
  evidence: string[],
): Promise<boolean> {
  const seen: (Opened | undefined)[] = []
  for (const [server, serverPort] of to) seen.push(await openTold(evidence, protocol, host, port, server, serverPort))
  return same(seen)
}

/** All of them came through, from one external endpoint. */
function same(flows: readonly (Opened | undefined)[]): boolean {
  const [first] = flows
  return first !== undefined && flows.every((flow) => flow !== undefined && sameEndpoint(flow.external, first.external))
}

/** RFC 4787 REQ-3, RFC 5382 REQ-7: two hosts on one port towards different servers. */
export function noOverloading(protocol: Protocol): (bench: Bench) => Promise<Finding> {
  return async (bench) => {
    const { hosts, servers } = await bench.rig()
    const evidence: string[] = []
    const one = await openTold(evidence, protocol, hosts[0], 41_000, servers[0])
    const two = await openTold(evidence, protocol, hosts[1], 41_000, servers[1])
    const apart = one !== undefined && two !== undefined && !sameEndpoint(one.external, two.external)
    if (!apart && one !== undefined && two !== undefined) {
      evidence.push(`both hosts are ${printEndpoint(one.external)} to the world`)
    }
    return verdictOf(apart, evidence, {
      advice: 'Linux shares a port as long as the destinations differ: the ruleset has to keep track of who holds it',
    })
  }
}

/** RFC 4787 REQ-2, RFC 7857 section 4: two external addresses, many flows of two hosts. */
export function pairedPooling(...protocols: readonly Protocol[]): (bench: Bench) => Promise<Finding> {
  return async (bench) => {
    const evidence: string[] = []
    const used: Set<string>[] = []
    const rig = await bench.rig({ pool: true })
    for (const host of rig.hosts) {
      const addresses = await addressesOf(rig, host, protocols)
      evidence.push(
        `${host.name}: ${rig.servers.length * protocols.length * 8} flows leave from ${[...addresses].join(' and ')}`,
      )
      used.push(addresses)
    }
    const all = new Set(used.flatMap((addresses) => [...addresses]))
    if (all.size < 2)
      return notApplicable(...evidence, `${rig.site.external.join(', ')}: there is no pool, one is used`)
    return verdictOf(
      used.every(({ size }) => size === 1),
      evidence,
      {
        advice:
          'choose the external address by the inside one: `snat to jhash ip saddr mod N map { … }`, or `persistent`',
      },
    )
  }
}

async function addressesOf(rig: Rig, host: Station, protocols: readonly Protocol[]): Promise<Set<string>> {
  const addresses = new Set<string>()
  for (let count = 0; count < 8; count += 1) {
    for (const protocol of protocols) {
      for (const server of rig.servers) {
        const flow = await openTold([], protocol, host, rig.port(), server)
        if (flow !== undefined) addresses.add(flow.external.address)
      }
    }
  }
  return addresses
}

/** RFC 7857 section 3: what RFC 4787 REQ-3 forbids is a way to save ports for a NAT that maps by destination. */
export async function portOverlapping(bench: Bench): Promise<Finding> {
  const { evidence, verdict } = await noOverloading('udp')(bench)
  return optional(verdict === 'fail', ...evidence)
}
