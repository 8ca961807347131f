import { icmpType } from '../../packet/index.ts'
import { printEndpoint, sameEndpoint } from '../../traffic/endpoint.ts'
import { notTestable, type Remedy, verdictOf } from '../finding.ts'
import type { Finding } from '../requirement.ts'
import type { Bench } from '../rig/bench.ts'
import { Connection } from '../rig/connection.ts'
import { deliver } from '../rig/datagrams.ts'
import { type About, aboutOf, type Forged, isIcmp, sendError } from '../rig/errors.ts'
import { enter, type Opened, open, type Protocol } from '../rig/flow.ts'
import type { Rig } from '../rig/rig.ts'
import type { Arrived, Station } from '../rig/station.ts'

/** Somewhere on the way, further out than any server. */
const farRouter = '198.51.100.254'

/** A flow from inside, answered once, as servers' errors are about it. */
async function established(rig: Rig, protocol: Protocol = 'udp'): Promise<Opened | undefined> {
  const flow = await open(protocol, rig.hosts[0], rig.port(), rig.servers[0])
  if (flow !== undefined && protocol === 'udp') await deliver(flow.server, flow.serverPort, flow.external, flow.host)
  return flow
}

function seenOutside({ protocol, external, server, serverPort }: Opened): About {
  return { protocol, from: external, to: server.at(serverPort) }
}

/** Forges an error from outside about what the host sent, and waits for it inside. */
async function errorFromOutside(flow: Opened, forged: Forged, within = 150): Promise<Arrived | undefined> {
  const { type = icmpType.unreachable } = forged
  sendError(flow.server, seenOutside(flow), forged)
  return await flow.host.receive((packet) => isIcmp(packet, type, forged.code), within)
}

function describeError(arrived: Arrived | undefined): string {
  if (arrived?.transport?.kind !== 'icmp') return 'does not arrive'
  const { type, code } = arrived.transport
  const about = aboutOf(arrived)
  const inner =
    about === undefined ? 'an unreadable packet' : `${printEndpoint(about.from)} → ${printEndpoint(about.to)}`
  return `arrives from ${arrived.source} for ${arrived.destination}: type ${type}, code ${code}, about ${inner}`
}

/** A check of one error from outside: what is forged, and what has to become of it. */
export function fromOutside(
  what: string,
  forged: Forged,
  holds: (arrived: Arrived | undefined, flow: Opened) => boolean,
  remedy: Remedy = {},
  protocol: Protocol = 'udp',
): (bench: Bench) => Promise<Finding> {
  return async (bench) => {
    const flow = await established(await bench.rig(), protocol)
    if (flow === undefined) return notTestable('no flow from inside gets out')
    const arrived = await errorFromOutside(flow, forged)
    const evidence = [`${what} about ${protocol} ${printEndpoint(flow.external)} ${describeError(arrived)}`]
    return verdictOf(holds(arrived, flow), evidence, remedy)
  }
}

export const isDropped = (arrived: Arrived | undefined): boolean => arrived === undefined
export const isForwarded = (arrived: Arrived | undefined): boolean => arrived !== undefined

/** RFC 5508 REQ-4a: the inner packet is given back as the host had sent it. */
export function innerIsReverted(arrived: Arrived | undefined, { host, port, server, serverPort }: Opened): boolean {
  const about = arrived && aboutOf(arrived)
  return about !== undefined && sameEndpoint(about.from, host.at(port)) && sameEndpoint(about.to, server.at(serverPort))
}

/** RFC 5508 REQ-4c. */
export function outerIsTranslated(arrived: Arrived | undefined, { host }: Opened): boolean {
  return arrived?.destination === host.address && arrived.about?.source === host.address
}

export const fromFarRouter: Forged = { source: farRouter, code: 1 }

/** RFC 4787 REQ-12, RFC 5382 REQ-10: every kind of error, and then the flow goes on. */
export function errorsEndNothing(protocol: Protocol): (bench: Bench) => Promise<Finding> {
  return async (bench) => {
    const rig = await bench.rig()
    const connection = new Connection(rig.hosts[0], rig.port(), rig.servers[0], rig.servers[0].at(3478))
    const flow = protocol === 'udp' ? await established(rig) : await opened(connection)
    if (flow === undefined) return notTestable('no flow from inside gets out')
    for (const forged of allErrors) sendError(flow.server, seenOutside(flow), forged)
    for (const forged of allErrors) sendError(flow.host, seenInside(flow), forged)
    const evidence = [
      `${allErrors.length} ICMP errors from outside and from inside about ${printEndpoint(flow.external)}`,
    ]
    const on = protocol === 'udp' ? await goesOnUdp(rig, flow, evidence) : await goesOnTcp(connection, evidence)
    return verdictOf(on, evidence)
  }
}

