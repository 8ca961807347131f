import type { Endpoint } from '@sallyport/linux'
import type { Timeouts } from '../nat/behaviour.ts'
import type { ModelPacket, ModelProtocol } from './packet.ts'
import { newProgress, type Progress, progressed, type Side, tcpPhase } from './tcp.ts'

/** One conversation through the NAT, as a conntrack entry has it: the same four values in both directions. */
export interface Flow {
  readonly protocol: ModelProtocol
  readonly inside: Endpoint
  readonly external: Endpoint
  readonly remote: Endpoint
  /**
   * The remote endpoint as inside sees it. Its port is another one where the inside endpoint talks to `remote` by
   * another flow already: what is sent there has to tell which of the two it means.
   */
  readonly seen: Endpoint
  /** Hairpinning: the inside endpoint at the other end, which has a flow of its own that lives as this one does. */
  readonly behind?: Endpoint
  /** The mapping that it belongs to: what of inside and remote the behaviour's dependence names. */
  readonly mapping: string
  /** When its first packet came, in ms. */
  readonly opened: number
  /** Which sides have sent: inside is known to the filter by then, both make it answered. */
  readonly sent: Readonly<Record<Side, boolean>>
  readonly tcp: Progress
  /** From this moment on it is forgotten, in ms. */
  readonly expires: number
  /** Until then it keeps its mapping, in ms: later than `expires` where the flow itself was not refreshed. */
  readonly keeps: number
}

/** What decides about a flow's life. */
export interface Lifetimes {
  readonly timeouts: Timeouts
  readonly refresh: 'outbound' | 'both'
  /** Is a mapping more than its flows (endpoint- and address-dependent ones are)? */
  readonly kept: boolean
  /** Milliseconds from which on an answered UDP flow is a stream. */
  readonly streamAfter: number
}

export type NewFlow = Pick<Flow, 'protocol' | 'inside' | 'external' | 'remote' | 'seen' | 'behind' | 'mapping'>

export function openFlow(parts: NewFlow, now: number): Flow {
  return { ...parts, opened: now, sent: { inside: false, outside: false }, tcp: newProgress, expires: now, keeps: now }
}

/** A flow after one more packet of it. Who is not allowed to refresh it can still shorten its life (FIN, RST). */
export function touched(flow: Flow, packet: ModelPacket, from: Side, now: number, lifetimes: Lifetimes): Flow {
  const first = !flow.sent.inside && !flow.sent.outside
  const next = { ...flow, sent: { ...flow.sent, [from]: true }, tcp: progressed(flow.tcp, packet.flags, from) }
  const expires = now + 1000 * seconds(next, now, lifetimes)
  const refreshes = first || from === 'inside' || lifetimes.refresh === 'both'
  const until = refreshes ? expires : Math.min(flow.expires, expires)
  if (!isSecondSyn(flow, packet)) return { ...next, expires: until, keeps: until }
  return { ...next, keeps: lifetimes.kept ? until : flow.keeps }
}

/**
 * Linux does not count a second SYN before there was an answer, sent again or crossing the first (nf_conntrack_proto_tcp.c,
 * since 5.15): who tries for ever would keep the entry for ever.
 */
function isSecondSyn({ protocol, sent }: Flow, { flags }: ModelPacket): boolean {
  return protocol === 'tcp' && flags?.syn === true && !flags.ack && sent.inside !== sent.outside
}

/** RFC 4787 REQ-6: what only the outside has sent does not keep a mapping where it must not refresh one. */
export function keepsMapping({ sent }: Flow, refresh: Lifetimes['refresh']): boolean {
  return refresh === 'both' || sent.inside
}

function seconds(flow: Flow, now: number, { timeouts, streamAfter }: Lifetimes): number {
  if (flow.protocol === 'icmp-echo') return timeouts.icmp
  if (flow.protocol === 'tcp') {
    return tcpPhase(flow.tcp) === 'established' ? timeouts.tcpEstablished : timeouts.tcpTransitory
  }
  const answered = flow.sent.inside && flow.sent.outside
  return answered && now >= flow.opened + streamAfter ? timeouts.udpStream : timeouts.udp
}
