import type { Endpoint } from '@sallyport/linux'
import { type Flow, keepsMapping, type Lifetimes } from './flow.ts'
import { endpointText, type ModelProtocol } from './packet.ts'

type Words = Pick<Lifetimes, 'refresh'>

/**
 * The flows of one NAT, found from either side, by external port and by mapping. What has expired is not there any
 * more for whoever asks, and forgotten when somebody comes across it.
 */
export class FlowTable {
  readonly #byInside = new Map<string, Flow>()
  readonly #byOutside = new Map<string, Flow>()
  /** External ports → the outside keys of their flows, in order of their opening. */
  readonly #ports = new Map<string, Set<string>>()
  readonly #mappings = new Map<string, Set<string>>()
  /** External ports → the first flow since they were free. */
  readonly #holders = new Map<string, Flow>()

  /** The flow of a packet that comes from inside; `seen`: to where it is sent. */
  fromInside(protocol: ModelProtocol, inside: Endpoint, seen: Endpoint, now: number): Flow | undefined {
    return this.#living(this.#byInside.get(keyOf(protocol, inside, seen)), now)
  }

  /** The flow of a packet that comes from outside. */
  fromOutside(protocol: ModelProtocol, external: Endpoint, remote: Endpoint, now: number): Flow | undefined {
    return this.#living(this.#byOutside.get(keyOf(protocol, external, remote)), now)
  }

  /** The other half of a hairpinned flow. */
  otherHalf({ protocol, external, behind }: Flow, now: number): Flow | undefined {
    return behind && this.fromInside(protocol, behind, external, now)
  }

  /** All flows that use an external port, the oldest first. */
  atPort(protocol: ModelProtocol, external: Endpoint, now: number): Flow[] {
    return this.#each(this.#ports.get(keyOf(protocol, external)), now)
  }

  /** Whose an external port is: of several inside endpoints who came first, for as long as anybody keeps it. */
  holder(protocol: ModelProtocol, external: Endpoint, { refresh }: Words, now: number): Flow | undefined {
    if (!this.atPort(protocol, external, now).some((flow) => keepsMapping(flow, refresh))) return undefined
    return this.#holders.get(keyOf(protocol, external))
  }

  /** All flows of a mapping, the oldest first. */
  ofMapping(mapping: string, now: number): Flow[] {
    return this.#each(this.#mappings.get(mapping), now)
  }

  all(now: number): Flow[] {
    return this.#each(new Set(this.#byOutside.keys()), now)
  }

  /** Adds a flow, or puts a later state of one in the place of the former. */
  put(flow: Flow, now: number): void {
    const { protocol, inside, external, seen, mapping } = flow
    const key = outsideKey(flow)
    this.#byInside.set(keyOf(protocol, inside, seen), flow)
    this.#byOutside.set(key, flow)
    const port = keyOf(protocol, external)
    if (this.atPort(protocol, external, now).length === 0) this.#holders.set(port, flow)
    addTo(this.#ports, port, key)
    addTo(this.#mappings, mapping, key)
  }

  delete(flow: Flow): void {
    const { protocol, inside, external, seen, mapping } = flow
    const key = outsideKey(flow)
    this.#byInside.delete(keyOf(protocol, inside, seen))
    this.#byOutside.delete(key)
    removeFrom(this.#ports, keyOf(protocol, external), key)
    removeFrom(this.#mappings, mapping, key)
  }

  clear(): void {
    for (const index of [this.#byInside, this.#byOutside, this.#ports, this.#mappings, this.#holders]) index.clear()
  }

  #each(keys: ReadonlySet<string> = new Set(), now: number): Flow[] {
    return [...keys].flatMap((key) => this.#kept(this.#byOutside.get(key), now) ?? [])
  }

  #living(flow: Flow | undefined, now: number): Flow | undefined {
    const kept = this.#kept(flow, now)
    return kept !== undefined && now < kept.expires ? kept : undefined
  }

  #kept(flow: Flow | undefined, now: number): Flow | undefined {
    if (flow === undefined || now < flow.keeps) return flow
    this.delete(flow)
    return undefined
  }
}

function keyOf(protocol: ModelProtocol, ...endpoints: readonly Endpoint[]): string {
  return [protocol, ...endpoints.map(endpointText)].join(' ')
}

/** Halves of hairpinned flows are asked for from inside only, and may be equal outside. */
function outsideKey({ protocol, inside, external, remote, behind }: Flow): string {
  return keyOf(protocol, external, remote, ...(behind ? [inside] : []))
}

function addTo(index: Map<string, Set<string>>, key: string, member: string): void {
  const members = index.get(key)
  if (members === undefined) index.set(key, new Set([member]))
  else members.add(member)
}

function removeFrom(index: Map<string, Set<string>>, key: string, member: string): void {
  const members = index.get(key)
  members?.delete(member)
  if (members?.size === 0) index.delete(key)
}
