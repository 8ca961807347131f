import type { Endpoint } from '@sallyport/linux'
import { encodeUdp, PROTOCOL_UDP, type Udp } from '../../packet/index.ts'
import type { Arrived, Station } from './station.ts'

/** Every datagram of a check says something that no other says. */
let marks = 0
export function newMark(): string {
  marks += 1
  return `datagram ${marks}`
}

/** How often, and how long each time (milliseconds), something is tried that should work. */
export interface Patience {
  readonly attempts?: number
  readonly within?: number
}

/** As {@link Patience}, for what should not arrive: it is not asked for again and again. */
export const briefly: Patience = { attempts: 2, within: 80 }

export function sendDatagram(from: Station, port: number, to: Endpoint, text: string): void {
  from.send({ destination: to.address, protocol: PROTOCOL_UDP }, datagram(from.at(port), to, text))
}

export function datagram(from: Endpoint, to: Endpoint, text: string): Uint8Array {
  return encodeUdp(from, to, Buffer.from(text))
}

/**
 * A datagram from one station to an endpoint where another one listens, sent again until it arrives: a NAT may lose
 * first packets. Returns what arrived.
 */
export async function deliver(
  from: Station,
  port: number,
  to: Endpoint,
  listener: Station,
  { attempts = 3, within = 250 }: Patience = {},
): Promise<Arrived | undefined> {
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    const text = newMark()
    sendDatagram(from, port, to, text)
    const arrived = await listener.receive((packet) => textOf(packet) === text, within)
    if (arrived !== undefined) return arrived
  }
  return undefined
}

/** The content of a whole datagram as text. */
export function textOf({ transport }: Arrived): string | undefined {
  return transport?.kind === 'udp' ? Buffer.from(transport.payload).toString() : undefined
}

/** Where a datagram or segment came from, as the station saw it. */
export function sourceOf({ source, transport }: Arrived): Endpoint {
  return { address: source, port: portsOf(transport).sourcePort }
}

export function destinationOf({ destination, transport }: Arrived): Endpoint {
  return { address: destination, port: portsOf(transport).destinationPort }
}

function portsOf(transport: Arrived['transport']): Pick<Udp, 'sourcePort' | 'destinationPort'> {
  return transport === undefined || transport.kind === 'icmp' ? { sourcePort: 0, destinationPort: 0 } : transport
}
