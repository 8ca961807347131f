import type { NodePlan } from '../topology/index.ts'
import { type CableEnd, cableName } from './frame.ts'
import type { CaptureInterface } from './pcapng.ts'
import type { CaptureSource, FabricPort } from './source.ts'

/** A cable that is captured, under the number of its interface in the file. */
export interface KnownCable {
  readonly number: number
  readonly end: CableEnd
  readonly description: CaptureInterface
}

/** The cables of a lab as they are found. One that is plugged into another network is another cable. */
export class Cables {
  readonly #source: CaptureSource
  readonly #nodes: ReadonlySet<string> | undefined
  readonly #onNew: (cable: KnownCable) => void
  readonly #byLink = new Map<number, KnownCable>()
  readonly #byName = new Map<string, KnownCable>()

  /** `nodes`: whose cables are captured; default: everybody's. */
  constructor(source: CaptureSource, nodes: readonly string[] | undefined, onNew: (cable: KnownCable) => void) {
    this.#source = source
    this.#nodes = nodes && new Set(nodes)
    this.#onNew = onNew
  }

  /** Looks for cables that have come since; false: none has. */
  refresh(): boolean {
    const ports = this.#source.fabric.ports()
    const found = ports.filter((port) => this.#nodes?.has(port.node) ?? true)
    const fresh = found.filter(({ ifindex, network }) => this.#byLink.get(ifindex)?.end.network !== network)
    if (fresh.length === 0) return false
    const plans = new Map(this.#source.topology.nodes.map((plan) => [plan.name, plan]))
    const several = Map.groupBy(ports, ({ node }) => node)
    for (const port of fresh) this.#add(port, (several.get(port.node)?.length ?? 0) > 1, plans.get(port.node))
    return true
  }

  /** By the index of its link in the fabric; undefined: a switch, or a cable that is not captured. */
  find(link: number): KnownCable | undefined {
    return this.#byLink.get(link)
  }

  get all(): KnownCable[] {
    return [...this.#byName.values()]
  }

  #add({ ifindex, node, interface: name, network }: FabricPort, forwards: boolean, plan: NodePlan | undefined): void {
    const attachment = plan?.interfaces[name]
    const end: CableEnd = { node, interface: name, network, forwards, lossy: attachment?.link !== undefined }
    const description = {
      name: cableName(end),
      description: `interface ${name} of ${node}, on network ${network}`,
      ...(attachment && attachment.addresses.length > 0 && { addresses: attachment.addresses }),
    }
    // A cable that was replaced, to have another delay or none, goes on under its number.
    const before = this.#byName.get(description.name)
    const cable: KnownCable = { number: before?.number ?? this.#byName.size, end, description }
    this.#byLink.set(ifindex, cable)
    this.#byName.set(description.name, cable)
    if (before === undefined) this.#onNew(cable)
  }
}
