import type { KernelElement } from '@sallyport/nftables'
import { readExternal, readForward, readPorts } from '../compile/index.ts'
import type { Protocol } from '../config/index.ts'
import type { PresentSet } from './desired.ts'

/** Where from and where to, as the names of the sets of `allow` say it. */
export type Way = 'lan_wan' | 'lan_lan' | 'lan_router' | 'wan_router'

export interface Endpoint {
  readonly address: string
  readonly port: number
}

/** What one table says about first packets to ports, read from its sets. */
export class Verdicts {
  /** By `tcp 6881`; what the config forwards. */
  readonly #forwards = new Map<string, Endpoint>()
  /** The same for ports that an outbound packet has opened. */
  readonly #opened = new Map<string, Endpoint>()
  readonly #services = new Map<string, ReadonlySet<string>>()
  /** Must a stranger have been written to, before a packet from there is let in? (RFC 4787 section 5) */
  readonly filtersByAddress: boolean

  constructor(sets: readonly PresentSet[]) {
    for (const { set, elements } of sets) {
      if (set.name === 'forwards' || set.name === 'forward_ranges') for (const each of elements) this.#addForward(each)
      if (set.name === 'ext') for (const each of elements) this.#addOpened(each)
      if (set.name.endsWith('_services')) this.#services.set(set.name, new Set(elements.flatMap(portsOf)))
    }
    this.filtersByAddress = sets.some(({ set }) => set.name === 'contacted')
  }

  /** Where the config sends a packet for an external port. */
  forwards(protocol: Protocol, port: number): Endpoint | undefined {
    return this.#forwards.get(`${protocol} ${port}`)
  }

  /** Where any packet for an external port goes: a forward comes before an open port. */
  leads(protocol: Protocol, port: number): Endpoint | undefined {
    return this.forwards(protocol, port) ?? this.#opened.get(`${protocol} ${port}`)
  }

  /** Without a list of services everything may go that way. */
  admits(way: Way, protocol: Protocol, port: number): boolean {
    return this.#services.get(`${way}_services`)?.has(`${protocol} ${port}`) ?? true
  }

  #addForward(element: KernelElement): void {
    const forward = readForward(element)
    if (forward === undefined) return
    for (let port = forward.from; port <= forward.to; port++) {
      this.#forwards.set(`${forward.protocol} ${port}`, { address: forward.address, port: forward.port ?? port })
    }
  }

  #addOpened(element: KernelElement): void {
    const open = readExternal(element)
    if (open !== undefined) this.#opened.set(`${open.protocol} ${open.external}`, open)
  }
}

function portsOf(element: KernelElement): string[] {
  const ports = readPorts(element)
  if (ports === undefined) return []
  return Array.from({ length: ports.to - ports.from + 1 }, (_, n) => `${ports.protocol} ${ports.from + n}`)
}
