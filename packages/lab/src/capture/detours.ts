import { impairments } from '../link/index.ts'
import type { NodePlan, Topology } from '../topology/index.ts'

/** Over the link that it came by, to ask for the next hop and be told, and over the link that it leaves by. */
const OWN_LINKS = 4
/** The next hop hears the question, and answers. */
const THEIR_LINKS = 2

/**
 * What links add to the time between a packet that is seen on its way to a node and the same one seen behind it: in
 * milliseconds, at the most. The first packet to a next hop waits until that one has told its Ethernet address (ARP,
 * RFC 826; neighbour discovery, RFC 4861 section 7.2), which takes a round trip over the link that it leaves by.
 */
export class Detours {
  readonly #topology: () => Topology
  #slowest = new Map<string, number>()
  #slowestOfAll = 0

  constructor(topology: () => Topology) {
    this.#topology = topology
  }

  /** Looks at the links as they are now. */
  refresh(): void {
    this.#slowest = new Map(this.#topology().nodes.map((plan) => [plan.name, slowestOf(plan)]))
    this.#slowestOfAll = Math.max(0, ...this.#slowest.values())
  }

  of(node: string): number {
    return OWN_LINKS * (this.#slowest.get(node) ?? 0) + THEIR_LINKS * this.#slowestOfAll
  }
}

/** By plan: a link that changes makes another one. */
const known = new WeakMap<NodePlan, number>()

function slowestOf(plan: NodePlan): number {
  const before = known.get(plan)
  if (before !== undefined) return before
  const links = Object.values(plan.interfaces).flatMap(({ link }) => (link === undefined ? [] : [impairments(link)]))
  const slowest = Math.max(0, ...links.flatMap(({ up, down }) => [up, down]).map(slow))
  known.set(plan, slowest)
  return slowest
}

function slow({ delay, jitter, queue, rate }: ReturnType<typeof impairments>['up']): number {
  return delay + jitter + (rate === Infinity ? 0 : queue)
}
