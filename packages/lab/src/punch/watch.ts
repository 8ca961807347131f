import { Conntrack, type Flow, PacketSocket, Route } from '@sallyport/linux'
import type { LabNode } from '../node.ts'
import { decodeFrame, type Packet } from '../packet/index.ts'
import { type Endpoint, printEndpoint } from '../traffic/endpoint.ts'
import { type Probe, parseProbe } from './probe.ts'

/** A datagram of a punch on a link of one of the two routers. */
export interface Crossing {
  /** Of whose router. */
  readonly router: 'a' | 'b'
  readonly link: 'wan' | 'lan'
  /** `out`: the router sends it. */
  readonly direction: 'in' | 'out'
  readonly source: Endpoint
  readonly destination: Endpoint
  /** Of a SYN: its sequence number, which no NAT changes, and {@link SYN} for a token. */
  readonly probe: Probe
}

/** What stands for a token in a SYN, which cannot carry one. */
export const SYN = 'SYN'

/** A router that is watched: one link called `wan`, all others are towards hosts. */
export type WatchedRouter = Pick<LabNode, 'name' | 'namespace'>

/** Hears what the two routers of a punch receive and send. What is heard waits in the kernel until it is taken. */
export class PunchWatch implements Disposable {
  readonly #ears: readonly Ear[]

  constructor(routers: Readonly<Record<'a' | 'b', WatchedRouter>>) {
    this.#ears = [new Ear('a', routers.a), new Ear('b', routers.b)]
  }

  /** All that was heard since the last call, router by router, in the order in which each one saw it. */
  take(): Crossing[] {
    return this.#ears.flatMap((ear) => ear.take())
  }

  [Symbol.dispose](): void {
    for (const ear of this.#ears) ear[Symbol.dispose]()
  }
}

class Ear implements Disposable {
  readonly #router: 'a' | 'b'
  readonly #socket: PacketSocket
  readonly #wan: number

  constructor(side: 'a' | 'b', { namespace }: WatchedRouter) {
    this.#router = side
    this.#socket = PacketSocket.open({ namespace })
    using links = Route.open({ namespace })
    this.#wan = links.link('wan').index
  }

  take(): Crossing[] {
    const heard: Crossing[] = []
    this.#socket.receive((frame, { link, direction }) => {
      const packet = decodeFrame(frame)
      const at = { router: this.#router, link: link === this.#wan ? 'wan' : 'lan', direction } as const
      const seen = packet && (datagram(packet) ?? syn(packet, senderAt(at)))
      if (seen) heard.push({ ...at, ...seen })
    })
    return heard
  }

  [Symbol.dispose](): void {
    this.#socket[Symbol.dispose]()
  }
}

type Seen = Pick<Crossing, 'source' | 'destination' | 'probe'>

function datagram({ source, destination, transport }: Packet): Seen | undefined {
  if (transport?.kind !== 'udp') return undefined
  const probe = parseProbe(transport.payload)
  return probe && { ...ends(source, destination, transport), probe }
}

function syn({ source, destination, transport }: Packet, from: 'a' | 'b'): Seen | undefined {
  if (transport?.kind !== 'tcp' || !transport.flags.includes('syn') || transport.flags.includes('ack')) return undefined
  return { ...ends(source, destination, transport), probe: { token: SYN, from, number: transport.sequence } }
}

type Ports = { readonly sourcePort: number; readonly destinationPort: number }

function ends(source: string, destination: string, ports: Ports): Omit<Seen, 'probe'> {
  return {
    source: { address: source, port: ports.sourcePort },
    destination: { address: destination, port: ports.destinationPort },
  }
}

/** Who sent what a router sees there: its own host, if it comes from the LAN or leaves. */
function senderAt({ router, link, direction }: Pick<Crossing, 'router' | 'link' | 'direction'>): 'a' | 'b' {
  const own = (link === 'lan') === (direction === 'in')
  return own === (router === 'a') ? 'a' : 'b'
}

/** What a router's conntrack knows of a conversation, without the kernel's other details. */
export interface KnownFlow {
  readonly from: Endpoint
  readonly to: Endpoint
  /** Where answers come from and go to, as seen outside of the NAT. */
  readonly answersFrom: Endpoint
  readonly answersTo: Endpoint
  readonly answered: boolean
}

/** The flows of a router now. */
export function flowsOf({ namespace }: Pick<WatchedRouter, 'namespace'>, protocol: 'udp' | 'tcp'): KnownFlow[] {
  using conntrack = Conntrack.open({ namespace })
  return conntrack.list({ family: 'ipv4', protocol }).map(knownFlow)
}

function knownFlow({ original, reply, status }: Flow): KnownFlow {
  return {
    from: { address: original.source, port: original.sourcePort ?? 0 },
    to: { address: original.destination, port: original.destinationPort ?? 0 },
    answersFrom: { address: reply.source, port: reply.sourcePort ?? 0 },
    answersTo: { address: reply.destination, port: reply.destinationPort ?? 0 },
    answered: status.has('seen-reply'),
  }
}

/** '192.168.1.2:40000 → 203.0.113.3:40000, answers to 203.0.113.2:46921, unanswered'. */
export function printFlow({ from, to, answersTo, answersFrom, answered }: KnownFlow): string {
  const there = printEndpoint(answersFrom) === printEndpoint(to) ? '' : `, taken to ${printEndpoint(answersFrom)}`
  const back = printEndpoint(answersTo) === printEndpoint(from) ? '' : `, answers to ${printEndpoint(answersTo)}`
  return `${printEndpoint(from)} → ${printEndpoint(to)}${there}${back}${answered ? '' : ', unanswered'}`
}
