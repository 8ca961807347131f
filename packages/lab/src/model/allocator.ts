import type { Endpoint } from '@sallyport/linux'
import type { Behaviour, Ports, ProtocolBehaviour } from '../nat/behaviour.ts'
import type { Flow } from './flow.ts'
import type { FlowTable } from './flow-table.ts'
import { type DropReason, type ModelProtocol, sameEndpoint } from './packet.ts'
import { portFrom, portPool } from './ports.ts'
import type { Unsolicited } from './unsolicited.ts'
import { isLoose } from './words.ts'

/** A flow that wants an external endpoint. */
export type Wanted = Pick<Flow, 'protocol' | 'inside' | 'remote' | 'mapping'>

/** Chooses external endpoints: which address, which port, and what is taken. */
export class Allocator {
  readonly #addresses: readonly string[]
  readonly #pooling: Behaviour['pooling']
  readonly #random: () => number
  readonly #table: FlowTable
  readonly #unsolicited: Unsolicited
  /** Inside address → its external address, for pooling 'paired'. */
  readonly #pairs = new Map<string, string>()
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
    const newest = this.#table.ofMapping(wanted.mapping, now).findLast((flow) => keepsMapping(flow, words))
    if (newest !== undefined && this.#isFree(newest.external, wanted, words, now)) return newest.external
    if (newest !== undefined && !isLoose(words)) return 'port taken'
    for (const address of this.#candidates(wanted.inside.address)) {
      const port = this.#port(address, wanted, words, now)
      if (port !== undefined) return { address, port }
    }
    return 'ports exhausted'
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
    if (ports === 'preserve' && isFree(wanted.inside.port)) return wanted.inside.port
    const [first, last] = wanted.protocol === 'icmp-echo' ? [0, 65535] : portPool(ports)
    const port = portFrom([first, last], this.#start(ports, first, last, wanted.protocol, address), isFree)
    if (ports === 'sequential' && port !== undefined) this.#next.set(`${wanted.protocol} ${address}`, port + 1)
    return port
  }

  #start(ports: Ports, first: number, last: number, protocol: ModelProtocol, address: string): number {
    if (ports !== 'sequential') return first + Math.floor(this.#random() * (last - first + 1))
    const next = this.#next.get(`${protocol} ${address}`) ?? first
    return next > last ? first : next
  }

  /** Two flows are never told apart when their answers look alike; the rest is what the behaviour wants. */
  #isFree(external: Endpoint, wanted: Wanted, { overloading }: ProtocolBehaviour, now: number): boolean {
    const { protocol, inside, remote, mapping } = wanted
    if (this.#unsolicited.holds(protocol, external, remote, now)) return false
    return this.#table.atPort(protocol, external, now).every((flow) => {
      if (sameEndpoint(flow.remote, remote)) return false
      if (sameEndpoint(flow.inside, inside)) return flow.mapping === mapping
      return overloading && !sameEndpoint(external, remote) // hairpinning towards the port itself
    })
  }
}

/** RFC 4787 REQ-6: what only the outside has sent does not keep a mapping where it must not refresh one. */
function keepsMapping({ sent }: Flow, { refresh }: ProtocolBehaviour): boolean {
  return refresh === 'both' || sent.inside
}
