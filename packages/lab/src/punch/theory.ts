import { type Behaviour, type ProtocolBehaviour, preservesPort } from '../nat/behaviour.ts'

/** `race`: it depends on whose first packet is quicker. */
export type PunchVerdict = 'direct' | 'none' | 'race'

/** When the two peers begin, as far as it matters. */
export interface Timing {
  /** Milliseconds that `b` begins after `a`; default 0. */
  readonly stagger?: number
  /** Milliseconds that a packet takes from one NAT to the other; default 0: it is there before anything else is sent. */
  readonly delay?: number
  readonly protocol?: 'udp' | 'tcp'
}

/** In which order first probes are sent and arrive. `crossing`: both are under way at the same time. */
export type Order = 'a first' | 'b first' | 'crossing'

/** What decides about a punch on one side. */
interface Side {
  readonly name: 'a' | 'b'
  /**
   * Sends to the peer from the very external endpoint that the rendezvous saw. A NAT that maps every flow by itself
   * does so too where it keeps ports and overloads them (plain Linux), until the tuple that it wants is taken.
   */
  readonly stays: boolean
  /** Cannot send to the peer at all any more: the tuple that it would have to use is taken. */
  readonly silent: boolean
  /** One external endpoint for all destinations, by right: where another would be needed, nothing leaves. */
  readonly strict: boolean
  readonly filtering: ProtocolBehaviour['filtering']
  /** Early probes that it does not let in are remembered: their flow ends at the router for as long as it lives. */
  readonly remembers: boolean
}

/**
 * Can two peers reach each other, who have told each other the endpoints that a rendezvous server saw, and send probes
 * there until an answer comes? From RFC 4787's words alone, for peers that answer where a probe came from.
 *
 * A flow that got in can be answered, whatever the mapping: the answer leaves by the flow. So one probe that gets in is
 * enough. It gets in at the endpoint that the other side advertised,
 * - when that side filters endpoint-independently; else only when that side sends its own probes from there, and
 * - filters by address (the peer's address is known, its port may differ), or
 * - filters by address and port, and the probe comes from the endpoint that the peer advertised.
 *
 * A NAT that remembers unsolicited packets keeps a probe that comes before its own host's first one as a flow to the
 * router itself; the host's flow, which needs that tuple, leaves from another port: it does not "stay" any more. Where
 * the mapping may have no other port (endpoint-independent without overloading), it does not leave at all.
 *
 * Over TCP such a router refuses the SYN instead, and nothing is remembered (nf_conntrack_tcp_packet kills a flow that
 * is reset before it was answered). But the refusal ends the caller's flow as well, through which the other's SYN would
 * get in: where both routers do so, and SYNs do not cross, neither side's flow ever lives when the other's SYN comes.
 */
export function theory(a: Behaviour, b: Behaviour, timing: Timing = {}): PunchVerdict {
  const outcomes = ordersOf(timing).map((order) => opens(a, b, order, timing.protocol))
  if (outcomes.every((open) => open)) return 'direct'
  return outcomes.some((open) => open) ? 'race' : 'none'
}

/** The orders that a timing allows. */
export function ordersOf({ stagger = 0, delay = 0 }: Timing): Order[] {
  if (stagger > delay) return ['a first']
  if (stagger < delay) return ['crossing']
  return delay === 0 ? ['a first', 'b first'] : ['a first', 'crossing']
}

/** Whether a punch opens when the first probes come in this order. */
export function opens(a: Behaviour, b: Behaviour, order: Order, protocol?: 'udp' | 'tcp'): boolean {
  return explainTheory(a, b, order, protocol).open
}

/** A verdict with its reason. */
export interface Reasoned {
  readonly open: boolean
  /** One sentence about the packet that decides. */
  readonly because: string
}

