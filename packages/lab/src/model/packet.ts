import type { Endpoint } from '@sallyport/linux'

/** What the model translates. Of ICMP only the echo: a query and its answer share an identifier. */
export type ModelProtocol = 'udp' | 'tcp' | 'icmp-echo'

/** The flags of a TCP segment that a NAT looks at. */
export interface TcpFlags {
  readonly syn?: boolean
  /** A SYN with it answers one and opens nothing. */
  readonly ack?: boolean
  readonly fin?: boolean
  readonly rst?: boolean
}

/**
 * A packet as far as a NAT is concerned. An echo has the identifier (RFC 5508 section 3) as the port of the endpoint
 * that asks, and 0 as the port of the one that answers.
 */
export interface ModelPacket {
  readonly protocol: ModelProtocol
  readonly source: Endpoint
  readonly destination: Endpoint
  /** TCP only; default: a segment without any of them. */
  readonly flags?: TcpFlags
  /** What it carries; kept by every translation. */
  readonly text?: string
}

/** Why a packet did not get through. */
export type DropReason =
  /** The behaviour says so of the whole protocol. */
  | 'blocked'
  /** There is a mapping, but its filter does not know the sender. */
  | 'filtered'
  /** There is no mapping. */
  | 'unsolicited'
  /** It belongs to something unsolicited that conntrack remembers: the router takes it for its own. */
  | 'remembered'
  /** From inside to an external address of this NAT, which does not hairpin. */
  | 'no hairpin'
  /** It has to leave by its mapping's port, where conntrack remembers something unsolicited of its destination. */
  | 'port taken'
  /** No external port is left for a new mapping. */
  | 'ports exhausted'
  /** A TCP segment of no connection that does not open one either. */
  | 'no connection'
  /** The destination is none of this NAT's external addresses. */
  | 'not ours'

/** What becomes of a packet: translated and sent on to one side, or dropped. */
export type Verdict =
  | { readonly packet: ModelPacket; readonly to: 'inside' | 'outside' }
  | { readonly dropped: DropReason }

export function sameEndpoint(a: Endpoint, b: Endpoint): boolean {
  return a.address === b.address && a.port === b.port
}

/** '203.0.113.1:40000'. */
export function endpointText({ address, port }: Endpoint): string {
  return `${address}:${port}`
}

/** 'udp 192.168.1.2:40000 > 203.0.113.9:3478', and 'tcp [syn] …'. */
export function packetText({ protocol, source, destination, flags = {} }: ModelPacket): string {
  const names = Object.entries(flags).flatMap(([name, set]) => (set ? [name] : []))
  const shown = names.length === 0 ? '' : ` [${names.join(' ')}]`
  return `${protocol}${shown} ${endpointText(source)} > ${endpointText(destination)}`
}
