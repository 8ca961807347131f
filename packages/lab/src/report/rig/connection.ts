import type { Endpoint } from '@sallyport/linux'
import { encodeTcp, PROTOCOL_TCP, type TcpFlag } from '../../packet/index.ts'
import { type Patience, sourceOf } from './datagrams.ts'
import type { Arrived, Station } from './station.ts'

/** Initial sequence numbers: far from each other, so that a segment is known by its number. */
let numbers = 1000
function newSequence(): number {
  numbers += 100_000
  return numbers
}

/** One end of a TCP connection whose segments are made by hand. */
class End {
  readonly station: Station
  readonly local: Endpoint
  peer: Endpoint
  sequence: number = newSequence()
  acknowledged = 0

  constructor(station: Station, local: Endpoint, peer: Endpoint) {
    this.station = station
    this.local = local
    this.peer = peer
  }
}

export type Side = 'client' | 'server'

/** A TCP connection through the NAT, segment by segment: no kernel answers, repeats or resets anything. */
export class Connection {
  readonly client: End
  readonly server: End
  /** Where the server sees the client; known with the first segment that arrived. */
  external: Endpoint | undefined

  /** @param to where the client writes to; the server's own endpoint may be another one, behind the NAT */
  constructor(client: Station, port: number, server: Station, to: Endpoint, local: Endpoint = to) {
    this.client = new End(client, client.at(port), to)
    this.server = new End(server, local, client.at(port))
  }

  /** SYN, SYN and ACK, ACK. True when all three have arrived. */
  async open(patience: Patience = {}): Promise<boolean> {
    return (
      (await this.pass('client', ['syn'], '', patience)) &&
      (await this.pass('server', ['syn', 'ack'], '', patience)) &&
      (await this.pass('client', ['ack'], '', patience))
    )
  }

  /** Sends a segment until it arrives at the other side; false when it never does. */
  async pass(side: Side, flags: readonly TcpFlag[], text = '', patience: Patience = {}): Promise<boolean> {
    const { attempts = 3, within = 250 } = patience
    const [from, to] = side === 'client' ? [this.client, this.server] : [this.server, this.client]
    for (let attempt = 0; attempt < attempts; attempt += 1) {
      this.send(side, flags, text)
      const arrived = await to.station.receive((packet) => isSegment(packet, from.sequence, flags), within)
      if (arrived === undefined) continue
      this.#learn(side, from, to, arrived, text.length)
      return true
    }
    return false
  }

  /** Sends a segment with the numbers that are due, once, and waits for nothing. */
  send(side: Side, flags: readonly TcpFlag[], text = ''): void {
    const from = side === 'client' ? this.client : this.server
    const numbered = { sequence: from.sequence, acknowledgement: flags.includes('ack') ? from.acknowledged : 0, flags }
    const segment = encodeTcp(from.local, from.peer, numbered, Buffer.from(text))
    from.station.send({ destination: from.peer.address, protocol: PROTOCOL_TCP }, segment)
  }

  #learn(side: Side, from: End, to: End, arrived: Arrived, length: number): void {
    from.sequence += length + (arrivedFlags(arrived).some((flag) => flag === 'syn' || flag === 'fin') ? 1 : 0)
    to.acknowledged = from.sequence
    if (side === 'server') return
    this.external ??= sourceOf(arrived)
    to.peer = sourceOf(arrived)
  }
}

function arrivedFlags({ transport }: Arrived): readonly TcpFlag[] {
  return transport?.kind === 'tcp' ? transport.flags : []
}

function isSegment({ transport }: Arrived, sequence: number, flags: readonly TcpFlag[]): boolean {
  if (transport?.kind !== 'tcp' || transport.sequence !== sequence) return false
  return flags.every((flag) => transport.flags.includes(flag))
}

/** A SYN alone, known by its sequence number. */
export function syn(from: Endpoint, to: Endpoint): { readonly segment: Uint8Array; readonly sequence: number } {
  const sequence = newSequence()
  return { segment: encodeTcp(from, to, { sequence, flags: ['syn'] }), sequence }
}

export function hasSequence({ transport }: Arrived, sequence: number): boolean {
  return transport?.kind === 'tcp' && transport.sequence === sequence
}
