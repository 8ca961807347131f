import type { Endpoint } from '@sallyport/linux'
import type { Behaviour, ProtocolBehaviour } from '../nat/behaviour.ts'
import { Allocator, type Wanted } from './allocator.ts'
import { type Flow, keepsMapping, type Lifetimes, openFlow, touched } from './flow.ts'
import { FlowTable } from './flow-table.ts'
import { type DropReason, endpointText, type ModelPacket, type ModelProtocol, type Verdict } from './packet.ts'
import { type Side, tcpPhase } from './tcp.ts'
import { Unsolicited } from './unsolicited.ts'
import { isLoose, lets, mappingKey, reachedKey, wordsFor } from './words.ts'

/** Where a modelled NAT stands. A {@link Site} of the lab is one. */
export interface ModelSite {
  /** External addresses; more than one is a pool. */
  readonly external: readonly string[]
}

export interface NatModelOptions {
  /**
   * Milliseconds after its first packet from which on an answered UDP flow is a stream; default 0.
   * Linux has 2000 (nf_conntrack_proto_udp.c, stream_ts).
   */
  readonly streamAfter?: number
}

/** An inside endpoint and the external one it has, with whom it talks through it. */
export interface ModelMapping {
  readonly protocol: ModelProtocol
  readonly inside: Endpoint
  readonly external: Endpoint
  readonly remotes: readonly Endpoint[]
  /** When the last of its flows is forgotten, in ms. */
  readonly expires: number
}

/**
 * A NAT as a function: packets and the time go in, verdicts come out, nothing else happens. The words are those of
 * the lab's routers (nat/behaviour.ts); the differential test holds it against the kernel's rules for them.
 *
 * Known to differ from Linux: a TCP segment of an unknown connection opens none (nf_conntrack_tcp_loose lets some do so),
 * sequence numbers and ICMP errors are not looked at, nothing but UDP is ever remembered (of TCP the router's own RST
 * makes conntrack forget it, and an echo request from outside has another tuple than the answers that hosts wait for),
 * and TCP has two timeouts where Linux has one for each state. Every flow counts its own timeout, where the lab's rules
 * keep a mapping that was ever answered for `udpStream` after the last packet of any of its flows.
 */
export class NatModel {
  readonly behaviour: Behaviour
  readonly external: readonly string[]
  readonly #streamAfter: number
  readonly #table = new FlowTable()
  readonly #unsolicited = new Unsolicited()
  readonly #allocator: Allocator

  /** @param random numbers from 0 to 1 (excluded): where the search for a port or an address begins */
  constructor(behaviour: Behaviour, site: ModelSite, random: () => number, options: NatModelOptions = {}) {
    this.behaviour = behaviour
    this.external = site.external
    this.#streamAfter = options.streamAfter ?? 0
    const taken = { table: this.#table, unsolicited: this.#unsolicited }
    this.#allocator = new Allocator({ external: site.external, pooling: behaviour.pooling }, random, taken)
  }

  /** A packet from an inside host. `now` in ms, from any origin, never backwards. */
  outbound(packet: ModelPacket, now: number): Verdict {
    const words = wordsFor(this.behaviour, packet.protocol)
    if (words === 'blocked') return { dropped: 'blocked' }
    if (this.external.includes(packet.destination.address)) return this.#hairpin(packet, words, now)
    return this.#leave(packet, words, now)
  }

  /** A packet from outside. */
  inbound(packet: ModelPacket, now: number): Verdict {
    const words = wordsFor(this.behaviour, packet.protocol)
    if (words === 'blocked') return { dropped: 'blocked' }
    if (!this.external.includes(packet.destination.address)) return { dropped: 'not ours' }
    return this.#enter(packet, words, now)
  }

  /** Every mapping that lives, in order of appearance. */
  mappings(now: number): ModelMapping[] {
    const flows = Map.groupBy(this.#table.all(now), ({ protocol, inside, external }) =>
      [protocol, ...[inside, external].map(endpointText)].join(' '),
    )
    return [...flows.values()].map((group) => {
      const { protocol, inside, external } = group[0]!
      const remotes = group.map(({ remote }) => remote)
      return { protocol, inside, external, remotes, expires: Math.max(...group.map(({ keeps }) => keeps)) }
    })
  }

  /** Forgets all flows, mappings and what was unsolicited. */
  flush(): void {
    this.#table.clear()
    this.#unsolicited.clear()
  }

  /** As after power was off: {@link flush}, and hosts get their addresses and ports anew. */
  restart(): void {
    this.flush()
    this.#allocator.forget()
  }

  #leave(packet: ModelPacket, words: ProtocolBehaviour, now: number): Verdict {
    const { protocol, source: inside, destination: remote } = packet
    const known = this.#unlessReopened(this.#table.fromInside(protocol, inside, remote, now), packet, now)
    if (known === undefined && !opens(packet)) return this.#astray(packet)
    const flow = known ?? this.#newFlow({ protocol, inside, remote }, words, now)
    if (typeof flow === 'string') return { dropped: flow }
    this.#touch(flow, packet, 'inside', words, now)
    return { packet: { ...packet, source: flow.external, destination: flow.remote }, to: 'outside' }
  }

