import { type Passage, printTuple, sameTuple, type Tuple } from './passage.ts'

/** What became of a packet. */
export type WayOutcome =
  /** A node took it for its own: its input was accepted. */
  | 'delivered'
  /** … and answered that nobody wanted it. */
  | 'refused'
  /** A rule or policy dropped it. */
  | 'dropped'
  /** It ended inside of a node, but no rule did it. */
  | 'ended'
  /** It left a node and came nowhere. */
  | 'lost'
  /** It was never sent. */
  | 'unsent'

/** One packet's way through a lab. */
export class Way {
  readonly outcome: WayOutcome
  readonly hops: readonly Passage[]
  /** What became of it, in a sentence. */
  readonly reason: string

  constructor(outcome: WayOutcome, hops: readonly Passage[], reason: string) {
    this.outcome = outcome
    this.hops = hops
    this.reason = reason
  }

  /** Several lines for people. */
  toString(): string {
    return renderWay(this)
  }
}

/** Which packet is followed: the first that its node makes and that has all of this. */
export interface Followed {
  /** Name of the node that sends it. */
  readonly from: string
  readonly protocol: string
  readonly to?: { readonly address: string; readonly port?: number | undefined } | undefined
  /** Its own port. */
  readonly port?: number | undefined
  readonly where?: ((packet: Passage) => boolean) | undefined
}

/** The way of a packet from all that was traced, as it came. */
export function hopsOf(passages: readonly Passage[], followed: Followed): Passage[] {
  const first = passages.find((passage) => isFollowed(passage, followed))
  const hops: Passage[] = []
  const rest = new Set(passages)
  for (let hop = first; hop !== undefined; hop = next([...rest], hop)) {
    hops.push(hop)
    rest.delete(hop)
  }
  return hops
}

/** Where a packet came in that had left as this one did. */
function next(passages: readonly Passage[], { fate, identity, after }: Passage): Passage | undefined {
  if (fate !== 'left') return undefined
  return passages.find((each) => each.by !== undefined && each.identity === identity && sameTuple(each.before, after))
}

function isFollowed(passage: Passage, { from, protocol, to, port, where }: Followed): boolean {
  const { node, by, before } = passage
  return (
    node === from &&
    by === undefined &&
    protocolFits(before, protocol) &&
    (to === undefined || to.address === before.destination.address) &&
    (to?.port === undefined || to.port === before.destination.port) &&
    (port === undefined || port === before.source.port) &&
    (where?.(passage) ?? true)
  )
}

function protocolFits({ protocol }: Tuple, wanted: string): boolean {
  return protocol === wanted || (wanted === 'icmp' && protocol === 'icmpv6')
}

/** The answer of a node that nobody there wanted the packet: an ICMP error, or RST. */
export function refusalOf(passages: readonly Passage[], { node, after }: Passage): Passage | undefined {
  return passages.find(({ node: other, by, before, headers: { transport } }) => {
    if (other !== node || by !== undefined || before.destination.address !== after.source.address) return false
    if (transport !== undefined && 'flags' in transport)
      return transport.flags.includes('rst') && before.destination.port === after.source.port
    return transport !== undefined && 'code' in transport && [1, 3].includes(transport.type)
  })
}

/** 'udp dport 9 drop (inet filter input, connection new)' */
export function sayDropper({ droppedBy, connection }: Passage): string {
  const state = connection.length === 0 ? '' : `, connection ${connection.join(', ')}`
  return `${droppedBy?.text ?? 'a rule'} (${droppedBy?.chain ?? 'unknown'}${state})`
}

function renderWay({ outcome, hops, reason }: Way): string {
  const [first] = hops
  const title =
    first === undefined ? 'the packet' : `${first.before.protocol.toUpperCase()} ${printTuple(first.before)}`
  return `${[`${title}: ${outcome}: ${reason}`, ...hops.flatMap(renderHop)].join('\n')}\n`
}

function renderHop(hop: Passage): string[] {
  const { node, by, before, rules, after, leftBy } = hop
  const came = by === undefined ? 'made here' : `in by ${by}`
  const state = hop.connection.length === 0 ? '' : `  [${hop.connection.join(', ')}]`
  const end = hop.fate === 'left' ? `out by ${leftBy ?? '?'}` : hop.fate
  return [
    `  ${node}: ${came}  ${printTuple(before)}${state}`,
    ...rules.map(({ chain, text, verdict }) => `    ${chain}: ${text}${text.includes(verdict) ? '' : ` → ${verdict}`}`),
    `    ${end}  ${sameTuple(before, after) ? '' : printTuple(after)}`.trimEnd(),
  ]
}
