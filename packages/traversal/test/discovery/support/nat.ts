import type { Dependence, Hairpin } from '../../../src/discovery/index.ts'
import type { Endpoint } from '../../../src/stun/index.ts'

/** A NAT as behaviour, in the words of RFC 4787. */
export interface NatWords {
  readonly mapping: Dependence
  readonly filtering: Dependence
  readonly hairpin?: Exclude<Hairpin, 'unknown'>
  readonly preservesPort?: boolean
  /** Milliseconds without a packet. */
  readonly lifetime?: number
  /** Hosts share an external port as long as their destinations differ. */
  readonly overloading?: boolean
  readonly blocked?: boolean
}

interface Mapping {
  readonly key: string
  readonly inside: Endpoint
  readonly port: number
  readonly peers: Endpoint[]
  used: number
}

const show = ({ address, port }: Endpoint): string => `${address}:${port}`

/** What a NAT does with one datagram, in a world without time of its own. */
export class Nat {
  readonly address: string
  readonly #words: NatWords
  readonly #mappings: Mapping[] = []
  #next = 20_000

  constructor(address: string, words: NatWords) {
    this.address = address
    this.#words = words
  }

  /** Where a datagram that leaves comes from outside; undefined: it does not leave. */
  outbound(inside: Endpoint, to: Endpoint, now: number): Endpoint | undefined {
    if (this.#words.blocked) return undefined
    const key = this.#key(inside, to)
    let mapping = this.#alive(now).find((each) => each.key === key)
    if (mapping === undefined) {
      mapping = { key, inside, port: this.#port(inside, to, now), peers: [], used: now }
      this.#mappings.push(mapping)
    }
    mapping.used = now
    mapping.peers.push(to)
    return { address: this.address, port: mapping.port }
  }

  /** Who inside gets a datagram; undefined: nobody. */
  inbound(from: Endpoint, port: number, now: number): Endpoint | undefined {
    const mapping = this.#alive(now).find((each) => each.port === port && this.#passes(each, from))
    if (mapping !== undefined) mapping.used = now
    return mapping?.inside
  }

  /** Somebody inside writes to an endpoint outside of ours: who gets it, and from where. */
  hairpin(from: Endpoint, to: Endpoint, now: number): { to: Endpoint; from: Endpoint } | undefined {
    const { hairpin = 'external-source' } = this.#words
    const target = this.#alive(now).find((each) => each.port === to.port)
    if (target === undefined || hairpin === 'none') return undefined
    if (hairpin === 'internal-source') return { to: target.inside, from }
    if (hairpin === 'other-source') return { to: target.inside, from: { address: '192.168.1.1', port: from.port } }
    return { to: target.inside, from: this.outbound(from, to, now)! }
  }

  #key(inside: Endpoint, to: Endpoint): string {
    const { mapping } = this.#words
    if (mapping === 'endpoint-independent') return show(inside)
    return `${show(inside)} ${mapping === 'address-dependent' ? to.address : show(to)}`
  }

  #passes({ peers }: Mapping, from: Endpoint): boolean {
    const { filtering } = this.#words
    if (filtering === 'endpoint-independent') return true
    return peers.some((peer) =>
      filtering === 'address-dependent' ? peer.address === from.address : show(peer) === show(from),
    )
  }

  #alive(now: number): Mapping[] {
    return this.#mappings.filter(({ used }) => now - used <= (this.#words.lifetime ?? Infinity))
  }

  #port(inside: Endpoint, to: Endpoint, now: number): number {
    const taken = this.#alive(now).filter(({ port }) => port === inside.port)
    const inTheWay = this.#words.overloading
      ? taken.filter(({ peers }) => peers.some((peer) => show(peer) === show(to)))
      : taken
    if (this.#words.preservesPort !== false && inTheWay.length === 0) return inside.port
    this.#next += 1
    return this.#next
  }
}
