import { echo, encodeIcmp, icmpType, PROTOCOL_ICMP } from '../../packet/index.ts'
import { isIcmp } from './errors.ts'
import type { Arrived, Station } from './station.ts'

let sequence = 0

/** What an ICMP query looked like where it arrived. */
export interface Query {
  readonly arrived: Arrived
  /** The identifier that it had there. */
  readonly id: number
  readonly sequence: number
}

/** Sends an echo request until it arrives at the server; undefined when it never does. */
export async function ping(host: Station, id: number, server: Station, ttl = 64): Promise<Query | undefined> {
  for (let attempt = 0; attempt < 3; attempt += 1) {
    sequence = (sequence + 1) & 0xffff
    const own = sequence
    const header = { destination: server.address, protocol: PROTOCOL_ICMP, ttl }
    host.send(header, encodeIcmp(icmpType.echo, 0, echo(id, own), Buffer.from('ping')))
    const arrived = await server.receive((packet) => isIcmp(packet, icmpType.echo) && sequenceOf(packet) === own, 250)
    if (arrived !== undefined) return { arrived, id: identifierOf(arrived), sequence: own }
  }
  return undefined
}

/** Answers a query as the server; true when the answer arrives at the host with the identifier that the host had used. */
export async function pong(server: Station, query: Query, host: Station, id: number): Promise<boolean> {
  const message = encodeIcmp(icmpType.echoReply, 0, echo(query.id, query.sequence), Buffer.from('pong'))
  server.send({ destination: query.arrived.source, protocol: PROTOCOL_ICMP }, message)
  const wanted = (packet: Arrived): boolean =>
    isIcmp(packet, icmpType.echoReply) && sequenceOf(packet) === query.sequence && identifierOf(packet) === id
  return (await host.receive(wanted, 250)) !== undefined
}

function identifierOf({ transport }: Arrived): number {
  return transport?.kind === 'icmp' ? transport.rest >>> 16 : -1
}

function sequenceOf({ transport }: Arrived): number {
  return transport?.kind === 'icmp' ? transport.rest & 0xffff : -1
}
