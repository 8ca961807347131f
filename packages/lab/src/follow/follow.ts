import { readSysctl } from '@sallyport/linux'
import { type Capture, capture, printSide, type SeenFrame } from '../capture/index.ts'
import { decodeFrame } from '../packet/index.ts'
import type { FollowedProtocol } from './marks.ts'
import { type Passage, printTuple, sameTuple, tupleOfPacket } from './passage.ts'
import type { FollowNode, FollowSource, RuleText } from './source.ts'
import { withTexts } from './texts.ts'
import { Tracing } from './tracing.ts'
import { hopsOf, refusalOf, sayDropper, Way, type WayOutcome } from './way.ts'

/** Which packet is followed: the first that fits. */
export interface FollowOptions {
  /** The node that sends it. */
  readonly from: Pick<FollowNode, 'name'>
  readonly protocol: FollowedProtocol
  /** Where it is sent to: as the sender writes it. Default: anywhere. */
  readonly to?: { readonly address: string; readonly port?: number | undefined } | undefined
  /** The port that it is sent from. */
  readonly port?: number | undefined
  readonly where?: ((packet: Passage) => boolean) | undefined
  /** Milliseconds after `act` until a packet that came nowhere counts as lost; default 1000. */
  readonly within?: number | undefined
  /** How the rules of a node are written; else nft is asked if it is there, and else they are shown as expressions. */
  readonly texts?: ((node: string) => RuleText | undefined) | undefined
}

const WITHIN = 1000
/** A node that does not want a packet says so at once; its answer is another packet of the trace. */
const GRACE = 30

/**
 * Follows one packet through every node of a lab: has the kernel trace packets, calls `act`, which sends it, and waits
 * until its way is over.
 *
 * ```ts
 * const way = await follow(lab, { from: alice, protocol: 'udp', to: server }, () => box.send('hello', server))
 * console.log(`${way}`) // node by node: addresses before and after, the rules that matched, what became of it
 * ```
 */
export async function follow(source: FollowSource, options: FollowOptions, act: () => unknown): Promise<Way> {
  const nodes = [...source.nodes]
  const watch = new Watch(options)
  await using seen = capture(source)
  await using _tracing = new Tracing(nodes, { ...options, protocols: [options.protocol], onPassage: watch.take })
  await act()
  await watch.end(options.within ?? WITHIN)
  await seen.settled()
  const known = (node: string, { step }: { step: { rule?: Parameters<RuleText>[0] } }): boolean =>
    step.rule !== undefined && options.texts?.(node)?.(step.rule) !== undefined
  const hops = await withTexts(watch.hops, nodes, known)
  return wayOf(hops, watch.passages, { nodes, seen, options })
}

/** Gathers passages until the way of the packet has an end. */
class Watch {
  readonly passages: Passage[] = []
  readonly #options: FollowOptions
  readonly #over = Promise.withResolvers<void>()

  constructor(options: FollowOptions) {
    this.#options = options
  }

  readonly take = (passage: Passage): void => {
    this.passages.push(passage)
    const last = this.hops.at(-1)
    if (last !== undefined && last.fate !== 'left') this.#over.resolve()
  }

  get hops(): Passage[] {
    const { from, ...rest } = this.#options
    return hopsOf(this.passages, { ...rest, from: from.name })
  }

  async end(within: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const timer = setTimeout(resolve, within)
    await Promise.race([this.#over.promise, promise])
    clearTimeout(timer)
    await new Promise((done) => setTimeout(done, GRACE))
  }
}

interface Scene {
  readonly options: FollowOptions
  readonly nodes: readonly FollowNode[]
  readonly seen: Capture
}

function wayOf(hops: readonly Passage[], passages: readonly Passage[], scene: Scene): Way {
  const last = hops.at(-1)
  if (last === undefined) return new Way('unsent', [], whyUnsent(scene.options))
  const [outcome, reason] = endOf(last, passages, scene)
  return new Way(outcome, hops, reason)
}

function whyUnsent({ from, protocol, to }: FollowOptions): string {
  if (to === undefined) return `${from.name} made no such packet (${protocol})`
  const { address, port } = to
  const there = printSide({ address, ...(port !== undefined && { port }) })
  return `${from.name} made no such packet (${protocol} to ${there}): it has no route to there, or sent something else`
}

function endOf(last: Passage, passages: readonly Passage[], { nodes, seen }: Scene): [WayOutcome, string] {
  switch (last.fate) {
    case 'dropped':
      return ['dropped', `${last.node} dropped it: ${sayDropper(last)}`]
    case 'ended':
      return ['ended', `${last.node} did not pass it on: ${whyEnded(last, nodes)}`]
    case 'left':
      return ['lost', `it left ${last.node} by ${last.leftBy ?? '?'} and came nowhere: ${whyLost(last, seen)}`]
    case 'delivered': {
      const refusal = refusalOf(passages, last)
      if (refusal === undefined) return ['delivered', `${last.node} has it`]
      return ['refused', `nobody listens there: ${last.node} answered with ${printTuple(refusal.before)}`]
    }
  }
}

/** Between prerouting and input or forward the kernel routes (net/ipv4/ip_input.c, ip_forward.c). */
function whyEnded({ ttl, by, after, connection, node: name }: Passage, nodes: readonly FollowNode[]): string {
  const node = nodes.find((each) => each.name === name)
  if (connection.includes('invalid')) return 'connection tracking takes it for invalid'
  if (by === undefined) return 'it was made, but not sent'
  if (ttl <= 1) return `its TTL was ${ttl}`
  const isV6 = after.destination.address.includes(':')
  const setting = isV6 ? 'net.ipv6.conf.all.forwarding' : 'net.ipv4.ip_forward'
  if (node?.namespace.run(() => readSysctl(setting)) === '0') return `it does not forward (${setting} is 0)`
  return `there is no route to ${after.destination.address}, the packet is too large for the next link, or rp_filter refuses it`
}

/** What was seen on the cable: at its far end, where the switch is. */
function whyLost({ node, leftBy, after }: Passage, seen: Capture): string {
  const own = seen.last({ node, where: (frame) => isThis(frame, after) && frame.end.interface === leftBy })
  const notes = own.flatMap(({ comments }) => comments).filter((comment) => comment.includes('lost on the link'))
  if (notes.length > 0) return notes[0]!
  if (own.length === 0)
    return `it never reached the switch: nobody answers for the next hop, or connection tracking refused it at the last moment`
  const lost = seen.last({ where: (frame) => isThis(frame, after) && frame.direction === 'inbound' })
  return lost.flatMap(({ comments }) => comments).find((comment) => comment.includes('lost')) ?? 'no node took it'
}

function isThis({ data }: SeenFrame, tuple: Passage['after']): boolean {
  const packet = decodeFrame(data)
  if (packet === undefined) return false
  return sameTuple(tupleOfPacket(packet, tuple.protocol), tuple)
}