  #enter(packet: ModelPacket, words: ProtocolBehaviour, now: number): Verdict {
    const { protocol, source: remote, destination: external } = packet
    const known = this.#unlessReopened(this.#table.fromOutside(protocol, external, remote, now), packet, now)
    if (known === undefined && this.#unsolicited.holds(protocol, external, remote, now)) {
      return this.#refuse(packet, 'remembered', now)
    }
    const closed = words.refresh === 'outbound' && known !== undefined && !this.#isOpen(packet, words, now)
    if (closed) return this.#refuse(packet, 'filtered', now)
    const flow = known ?? this.#admitted(packet, words, now)
    if (typeof flow === 'string') return this.#refuse(packet, flow, now)
    this.#touch(flow, packet, 'outside', words, now)
    return { packet: { ...packet, source: flow.seen, destination: flow.inside }, to: 'inside' }
  }

  /** What inside hosts send each other is not filtered; towards an endpoint that nobody has, nothing is opened. */
  #hairpin(packet: ModelPacket, words: ProtocolBehaviour, now: number): Verdict {
    const { protocol, source, destination } = packet
    if (this.behaviour.hairpin === 'none') return this.#refuse(packet, 'no hairpin', now)
    if (this.behaviour.hairpin === 'internal-source') {
      return this.#enter(packet, { ...words, filtering: 'endpoint-independent' }, now)
    }
    const known = this.#unlessReopened(this.#table.fromInside(protocol, source, destination, now), packet, now)
    if (known === undefined && this.#unsolicited.holds(protocol, destination, source, now)) {
      return this.#refuse(packet, 'remembered', now)
    }
    const near = known ?? this.#turned(packet, words, now)
    if (typeof near === 'string') return this.#refuse(packet, near, now)
    const far = this.#table.otherHalf(near, now) ?? this.#farHalf(near, words, now)
    this.#touch(near, packet, 'inside', words, now)
    this.#touch(far, packet, 'outside', words, now)
    return { packet: { ...packet, source: near.external, destination: far.inside }, to: 'inside' }
  }

  /** The half of a new hairpinned flow on the side of who sends; else why there is none. */
  #turned(packet: ModelPacket, words: ProtocolBehaviour, now: number): Flow | DropReason {
    const { protocol, source, destination } = packet
    const reached = this.#table.holder(protocol, destination, words, now)
    if (reached === undefined) return 'unsolicited'
    if (!opens(packet)) return 'no connection'
    return this.#newFlow({ protocol, inside: source, remote: destination, behind: reached.inside }, words, now)
  }

  #farHalf({ protocol, inside, external, remote, behind = inside }: Flow, words: ProtocolBehaviour, now: number): Flow {
    const mapping = reachedKey({ protocol, inside: behind, external: remote }, words)
    const ends = { inside: behind, external: remote, remote: external, seen: external, behind: inside }
    return openFlow({ protocol, ...ends, mapping }, now)
  }

  #newFlow(parts: Omit<Wanted, 'mapping'>, words: ProtocolBehaviour, now: number): Flow | DropReason {
    const mapping = mappingKey(parts.protocol, parts.inside, parts.remote, words)
    const external = this.#allocator.choose({ ...parts, mapping }, words, now)
    return typeof external === 'string' ? external : openFlow({ ...parts, external, seen: parts.remote, mapping }, now)
  }

  /** A new flow from outside, through a mapping whose filter lets its sender in; else why there is none. */
  #admitted(packet: ModelPacket, words: ProtocolBehaviour, now: number): Flow | DropReason {
    const { protocol, source: remote, destination: external } = packet
    const holder = this.#table.holder(protocol, external, words, now)
    if (holder === undefined) return 'unsolicited'
    if (!this.#isOpen(packet, words, now)) return 'filtered'
    if (!opens(packet)) return 'no connection'
    const { inside } = holder
    const mapping = reachedKey({ protocol, inside, external }, words)
    const seen = this.#allocator.seenAs({ protocol, inside, remote }, now)
    return openFlow({ protocol, inside, external, remote, seen, mapping }, now)
  }

  /** Does the filter let the sender of a packet from outside in? */
  #isOpen(
    { protocol, source, destination }: ModelPacket,
    { filtering, refresh }: ProtocolBehaviour,
    now: number,
  ): boolean {
    const flows = this.#table.atPort(protocol, destination, now)
    return flows.some((flow) => keepsMapping(flow, refresh) && lets(flow, source, filtering))
  }

  /** NAT never sees what conntrack calls invalid: without a rule that drops it, it leaves with its inside address. */
  #astray(packet: ModelPacket): Verdict {
    return this.behaviour.unsolicited === 'remember' ? { packet, to: 'outside' } : { dropped: 'no connection' }
  }

  #refuse({ protocol, source, destination }: ModelPacket, dropped: DropReason, now: number): Verdict {
    if (this.behaviour.unsolicited === 'remember' && protocol === 'udp') {
      this.#unsolicited.remember(protocol, destination, source, now + 1000 * this.behaviour.timeouts.udp)
    }
    return { dropped }
  }

  #touch(flow: Flow, packet: ModelPacket, from: Side, words: ProtocolBehaviour, now: number): void {
    const kept = words.mapping !== 'address-and-port-dependent' && !isLoose(words)
    const { timeouts } = this.behaviour
    const lifetimes: Lifetimes = { timeouts, refresh: words.refresh, kept, streamAfter: this.#streamAfter }
    this.#table.put(touched(flow, packet, from, now, lifetimes), now)
  }

  /** A SYN opens a closed connection anew, and is mapped as a first packet is (nf_conntrack_proto_tcp.c does so). */
  #unlessReopened(flow: Flow | undefined, { flags }: ModelPacket, now: number): Flow | undefined {
    if (flow === undefined || !flags?.syn || flags.ack || tcpPhase(flow.tcp) !== 'closed') return flow
    const other = this.#table.otherHalf(flow, now)
    for (const half of [flow, other]) if (half !== undefined) this.#table.delete(half)
    return undefined
  }
}

/** UDP and echoes need no opening. */
function opens({ protocol, flags }: ModelPacket): boolean {
  return protocol !== 'tcp' || (flags?.syn === true && !flags.ack)
}