/** Destination unreachable with every code, source quench, time exceeded, parameter problem. */
const allErrors: readonly Forged[] = [
  ...Array.from({ length: 16 }, (_, code) => ({ type: 3, code, rest: code === 4 ? 1200 : 0 })),
  { type: 4, code: 0 },
  { type: 11, code: 0 },
  { type: 11, code: 1 },
  { type: 12, code: 0 },
  { type: 3, code: 1, source: farRouter },
]

function seenInside({ protocol, host, port, server, serverPort }: Opened): About {
  return { protocol, from: server.at(serverPort), to: host.at(port) }
}

async function opened(connection: Connection): Promise<Opened | undefined> {
  const { client, server } = connection
  if (!(await connection.open()) || connection.external === undefined) return undefined
  const { station: host, local } = client
  const { external } = connection
  return { protocol: 'tcp', host, port: local.port, server: server.station, serverPort: server.local.port, external }
}

async function goesOnUdp(rig: Rig, flow: Opened, evidence: string[]): Promise<boolean> {
  const inward = await enter(rig, 'udp', flow.server, flow.serverPort, flow.external, { attempts: 2, within: 200 })
  const outward = await open('udp', flow.host, flow.port, flow.server, flow.serverPort)
  evidence.push(`then the server ${inward === undefined ? 'does not get in any more' : 'still gets in'}`)
  evidence.push(`and sees the host at ${outward === undefined ? 'no endpoint' : printEndpoint(outward.external)}`)
  return inward?.host === flow.host && outward !== undefined && sameEndpoint(outward.external, flow.external)
}

async function goesOnTcp(connection: Connection, evidence: string[]): Promise<boolean> {
  const up = await connection.pass('client', ['ack', 'psh'], 'still there?')
  const down = await connection.pass('server', ['ack', 'psh'], 'still here')
  evidence.push(`then data ${up ? 'arrives' : 'is lost'} outward, and ${down ? 'arrives' : 'is lost'} inward`)
  return up && down
}

/** Forges an error from inside about what a server sent, and waits for it at that server. */
export function fromInside(
  holds: (arrived: Arrived | undefined, flow: Opened, rig: Rig) => boolean,
  mapped = true,
): (bench: Bench) => Promise<Finding> {
  return async (bench) => {
    const rig = await bench.rig()
    const flow = await established(rig)
    if (flow === undefined) return notTestable('no flow from inside gets out')
    const about = mapped ? seenInside(flow) : { ...seenInside(flow), to: flow.host.at(1) }
    sendError(flow.host, about, { type: 3, code: 3 })
    const arrived = await flow.server.receive((packet) => isIcmp(packet, 3), 150)
    const whose = mapped ? 'a packet of the flow' : 'a packet that nobody sent'
    return verdictOf(holds(arrived, flow, rig), [`an error from inside about ${whose} ${describeError(arrived)}`], {
      advice: 'drop what conntrack finds invalid in the forward hook (`ct state invalid drop`)',
    })
  }
}

/** RFC 5508 REQ-4: an error that is about nobody's packet. */
export async function errorAboutNothing(bench: Bench): Promise<Finding> {
  const rig = await bench.rig()
  const about: About = { protocol: 'udp', from: { address: rig.wan, port: 9999 }, to: rig.servers[0].at(9) }
  sendError(rig.servers[0], about)
  const arrived = await firstInside(rig.hosts)
  const evidence = [`an error about ${printEndpoint(about.from)}, which nobody has, ${describeError(arrived)}`]
  return verdictOf(arrived === undefined, evidence)
}

async function firstInside(hosts: readonly Station[]): Promise<Arrived | undefined> {
  const found = await Promise.all(hosts.map((host) => host.receive((packet) => isIcmp(packet), 120)))
  return found.find((packet) => packet !== undefined)
}
