import type { Endpoint } from '@sallyport/linux'
import { PROTOCOL_TCP } from '../../packet/index.ts'
import { printEndpoint } from '../../traffic/endpoint.ts'
import { Connection, hasSequence, syn } from './connection.ts'
import { briefly, deliver, newMark, type Patience, sendDatagram, sourceOf, textOf } from './datagrams.ts'
import type { Rig } from './rig.ts'
import type { Arrived, Station } from './station.ts'

export type Protocol = 'udp' | 'tcp'

/** The ports of a server that checks write to. */
export const serverPorts = [3478, 3479] as const

/** A flow that was begun from inside. */
export interface Opened {
  readonly protocol: Protocol
  readonly host: Station
  readonly port: number
  readonly server: Station
  readonly serverPort: number
  /** Where the server saw it come from. */
  readonly external: Endpoint
}

/** Begins a flow from inside: a datagram, or a connection with its handshake. Undefined when nothing arrives. */
export async function open(
  protocol: Protocol,
  host: Station,
  port: number,
  server: Station,
  serverPort: number = serverPorts[0],
  patience: Patience = {},
): Promise<Opened | undefined> {
  const to = server.at(serverPort)
  const external =
    protocol === 'udp' ? await reached(host, port, to, server, patience) : await connected(host, port, server, to)
  return external && { protocol, host, port, server, serverPort, external }
}

async function reached(
  host: Station,
  port: number,
  to: Endpoint,
  server: Station,
  patience: Patience,
): Promise<Endpoint | undefined> {
  const arrived = await deliver(host, port, to, server, patience)
  return arrived && sourceOf(arrived)
}

async function connected(host: Station, port: number, server: Station, to: Endpoint): Promise<Endpoint | undefined> {
  const connection = new Connection(host, port, server, to)
  await connection.open()
  return connection.external
}

/** 'host-1 192.168.1.10:40000 → server-1 203.0.113.10:3478 seen as 203.0.113.1:40000'. */
function describeFlow(protocol: Protocol, host: Station, port: number, to: Endpoint, seen?: Endpoint): string {
  const way = `${protocol} ${printEndpoint(host.at(port))} → ${printEndpoint(to)}`
  return seen === undefined ? `${way}: nothing arrived` : `${way} seen as ${printEndpoint(seen)}`
}

/** {@link open}, told in a line of evidence. */
export async function openTold(
  evidence: string[],
  ...[protocol, host, port, server, serverPort = serverPorts[0], patience]: Parameters<typeof open>
): Promise<Opened | undefined> {
  const flow = await open(protocol, host, port, server, serverPort, patience)
  evidence.push(describeFlow(protocol, host, port, server.at(serverPort), flow?.external))
  return flow
}

/** What of a packet from outside arrived inside, and at which host. */
export interface Entered {
  readonly host: Station
  readonly packet: Arrived
}

/** Sends a datagram or a SYN from an endpoint outside to one of the router, and sees which host gets it. */
export async function enter(
  rig: Rig,
  protocol: Protocol,
  from: Station,
  port: number,
  to: Endpoint,
  { attempts = 1, within = 100 }: Patience = briefly,
): Promise<Entered | undefined> {
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    const wanted = protocol === 'udp' ? probe(from, port, to) : knock(from, port, to)
    const found = await first(rig.hosts, wanted, within)
    if (found !== undefined) return found
  }
  return undefined
}

/** True for a router that lets everything in, such as one with a DMZ: what is unsolicited there? */
export async function letsAllIn(rig: Rig, protocol: Protocol): Promise<boolean> {
  return (await enter(rig, protocol, rig.stranger, 5000, { address: rig.wan, port: 43_998 })) !== undefined
}

/** {@link enter}, told in a line of evidence. */
export async function enterTold(
  evidence: string[],
  ...[rig, protocol, from, port, to, patience]: Parameters<typeof enter>
): Promise<Entered | undefined> {
  const entered = await enter(rig, protocol, from, port, to, patience)
  const way = `${protocol} ${from.name} ${printEndpoint(from.at(port))} → ${printEndpoint(to)}`
  evidence.push(`${way} ${entered === undefined ? 'does not get in' : `reaches ${entered.host.name}`}`)
  return entered
}

function probe(from: Station, port: number, to: Endpoint): (packet: Arrived) => boolean {
  const text = newMark()
  sendDatagram(from, port, to, text)
  return (packet) => textOf(packet) === text
}

function knock(from: Station, port: number, to: Endpoint): (packet: Arrived) => boolean {
  const { segment, sequence } = syn(from.at(port), to)
  from.send({ destination: to.address, protocol: PROTOCOL_TCP }, segment)
  return (packet) => hasSequence(packet, sequence)
}

/** Who of several stations gets it, within a time for all of them. */
async function first(
  stations: readonly Station[],
  wanted: (packet: Arrived) => boolean,
  within: number,
): Promise<Entered | undefined> {
  const looks = stations.map(async (host) => {
    const packet = await host.receive(wanted, within)
    return packet && { host, packet }
  })
  return (await Promise.all(looks)).find((found) => found !== undefined)
}
