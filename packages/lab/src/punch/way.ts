import { type Endpoint, printEndpoint, sameEndpoint } from '../traffic/endpoint.ts'
import { rendezvousPort } from './rendezvous.ts'
import { type Crossing, SYN } from './watch.ts'

/** How far a datagram came. */
export type Fate =
  | 'arrived'
  | 'led to another port of the peer'
  | 'lost in its own router'
  | 'lost on the internet'
  | "lost in the peer's router"

/** The way of one datagram of a punch, through its own router and the peer's. */
export interface PacketWay {
  readonly from: 'a' | 'b'
  readonly number: number
  readonly kind: 'probe' | 'answer' | 'SYN'
  /** As the host sent it. */
  readonly source: Endpoint
  readonly destination: Endpoint
  /** Its source after its own router; undefined: it never left. */
  readonly left: Endpoint | undefined
  /** Whom the peer's router handed it to. */
  readonly inside: Endpoint | undefined
  readonly fate: Fate
}

/**
 * What the routers saw, datagram by datagram, in the order in which they were sent by each host.
 * @param peers where they listen
 */
export function waysOf(
  crossings: readonly Crossing[],
  token: string,
  peers: Readonly<Record<'a' | 'b', Endpoint>>,
): PacketWay[] {
  const mine = crossings.filter(({ probe }) => probe.token === token || probe.token === SYN)
  const byDatagram = Map.groupBy(mine, ({ probe }) => `${probe.from} ${probe.number}`)
  return counted([...byDatagram.values()].flatMap((seen) => wayOf(seen, peers) ?? []))
}

/** SYNs get numbers that people can read, as they left. One that the kernel repeats is the same one. */
function counted(ways: readonly PacketWay[]): PacketWay[] {
  const counts = { a: 0, b: 0 }
  return ways.map((way) => {
    if (way.kind !== SYN) return way
    counts[way.from] += 1
    return { ...way, number: counts[way.from] }
  })
}

function wayOf(seen: readonly Crossing[], peers: Readonly<Record<'a' | 'b', Endpoint>>): PacketWay | undefined {
  const { from, number, answerTo, token } = seen[0]!.probe
  const at = (own: boolean, link: Crossing['link'], direction: Crossing['direction']): Crossing | undefined =>
    seen.find((each) => (each.router === from) === own && each.link === link && each.direction === direction)
  const sent = at(true, 'lan', 'in')
  if (sent === undefined) return undefined // begun before anybody watched
  if (!sameEndpoint(sent.source, peers[from]) || sent.destination.port === rendezvousPort) return undefined
  const [left, reached, inside] = [at(true, 'wan', 'out'), at(false, 'wan', 'in'), at(false, 'lan', 'out')]
  return {
    from,
    number,
    kind: token === SYN ? SYN : answerTo === undefined ? 'probe' : 'answer',
    source: sent.source,
    destination: sent.destination,
    left: left?.source,
    inside: inside?.destination,
    fate: fateOf(left, reached, inside && sameEndpoint(inside.destination, peers[from === 'a' ? 'b' : 'a'])),
  }
}

/** @param listening whether whom it was handed to listens there; undefined: it was handed to nobody */
function fateOf(left: unknown, reached: unknown, listening: boolean | undefined): Fate {
  if (listening !== undefined) return listening ? 'arrived' : 'led to another port of the peer'
  if (reached !== undefined) return "lost in the peer's router"
  return left === undefined ? 'lost in its own router' : 'lost on the internet'
}

/** "a's probe 1, 192.168.1.2:40000 → 203.0.113.3:40000, left as 203.0.113.2:40000: lost in the peer's router". */
export function printWay({ from, number, kind, source, destination, left, fate }: PacketWay): string {
  const changed = left !== undefined && !sameEndpoint(left, source) ? `, left as ${printEndpoint(left)}` : ''
  return `${from}'s ${kind} ${number}, ${printEndpoint(source)} → ${printEndpoint(destination)}${changed}: ${fate}`
}
