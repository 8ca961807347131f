import type { Explain } from '../capture/index.ts'
import type { FollowedProtocol } from './marks.ts'
import { type Passage, printTuple, sameTuple, tupleOfPacket } from './passage.ts'
import type { FollowSource, RuleText } from './source.ts'
import { withTexts } from './texts.ts'
import { Tracing } from './tracing.ts'
import { sayDropper } from './way.ts'

/** A packet that a node did not pass on. */
export interface Drop {
  readonly node: string
  /**
   * `rule`: a rule or policy dropped it. `ended`: routing, its TTL or connection tracking. `taken`: a router took for
   * its own what came from outside; connection tracking remembers that, and it may be in the way of a later mapping.
   */
  readonly kind: 'rule' | 'ended' | 'taken'
  /** Milliseconds since the watch began. */
  readonly at: number
  readonly passage: Passage
}

export interface DropOptions {
  /** Default: UDP and TCP. */
  readonly protocols?: readonly FollowedProtocol[] | undefined
  /** Nodes whose own deliveries count as `taken`: routers. Default: nodes with several interfaces. */
  readonly routers?: readonly string[] | undefined
  /** Only packets that this accepts: those of a conversation. */
  readonly where?: ((passage: Passage) => boolean) | undefined
  readonly texts?: ((node: string) => RuleText | undefined) | undefined
}

/**
 * Notes every packet that a rule dropped, or that a router did not pass on, from now until it is disposed of.
 *
 * ```ts
 * await using drops = watchDrops(lab, { where: ({ before }) => before.protocol === 'udp' })
 * await attempt()
 * for (const drop of await drops.settled()) console.log(sayDrop(drop))
 * ```
 */
export function watchDrops(source: FollowSource, options: DropOptions = {}): DropWatch {
  return new DropWatch(source, options)
}

const reasons = { ended: 'no rule dropped it: no route, its TTL, its size', taken: 'taken by the router itself' }

/** A packet of which nothing was heard for this long has ended: a trace's default. */
const IDLE = 100

/** See {@link watchDrops}. */
export class DropWatch implements AsyncDisposable {
  readonly #source: FollowSource
  readonly #options: DropOptions
  readonly #tracing: Tracing
  readonly #drops: Drop[] = []
  readonly #routers: ReadonlySet<string>
  readonly #start = performance.now()
  /** Nodes that saw more packets than the kernel could tell about: what they dropped then is not known. */
  readonly incomplete: Set<string> = new Set()

  constructor(source: FollowSource, options: DropOptions) {
    this.#source = source
    this.#options = options
    this.#routers = new Set(options.routers ?? routersOf(source))
    this.#tracing = new Tracing(source.nodes, {
      protocols: options.protocols ?? ['udp', 'tcp'],
      texts: options.texts,
      onPassage: (passage) => this.#take(passage),
      onLost: (node) => this.incomplete.add(node),
    })
  }

  /** What was dropped so far. */
  get drops(): readonly Drop[] {
    return this.#drops
  }

  /** The same when the kernel has told of all packets sent so far, with rules as nft writes them where it is installed. */
  async settled(): Promise<Drop[]> {
    await new Promise((resolve) => setTimeout(resolve, 2 * IDLE))
    const drops = [...this.#drops]
    const texts = this.#options.texts
    const passages = await withTexts(
      drops.map(({ passage }) => passage),
      this.#source.nodes,
      (node, { step }) => step.rule !== undefined && texts?.(node)?.(step.rule) !== undefined,
    )
    return drops.map((drop, index) => ({ ...drop, passage: passages[index]! }))
  }

  /** Why a node did not forward a packet, for the comments of a capture: `capture(lab, { explain: drops.explain })`. */
  readonly explain: Explain = (node, packet) => {
    const found = this.#drops.findLast(({ node: other, passage: { before, headers } }) => {
      if (other !== node || !sameTuple(before, tupleOfPacket(packet, before.protocol))) return false
      return headers.network?.version !== 4 || headers.network.id === packet.id
    })
    if (found === undefined) return undefined
    return found.kind === 'rule' ? sayDropper(found.passage) : reasons[found.kind]
  };

  [Symbol.asyncDispose](): Promise<void> {
    return this.#tracing[Symbol.asyncDispose]()
  }

  #take(passage: Passage): void {
    const kind = kindOf(passage, this.#routers)
    if (kind === undefined || !(this.#options.where?.(passage) ?? true)) return
    this.#drops.push({ node: passage.node, kind, at: performance.now() - this.#start, passage })
  }
}

/** 'UDP 203.0.113.10:5000 → 203.0.113.2:9: home dropped it: udp dport 9 drop (inet filter input)' */
export function sayDrop({ node, kind, passage }: Drop): string {
  const what = `${passage.before.protocol.toUpperCase()} ${printTuple(passage.before)}`
  if (kind === 'rule') return `${what}: ${node} dropped it: ${sayDropper(passage)}`
  return kind === 'taken'
    ? `${what}: ${node} took it for its own`
    : `${what}: ${node} did not pass it on, and no rule said so`
}

function kindOf({ node, by, fate }: Passage, routers: ReadonlySet<string>): Drop['kind'] | undefined {
  if (fate === 'dropped') return 'rule'
  if (fate === 'ended') return 'ended'
  return fate === 'delivered' && by !== undefined && routers.has(node) ? 'taken' : undefined
}

function routersOf({ fabric }: FollowSource): string[] {
  const byNode = Map.groupBy(fabric.ports(), ({ node }) => node)
  return [...byNode].filter(([, ports]) => ports.length > 1).map(([node]) => node)
}
