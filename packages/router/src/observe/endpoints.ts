import type { Flow, Tuple } from '@sallyport/linux'
import type { EventName } from '../compile/index.ts'

/** Whom an event is about, as far as that can be known. */
export interface EventEndpoints {
  readonly protocol: 'tcp' | 'udp'
  /** `192.168.1.11:50000` */
  readonly internal?: string
  /** `203.0.113.1:50000` */
  readonly external?: string
}

/** What the kernel knows besides the logged packet, which says one end only and does not say which. */
export interface Knowledge {
  /** The flow that packets with this tuple belong to, in either direction. */
  readonly flow: (tuple: Tuple) => Flow | undefined
  /** The inside endpoint that holds an external port. */
  readonly holder: (protocol: 'tcp' | 'udp', port: number) => string | undefined
}

/**
 * The endpoints of an event, from its packet's own tuple. Undefined for a packet without ports.
 *
 * - `limit` is logged before the source is rewritten: it is the inside endpoint, and nothing was opened outside.
 * - `open` and `refused` are logged behind that: the source is the external endpoint. A refused packet is dropped
 *   before its connection is confirmed, so that nobody can say any more who had sent it.
 * - `takeover` is logged before when the new holder keeps its own port, else behind. The flow tells.
 */
export function endpointsOf(event: EventName, packet: Tuple, known: Knowledge): EventEndpoints | undefined {
  const { protocol } = packet
  if (protocol !== 'tcp' && protocol !== 'udp') return undefined
  const source = endpoint(packet.source, packet.sourcePort)
  if (event === 'limit') return { protocol, internal: source }
  if (event === 'refused') return { protocol, external: source }
  const flow = known.flow(packet) ?? known.flow(mirrored(packet))
  if (flow !== undefined) return { protocol, ...rewritten(flow) }
  const holder = packet.sourcePort === undefined ? undefined : known.holder(protocol, packet.sourcePort)
  return holder === source
    ? { protocol, internal: source }
    : { protocol, ...(holder !== undefined && { internal: holder }), external: source }
}

/** Answers go to where the source was rewritten to. */
function rewritten({ original, reply }: Flow): Required<Pick<EventEndpoints, 'internal' | 'external'>> {
  return {
    internal: endpoint(original.source, original.sourcePort),
    external: endpoint(reply.destination, reply.destinationPort),
  }
}

/** The tuple of the answers to a packet. */
function mirrored({ family, protocol, source, destination, sourcePort = 0, destinationPort = 0 }: Tuple): Tuple {
  return {
    family,
    protocol,
    source: destination,
    destination: source,
    sourcePort: destinationPort,
    destinationPort: sourcePort,
  }
}

function endpoint(address: string, port: number | undefined): string {
  return `${address}:${port}`
}
