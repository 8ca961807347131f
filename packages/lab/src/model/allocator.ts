import type { Endpoint } from '@sallyport/linux'
import { type Behaviour, type Ports, type ProtocolBehaviour, preservesPort } from '../nat/behaviour.ts'
import { type Flow, keepsMapping } from './flow.ts'
import type { FlowTable } from './flow-table.ts'
import type { DropReason, ModelProtocol } from './packet.ts'
import { alike, neighbours, type PortPool, portFrom, portPool } from './ports.ts'
import type { Unsolicited } from './unsolicited.ts'
import { isLoose } from './words.ts'

/** A flow that wants an external endpoint. */
export type Wanted = Pick<Flow, 'protocol' | 'inside' | 'remote' | 'behind' | 'mapping'>

/** Chooses external endpoints: which address, which port, and what is taken. */
export class Allocator {
  readonly #addresses: readonly string[]
  readonly #pooling: Behaviour['pooling']
  readonly #random: () => number
  readonly #table: FlowTable
  readonly #unsolicited: Unsolicited
  /** Inside address → its external address, for pooling 'paired'. */
  readonly #pairs = new Map<string, string>()
  /** Where the sequence of a protocol goes on, whatever the address. */
  readonly #next = new Map<string, number>()

  constructor(
    site: { readonly external: readonly string[]; readonly pooling: Behaviour['pooling'] },
    random: () => number,
    taken: { readonly table: FlowTable; readonly unsolicited: Unsolicited },
  ) {
    this.#addresses = site.external
    this.#pooling = site.pooling
    this.#random = random
    this.#table = taken.table
    this.#unsolicited = taken.unsolicited
  }

  /**
   * The mapping's endpoint, if it has one and the answers' tuple is free; else a new one, or why there is none.
   * Of a mapping with several endpoints the newest counts, as in the kernel (find_appropriate_src).
   */
  choose(wanted: Wanted, words: ProtocolBehaviour, now: number): Endpoint | DropReason {
    const flows = this.#table.ofMapping(wanted.mapping, now).filter((flow) => keepsMapping(flow, words.refresh))
    const newest = flows.at(-1)
    if (newest !== undefined && !isLoose(words)) {
      return this.#isDistinct(newest.external, wanted, now) ? newest.external : 'port taken'
    }
    for (const address of this.#candidates(wanted.inside.address)) {
      const last = flows.findLast(({ external }) => external.address === address)
      if (last !== undefined && this.#isDistinct(last.external, wanted, now)) return last.external
      const port = this.#port(address, wanted, words, now)
      if (port !== undefined) return { address, port }
    }
    return 'ports exhausted'
  }

  /**
   * The remote endpoint as the inside one is to see it: with another port if that one talks to it by another flow
   * (get_unique_tuple changes the source of who comes in, since the answer's tuple is taken).
   */
  seenAs({ protocol, inside, remote }: Pick<Flow, 'protocol' | 'inside' | 'remote'>, now: number): Endpoint {
    const isFree = (port: number): boolean =>
      this.#table.fromInside(protocol, inside, { ...remote, port }, now) === undefined
    if (isFree(remote.port)) return remote
    const [first, last] = neighbours(remote.port)
    const start = first + Math.floor(this.#random() * (last - first + 1))
    return { ...remote, port: portFrom([first, last], start, isFree) ?? remote.port }
  }

  /** As after a start: who had which address, and where the sequence was. */
  forget(): void {
    this.#pairs.clear()
    this.#next.clear()
  }

  /** The addresses that may be tried, in this order. */
  #candidates(inside: string): readonly string[] {
    const all = this.#addresses
    const first = all.length === 1 ? 0 : Math.floor(this.#random() * all.length)
    if (this.#pooling === 'arbitrary') return [...all.slice(first), ...all.slice(0, first)]
    const address = this.#pairs.get(inside) ?? all[first]!
    this.#pairs.set(inside, address)
    return [address]
  }

  #port(address: string, wanted: Wanted, words: ProtocolBehaviour, now: number): number | undefined {
    const { ports } = words
    const isFree = (port: number): boolean => this.#isFree({ address, port }, wanted, words, now)
    if (preservesPort(ports) && isFree(wanted.inside.port)) return wanted.inside.port
    if (ports === 'parity' && !words.overloading) return this.#alike(wanted.protocol, wanted.inside.port, isFree)
    const [first, last] = poolOf(wanted, words)
    const port = portFrom([first, last], this.#start(ports, first, last, wanted.protocol), isFree)
    if (ports === 'sequential' && port !== undefined) this.#next.set(wanted.protocol, port + 1)
    return port
  }

  /** The next even or odd port, as the one that is not to be had (RFC 4787 section 4.2.2). */
  #alike(protocol: ModelProtocol, wanted: number, isFree: (port: number) => boolean): number | undefined {
    const parity = wanted % 2
    const key = `${protocol} ${parity}`
    const [first, last] = alike
    const port = (index: number): number => first + 2 * index + parity
    const places: PortPool = [0, (last - first - 1) / 2]
    const found = portFrom(places, (this.#next.get(key) ?? 0) % (places[1] + 1), (index) => isFree(port(index)))
    if (found === undefined) return undefined
    this.#next.set(key, found + 1)
    return port(found)
  }

  #start(ports: Ports, first: number, last: number, protocol: ModelProtocol): number {
    if (ports !== 'sequential') return first + Math.floor(this.#random() * (last - first + 1))
    const next = this.#next.get(protocol) ?? first
    return next > last ? first : next
  }

  #isFree(external: Endpoint, wanted: Wanted, words: ProtocolBehaviour, now: number): boolean {
    return this.#isNobodys(external, wanted, words, now) && this.#isDistinct(external, wanted, now)
  }

  /** Of mappings that share no ports, none has this one. */
  #isNobodys(external: Endpoint, wanted: Wanted, { overloading, refresh }: ProtocolBehaviour, now: number): boolean {
    if (overloading) return true
    return this.#table
      .atPort(wanted.protocol, external, now)
      .every((flow) => flow.mapping === wanted.mapping || !keepsMapping(flow, refresh))
  }

  /** Two flows are never told apart when their answers look alike. */
  #isDistinct(external: Endpoint, { protocol, remote, behind }: Wanted, now: number): boolean {
    if (this.#unsolicited.holds(protocol, external, remote, now)) return false
    if (behind === undefined) return this.#table.fromOutside(protocol, external, remote, now) === undefined
    // Who is reached by hairpinning answers to what is chosen here: it must not talk to that already.
    return (
      this.#table.fromInside(protocol, behind, external, now) === undefined &&
      !this.#unsolicited.holds(protocol, external, behind, now)
    )
  }
}

/** Linux alone, with nothing said about ports, looks near the one that is not to be had. */
function poolOf({ protocol, inside }: Wanted, words: ProtocolBehaviour): PortPool {
  if (protocol === 'icmp-echo') return [0, 65535]
  return isLoose(words) ? neighbours(inside.port) : portPool(words.ports)
}
