import { type Endpoint, printEndpoint, sameEndpoint } from '../traffic/endpoint.ts'
import type { PunchResult } from './punch.ts'
import { type KnownFlow, printFlow } from './watch.ts'
import { type PacketWay, printWay } from './way.ts'

/** What happened in one attempt, from what was seen on the routers' links and in their conntrack tables. */
export interface Explanation {
  /** One sentence that names the packet that broke it, or that opened it. */
  readonly what: string
  /** The way of every datagram. */
  readonly packets: readonly string[]
  /** What each router's conntrack held when it was over. */
  readonly flows: Readonly<Record<'a' | 'b', readonly string[]>>
}

/** What an explanation is made of. */
export interface Evidence {
  readonly result: PunchResult
  readonly ways: readonly PacketWay[]
  readonly flows: Readonly<Record<'a' | 'b', readonly KnownFlow[]>>
  /** Names of the routers. */
  readonly routers: Readonly<Record<'a' | 'b', string>>
}

/** Says what happened. */
export function explain(evidence: Evidence): Explanation {
  const { ways, flows } = evidence
  const about = (side: 'a' | 'b'): string[] =>
    flows[side].filter((flow) => concerns(flow, evidence, side)).map(printFlow)
  return { what: sentence(evidence), packets: ways.map(printWay), flows: { a: about('a'), b: about('b') } }
}

function sentence(evidence: Evidence): string {
  const { result, ways } = evidence
  const unseen = (['a', 'b'] as const).filter((side) => result[side].advertised === undefined)
  if (unseen.length > 0) return `${unseen.join(' and ')} never heard from the rendezvous: nothing of it came through`
  const opening = ways.find(({ fate }) => fate === 'arrived')
  if (result.ok) return opening === undefined ? 'open; the packets were not seen' : openedBy(opening, evidence)
  return keptInstead(evidence) ?? (opening && answerLost(opening, evidence)) ?? nothingGotIn(evidence)
}

function openedBy({ from, number, kind, left, destination }: PacketWay, { routers }: Evidence): string {
  const packet = `${from}'s ${kind} ${number}, ${arrow(left, destination)}`
  return `${packet}, got in at ${routers[other(from)]}; the answer went back by the same flow`
}

/** A probe that came early, is held by the peer's router as a flow to itself, and took the peer's tuple away. */
function keptInstead(evidence: Evidence): string | undefined {
  for (const from of ['a', 'b'] as const) {
    const to = other(from)
    const kept = evidence.ways.find(
      (way) => way.from === from && way.kind !== 'answer' && isKept(way, evidence.flows[to]),
    )
    const moved = evidence.ways.find((way) => way.from === to && isMoved(way, evidence.result[to].advertised))
    if (kept === undefined || moved === undefined || isMoved(kept, evidence.result[from].advertised)) continue
    const packet = `${from}'s probe ${kept.number}, ${arrow(kept.left, kept.destination)}`
    return `${packet}, was kept by ${evidence.routers[to]} as a flow to itself; ${consequence(moved, evidence)}`
  }
  return undefined
}

function consequence(moved: PacketWay, { result, routers }: Evidence): string {
  const { from, left, fate } = moved
  const instead = `${from}'s own probes left as ${printEndpoint(left!)} instead of ${printEndpoint(result[from].advertised!)}`
  return fate === 'arrived' ? instead : `${instead}, and ${routers[other(from)]} did not let them in`
}

function answerLost(opening: PacketWay, { ways, routers }: Evidence): string | undefined {
  const lost = ways.find((way) => way.kind === 'answer' && way.from === other(opening.from) && way.fate !== 'arrived')
  if (lost === undefined) return undefined
  const where = lost.fate === 'lost in its own router' ? routers[lost.from] : routers[other(lost.from)]
  return `${lost.from} got ${opening.from}'s ${opening.kind} ${opening.number}, but the answer ${arrow(lost.left, lost.destination)} was lost at ${where}`
}

function nothingGotIn(evidence: Evidence): string {
  const { ways, result } = evidence
  const probes = ways.filter(({ kind, fate }) => kind !== 'answer' && fate !== 'arrived')
  const moved = probes.find((way) => isMoved(way, result[way.from].advertised))
  const example = probes.find(({ fate }) => fate === 'led to another port of the peer') ?? moved ?? probes.at(-1)
  if (example === undefined) return 'no probe was seen on any router'
  const packet = `${example.from}'s ${example.kind} ${example.number}, ${arrow(example.left ?? example.source, example.destination)}`
  const end = `${packet}, ${ending(example, evidence)}`
  const advertised = result[example.from].advertised
  if (example !== moved || advertised === undefined) return end
  return `${end}: it came from another port than the advertised ${printEndpoint(advertised)}`
}

function ending(way: PacketWay, { routers, flows }: Evidence): string {
  const [own, peers] = [routers[way.from], routers[other(way.from)]]
  if (way.fate === 'lost in its own router') return `was ${lost(way)} by ${own}`
  if (way.fate === 'lost on the internet') return `left ${own} and never came to ${peers}`
  if (way.inside !== undefined) return `was led by ${peers} to ${printEndpoint(way.inside)}, where nobody listens`
  return isKept(way, flows[other(way.from)])
    ? `was kept by ${peers} as a flow to itself`
    : `was ${lost(way)} by ${peers}`
}

/** A SYN may have been answered by RST. */
function lost({ kind }: PacketWay): string {
  return kind === 'SYN' ? 'dropped or refused' : 'dropped'
}

function isMoved({ kind, left }: PacketWay, advertised: Endpoint | undefined): boolean {
  return kind !== 'answer' && left !== undefined && advertised !== undefined && !sameEndpoint(left, advertised)
}

/** A flow from the packet's source to the router itself: no address was translated. */
function isKept({ left, destination }: PacketWay, flows: readonly KnownFlow[]): boolean {
  if (left === undefined) return false
  return flows.some(
    ({ from, to, answersFrom, answersTo }) =>
      sameEndpoint(from, left) &&
      sameEndpoint(to, destination) &&
      sameEndpoint(answersFrom, to) &&
      sameEndpoint(answersTo, from),
  )
}

/** Flows with the other peer, not those with the rendezvous. */
function concerns({ from, to }: KnownFlow, { result }: Evidence, side: 'a' | 'b'): boolean {
  const peer = result[other(side)].advertised?.address
  return from.address === peer || to.address === peer
}

function other(side: 'a' | 'b'): 'a' | 'b' {
  return side === 'a' ? 'b' : 'a'
}

function arrow(from: Endpoint | undefined, to: Endpoint): string {
  return `${from === undefined ? '?' : printEndpoint(from)} → ${printEndpoint(to)}`
}
