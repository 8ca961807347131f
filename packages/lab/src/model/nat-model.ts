import type { Endpoint } from '@sallyport/linux'
import type { Behaviour, ProtocolBehaviour } from '../nat/behaviour.ts'
import { Allocator } from './allocator.ts'
import { type Flow, type Lifetimes, openFlow, touched } from './flow.ts'
import { FlowTable } from './flow-table.ts'
import type { DropReason, ModelPacket, ModelProtocol, Verdict } from './packet.ts'
import { type Side, tcpPhase } from './tcp.ts'
import { Unsolicited } from './unsolicited.ts'
import { lets, mappingKey, wordsFor } from './words.ts'

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
 * Known to differ from Linux: a TCP segment of an unknown connection is dropped (nf_conntrack_tcp_loose accepts some),
 * sequence numbers and ICMP errors are not looked at, nothing but UDP is ever remembered (of TCP the router's own RST
 * makes conntrack forget it, and an echo request from outside has another tuple than the answers that hosts wait for), and TCP has two timeouts where Linux has one for each state. Every flow counts its own timeout, where the lab's
 * rules keep a mapping that was ever answered for `udpStream` after the last packet of any of its flows. Where one remote endpoint writes
 * to two external endpoints of one inside endpoint, the kernel gives the second flow another source port, since
 * conntrack could not tell the answers apart, and drops it if that is not allowed (hairpinning); here it passes.
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
    const flows = Map.groupBy(this.#table.all(now), ({ mapping, external }) => `${mapping} ${external.port}`)
    return [...flows.values()].map((group) => {
      const { protocol, inside, external } = group[0]!
      const remotes = group.map(({ remote }) => remote)
      return { protocol, inside, external, remotes, expires: Math.max(...group.map(({ expires }) => expires)) }
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
    const known = this.#unlessReopened(this.#table.fromInside(protocol, inside, remote, now), packet)
    if (known === undefined && !opens(packet)) return { dropped: 'no connection' }
    const flow = known ?? this.#newFlow({ protocol, inside, remote }, words, now)
    if (typeof flow === 'string') return { dropped: flow }
    this.#touch(flow, packet, 'inside', words, now)
    return { packet: { ...packet, source: flow.external }, to: 'outside' }
  }

  #enter(packet: ModelPacket, words: ProtocolBehaviour, now: number): Verdict {
    const { protocol, source: remote, destination: external } = packet
    const known = this.#unlessReopened(this.#table.fromOutside(protocol, external, remote, now), packet)
    if (known === undefined && this.#unsolicited.holds(protocol, external, remote, now)) {
      return this.#refuse(packet, 'remembered', now)
    }
    const flow = known ?? this.#admitted(packet, words, now)
    if (typeof flow === 'string') return this.#refuse(packet, flow, now)
    this.#touch(flow, packet, 'outside', words, now)
    return { packet: { ...packet, destination: flow.inside }, to: 'inside' }
  }

  /** What inside hosts send each other is not filtered; towards an endpoint that nobody has, nothing is opened. */
  #hairpin(packet: ModelPacket, words: ProtocolBehaviour, now: number): Verdict {
    const { protocol, destination } = packet
    if (this.behaviour.hairpin === 'none') return this.#refuse(packet, 'no hairpin', now)
    if (this.#table.atPort(protocol, destination, now).length === 0) return this.#refuse(packet, 'unsolicited', now)
    const unfiltered: ProtocolBehaviour = { ...words, filtering: 'endpoint-independent' }
    if (this.behaviour.hairpin === 'internal-source') return this.#enter(packet, unfiltered, now)
    const out = this.#leave(packet, words, now)
    return 'dropped' in out ? out : this.#enter(out.packet, unfiltered, now)
  }

  #newFlow(
    parts: Pick<Flow, 'protocol' | 'inside' | 'remote'>,
    words: ProtocolBehaviour,
    now: number,
  ): Flow | DropReason {
    const mapping = mappingKey(parts.protocol, parts.inside, parts.remote, words)
    const external = this.#allocator.choose({ ...parts, mapping }, words, now)
    return typeof external === 'string' ? external : openFlow({ ...parts, external, mapping }, now)
  }

  /** A new flow from outside, through a mapping whose filter lets its sender in; else why there is none. */
  #admitted(packet: ModelPacket, words: ProtocolBehaviour, now: number): Flow | DropReason {
    const { protocol, source: remote, destination: external } = packet
    const flows = this.#table.atPort(protocol, external, now)
    if (flows.length === 0) return 'unsolicited'
    const letting = flows.find((flow) => lets(flow, remote, words.filtering))
    if (letting === undefined) return 'filtered'
    if (!opens(packet)) return 'no connection'
    return openFlow({ protocol, inside: letting.inside, external, remote, mapping: letting.mapping }, now)
  }

  #refuse({ protocol, source, destination }: ModelPacket, dropped: DropReason, now: number): Verdict {
    if (this.behaviour.unsolicited === 'remember' && protocol === 'udp') {
      this.#unsolicited.remember(protocol, destination, source, now + 1000 * this.behaviour.timeouts.udp)
    }
    return { dropped }
  }

  #touch(flow: Flow, packet: ModelPacket, from: Side, { refresh }: ProtocolBehaviour, now: number): void {
    const lifetimes: Lifetimes = { timeouts: this.behaviour.timeouts, refresh, streamAfter: this.#streamAfter }
    this.#table.put(touched(flow, packet, from, now, lifetimes), now)
  }

  /** A SYN opens a closed connection anew, and is mapped as a first packet is (nf_conntrack_proto_tcp.c does so). */
  #unlessReopened(flow: Flow | undefined, { flags }: ModelPacket): Flow | undefined {
    if (flow === undefined || !flags?.syn || flags.ack || tcpPhase(flow.tcp) !== 'closed') return flow
    this.#table.delete(flow)
    return undefined
  }
}

/** UDP and echoes need no opening. */
function opens({ protocol, flags }: ModelPacket): boolean {
  return protocol !== 'tcp' || (flags?.syn === true && !flags.ack)
}
