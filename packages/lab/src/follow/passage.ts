import type { PacketHeaders, TracedPacket, TraceStep } from '@sallyport/nftables'
import { printSide, type Side, sameSide, sideOf } from '../capture/index.ts'
import type { Packet } from '../packet/index.ts'
import { chains } from './marks.ts'

/** A packet's two sides at one point of its way. */
export interface Tuple {
  /** 'udp', 'tcp', 'icmp', 'icmpv6', or a number. */
  readonly protocol: string
  readonly source: Side
  readonly destination: Side
}

/** A rule that matched, or the policy of a chain that decided. */
export interface PassedRule {
  /** 'ip nat postrouting' */
  readonly chain: string
  /** As nft would write it, if somebody knows; else its expressions. Of a policy: 'policy drop'. */
  readonly text: string
  readonly verdict: string
  /** The step that it was made from. */
  readonly step: TraceStep
}

/** How a packet's way through a node ended. */
export type Fate = 'left' | 'delivered' | 'dropped' | 'ended'

/** A packet's way through one node. */
export interface Passage {
  readonly node: string
  /** Interface that it came in by; absent: the node made it. */
  readonly by?: string
  readonly before: Tuple
  /** Rules and policies that said something, in order. */
  readonly rules: readonly PassedRule[]
  /** What connection tracking thinks of it: 'new', 'established', 'invalid', … */
  readonly connection: readonly string[]
  readonly after: Tuple
  /** `ended`: neither a rule nor a policy did it; routing, a time to live, or connection tracking. */
  readonly fate: Fate
  /** Interface that it left by. */
  readonly leftBy?: string
  /** The rule or policy that dropped it. */
  readonly droppedBy?: PassedRule
  readonly ttl: number
  /** What stays the same on all of its way. */
  readonly identity: string
  readonly headers: PacketHeaders
}

/** `table`: our own, whose chains show how far a packet got. Undefined for what is no IP packet. */
export function passageOf(node: string, packet: TracedPacket, table: string): Passage | undefined {
  const isOwn = (step: TraceStep): boolean => step.table === table
  const seen = packet.steps.flatMap(({ headers }) => (headers === undefined ? [] : [headers]))
  const [first, last] = [seen[0], seen.at(-1)]
  const before = first && tupleOf(first)
  if (first === undefined || before === undefined) return undefined
  const reached = packet.steps.filter(isOwn).map(({ chain }) => chain)
  const rules = packet.steps.filter((step) => !isOwn(step) && saysSomething(step)).map(passedRule)
  const isDropped = packet.verdict.verdict === 'drop'
  const fate = isDropped ? 'dropped' : reachedEnd(reached)
  const dropper = isDropped ? rules.at(-1) : undefined
  return {
    node,
    ...(first.input?.name !== undefined && !reached.includes(chains.made) && { by: first.input.name }),
    before,
    rules,
    connection: seen.findLast(({ connection }) => connection !== undefined)?.connection?.state ?? [],
    after: (last && tupleOf(last)) ?? before,
    fate,
    ...(fate === 'left' && packet.output?.name !== undefined && { leftBy: packet.output.name }),
    ...(dropper && { droppedBy: dropper }),
    ttl: first.network?.version === 4 ? first.network.ttl : first.network?.version === 6 ? first.network.hopLimit : 0,
    identity: identityOf(first),
    headers: first,
  }
}

/** Undefined: no IP packet. */
function tupleOf({ network, transport }: PacketHeaders): Tuple | undefined {
  if (network === undefined || network.version === 'arp') return undefined
  const { source, destination } = network
  if (transport !== undefined && 'sourcePort' in transport) {
    const { protocol, sourcePort, destinationPort } = transport
    return {
      protocol,
      source: { address: source, port: sourcePort },
      destination: { address: destination, port: destinationPort },
    }
  }
  const protocol = transport?.protocol ?? (network.version === 4 ? network.protocol : network.nextHeader)
  const echo = transport !== undefined && 'type' in transport ? transport : undefined
  return {
    protocol: `${protocol}`,
    source: sideOfEcho(source, echo, [8, 128]),
    destination: sideOfEcho(destination, echo, [0, 129]),
  }
}

/** The identifier of an echo belongs to whoever asks, as a port does. */
function sideOfEcho(address: string, echo: { type: number; id?: number } | undefined, types: readonly number[]): Side {
  return echo?.id !== undefined && types.includes(echo.type) ? { address, id: echo.id } : { address }
}

/** As {@link tupleOf}, of a packet that was captured; the protocol is not compared. */
export function tupleOfPacket(packet: Packet, protocol: string): Tuple {
  return { protocol, source: sideOf(packet, 'source'), destination: sideOf(packet, 'destination') }
}

export function printTuple({ source, destination }: Tuple): string {
  return `${printSide(source)} → ${printSide(destination)}`
}

export function sameTuple(a: Tuple, b: Tuple): boolean {
  return a.protocol === b.protocol && sameSide(a.source, b.source) && sameSide(a.destination, b.destination)
}

function reachedEnd(reached: readonly string[]): Fate {
  if (reached.includes(chains.left)) return 'left'
  return reached.includes(chains.delivered) ? 'delivered' : 'ended'
}

/** Ends of chains and policies that accept are nothing that anybody decided. */
function saysSomething({ type, verdict }: TraceStep): boolean {
  return type === 'rule' || (type === 'policy' && verdict.verdict === 'drop')
}

function passedRule(step: TraceStep): PassedRule {
  const { family, table, chain, type, verdict } = step
  const text = type === 'policy' ? `policy ${verdict.verdict}` : (step.text ?? `rule ${step.handle}, gone since`)
  return { chain: `${family} ${table} ${chain}`, text, verdict: verdict.verdict, step }
}

/** NAT changes addresses, ports and checksums; routers the TTL. The rest of what a trace shows is the packet's own. */
function identityOf({ network, transport }: PacketHeaders): string {
  if (network === undefined || network.version === 'arp') return ''
  const { length } = network
  const id = network.version === 4 ? network.id : network.flowLabel
  const tcp = transport !== undefined && 'sequence' in transport ? `${transport.sequence}` : ''
  return `${network.version} ${id} ${length} ${transport?.protocol} ${tcp}`
}
