import type { Endpoint } from '@sallyport/linux'
import type { Flow } from './flow.ts'
import { endpointText, type ModelProtocol, sameEndpoint } from './packet.ts'

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

  /** The flow of a packet that comes from inside. */
  fromInside(protocol: ModelProtocol, inside: Endpoint, remote: Endpoint, now: number): Flow | undefined {
    return this.#living(this.#byInside.get(keyOf(protocol, inside, remote)), now)
  }

  /** The flow of a packet that comes from outside. */
  fromOutside(protocol: ModelProtocol, external: Endpoint, remote: Endpoint, now: number): Flow | undefined {
    return this.#living(this.#byOutside.get(keyOf(protocol, external, remote)), now)
  }

  /** All flows that use an external port, the oldest first. */
  atPort(protocol: ModelProtocol, external: Endpoint, now: number): Flow[] {
    return this.#each(this.#ports.get(keyOf(protocol, external)), now)
  }

  /** All flows of a mapping, the oldest first. */
  ofMapping(mapping: string, now: number): Flow[] {
    return this.#each(this.#mappings.get(mapping), now)
  }

  all(now: number): Flow[] {
    return this.#each(new Set(this.#byOutside.keys()), now)
  }

  /**
   * Adds a flow, or puts a later state of one in the place of the former. Where one remote endpoint writes to two
   * external endpoints of an inside one, answers belong to the older flow, as in the kernel.
   */
  put(flow: Flow, now: number): void {
    const { protocol, inside, external, remote, mapping } = flow
    const key = keyOf(protocol, external, remote)
    const older = this.fromInside(protocol, inside, remote, now)
    if (older === undefined || sameEndpoint(older.external, external)) {
      this.#byInside.set(keyOf(protocol, inside, remote), flow)
    }
    this.#byOutside.set(key, flow)
    addTo(this.#ports, keyOf(protocol, external), key)
    addTo(this.#mappings, mapping, key)
  }

  delete({ protocol, inside, external, remote, mapping }: Flow): void {
    const key = keyOf(protocol, external, remote)
    const fromInside = keyOf(protocol, inside, remote)
    const found = this.#byInside.get(fromInside)
    if (found !== undefined && sameEndpoint(found.external, external)) this.#byInside.delete(fromInside)
    this.#byOutside.delete(key)
    removeFrom(this.#ports, keyOf(protocol, external), key)
    removeFrom(this.#mappings, mapping, key)
  }

  clear(): void {
    for (const index of [this.#byInside, this.#byOutside, this.#ports, this.#mappings]) index.clear()
  }

  #each(keys: ReadonlySet<string> = new Set(), now: number): Flow[] {
    return [...keys].flatMap((key) => this.#living(this.#byOutside.get(key), now) ?? [])
  }

  #living(flow: Flow | undefined, now: number): Flow | undefined {
    if (flow === undefined || now < flow.expires) return flow
    this.delete(flow)
    return undefined
  }
}

function keyOf(protocol: ModelProtocol, ...endpoints: readonly Endpoint[]): string {
  return [protocol, ...endpoints.map(endpointText)].join(' ')
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