/** {@link opens}, and why. */
export function explainTheory(a: Behaviour, b: Behaviour, order: Order, protocol: 'udp' | 'tcp' = 'udp'): Reasoned {
  const [sideA, sideB] = [sideOf('a', a, protocol), sideOf('b', b, protocol)]
  const blocking = [a, b].flatMap((each, index) => (each[protocol] === 'blocked' ? [index === 0 ? 'a' : 'b'] : []))
  if (sideA === undefined || sideB === undefined) {
    return { open: false, because: `${protocol.toUpperCase()} is blocked at the NAT of ${blocking.join(' and ')}` }
  }
  if (protocol === 'tcp' && order !== 'crossing' && keeps(sideA) && keeps(sideB))
    return { open: false, because: refusals }
  const kept = protocol === 'tcp' ? undefined : keptProbe(sideA, sideB, order)
  const [nowA, nowB] = [afterKeeping(sideA, kept, sideB), afterKeeping(sideB, kept, sideA)]
  if (kept !== sideA && getsIn(nowA, nowB)) return { open: true, because: howItGetsIn(nowA, nowB) }
  if (kept !== sideB && getsIn(nowB, nowA)) return { open: true, because: howItGetsIn(nowB, nowA) }
  return {
    open: false,
    because: kept === undefined ? whyNot(nowA, nowB) : whyKept(kept, kept === sideA ? sideB : sideA),
  }
}

/** Over TCP: the router itself answers with RST, and conntrack forgets a connection that is refused before it is open. */
const refusals =
  'either router refuses the SYN that comes to it, which ends the flow that would let the answer in at the other'

function sideOf(name: 'a' | 'b', behaviour: Behaviour, protocol: 'udp' | 'tcp'): Side | undefined {
  const words = behaviour[protocol]
  if (words === 'blocked') return undefined
  const keepsPort = preservesPort(words.ports) && words.overloading
  const independent = words.mapping === 'endpoint-independent'
  return {
    name,
    stays: independent || keepsPort,
    silent: false,
    strict: independent && !keepsPort,
    filtering: words.filtering,
    remembers: behaviour.unsolicited === 'remember',
  }
}

/** Whose first probe comes so early that the other's router keeps it for itself. */
function keptProbe(a: Side, b: Side, order: Order): Side | undefined {
  if (order === 'a first' && keeps(b)) return a
  if (order === 'b first' && keeps(a)) return b
  return undefined
}

function keeps(side: Side): boolean {
  return side.remembers && side.filtering !== 'endpoint-independent'
}

/** A router that has kept a probe from the endpoint that its host writes to has that flow's tuple taken. */
function afterKeeping(side: Side, kept: Side | undefined, peer: Side): Side {
  return kept === peer && peer.stays && side.stays ? { ...side, stays: false, silent: side.strict } : side
}

/** Whether probes of one get in at the endpoint that the other advertised. */
function getsIn(from: Side, to: Side): boolean {
  if (from.silent) return false
  if (to.filtering === 'endpoint-independent') return true
  return to.stays && (to.filtering === 'address-dependent' || from.stays)
}

function howItGetsIn(from: Side, to: Side): string {
  const how: Record<Side['filtering'], string> = {
    'endpoint-independent': 'lets in everybody',
    'address-dependent': `lets in every port of an address that ${to.name} has written to`,
    'address-and-port-dependent': `lets in the endpoint that ${to.name} has written to, and that is where it comes from`,
  }
  return `${from.name}'s probe gets in: ${to.name}'s NAT ${how[to.filtering]}; the answer goes back by the same flow`
}

function whyNot(a: Side, b: Side): string {
  const moving = [a, b].filter(({ stays }) => !stays)
  const [one = a] = moving
  if (moving.length === 2) {
    return 'both NATs send the probes from other ports than were advertised, so each lets in only what never comes'
  }
  const other = one === a ? b : a
  return `${one.name}'s probes leave from another port than was advertised, and ${other.name}'s NAT filters by address and port`
}

function whyKept(early: Side, late: Side): string {
  const first = `${early.name}'s probe comes before ${late.name} has sent one, and ${late.name}'s router keeps it as a flow to itself`
  if (!early.stays) return `${first}: nothing else of that flow gets through to ${late.name}`
  if (late.strict) return `${first}; ${late.name}'s own probes need that tuple, may have no other port, and never leave`
  return `${first}; ${late.name}'s own probes need that tuple, leave from another port, and ${early.name}'s NAT does not let them in`
}
