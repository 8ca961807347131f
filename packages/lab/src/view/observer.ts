import { type LinkCounters, type NetworkNamespace, Route } from '@sallyport/linux'
import { type Capture, type CaptureSource, type FabricPort, renderFrames, type SeenFrame } from '../capture/index.ts'
import { linkWords } from '../picture/words.ts'
import { addressesOf, type NodePlan } from '../topology/index.ts'
import { RouterView } from './routers.ts'
import type { Rate, ViewLink, ViewNode, ViewState } from './state.ts'

/** What a view needs of a lab. A `Lab` is one. */
export interface ViewSource extends CaptureSource {
  readonly fabric: CaptureSource['fabric'] & { readonly namespace: NetworkNamespace }
  readonly nodes: Iterable<{ readonly name: string; readonly namespace: NetworkNamespace }>
}

export interface ObserverOptions {
  readonly title?: string | undefined
  /** Where packets come from; without it none are shown. The observer does not stop it. */
  readonly capture?: Capture | undefined
  /** How many packets are kept to be shown; default 50. */
  readonly packets?: number | undefined
}

const none: Rate = { packets: 0, bits: 0 }

/** Looks at a lab again and again; rates are those between two looks. Times are milliseconds of any clock. */
export class Observer implements Disposable {
  readonly #source: ViewSource
  readonly #title: string
  readonly #keep: number
  readonly #route: Route
  readonly #watching: Disposable | undefined
  readonly #routers = new Map<string, RouterView>()
  readonly #frames: SeenFrame[] = []
  readonly #dropped = new Map<string, number>()
  #before: { readonly at: number; readonly counters: ReadonlyMap<number, LinkCounters | undefined> } | undefined
  #start: number | undefined

  constructor(source: ViewSource, { title = 'lab', capture, packets = 50 }: ObserverOptions = {}) {
    this.#source = source
    this.#title = title
    this.#keep = packets
    this.#route = Route.open({ namespace: source.fabric.namespace })
    this.#watching = capture?.watch((frame) => this.#note(frame))
  }

  observe(now: number): ViewState {
    this.#start ??= now
    const before = this.#before
    const counters = new Map(this.#route.links().map((link) => [link.index, link.counters]))
    this.#before = { at: now, counters }
    const seconds = before === undefined ? 0 : (now - before.at) / 1000
    const ports = Map.groupBy(this.#source.fabric.ports(), ({ node }) => node)
    const rate = (ifindex: number): Rates => ratesOf(counters.get(ifindex), before?.counters.get(ifindex), seconds)
    const namespaces = new Map([...this.#source.nodes].map(({ name, namespace }) => [name, namespace]))
    const nodes = this.#source.topology.nodes.map((plan) =>
      this.#node(plan, ports.get(plan.name) ?? [], { rate, namespace: namespaces.get(plan.name) }),
    )
    return { title: this.#title, elapsed: now - this.#start, nodes, packets: this.#packets() }
  }

  [Symbol.dispose](): void {
    this.#watching?.[Symbol.dispose]()
    for (const router of this.#routers.values()) router[Symbol.dispose]()
    this.#routers.clear()
    this.#route[Symbol.dispose]()
  }

  #node(plan: NodePlan, ports: readonly FabricPort[], { rate, namespace }: Glance): ViewNode {
    const router = ports.length > 1 && namespace !== undefined ? this.#router(plan.name, namespace) : undefined
    return {
      name: plan.name,
      isRouter: router !== undefined,
      addresses: addressesOf(plan),
      links: ports.map((port) => linkOf(port, plan, rate(port.ifindex))),
      ...(router && { conntrack: router.connections() }),
      rules: router?.rules() ?? [],
      dropped: this.#dropped.get(plan.name) ?? 0,
    }
  }

  #router(name: string, namespace: NetworkNamespace): RouterView {
    const known = this.#routers.get(name)
    if (known !== undefined) return known
    const made = new RouterView(namespace)
    this.#routers.set(name, made)
    return made
  }

  #note(frame: SeenFrame): void {
    this.#frames.push(frame)
    if (this.#frames.length > this.#keep) this.#frames.shift()
    const { node } = frame.end
    const isDropped = frame.comments.some((comment) => comment.startsWith(`${node}: not forwarded`))
    if (isDropped) this.#dropped.set(node, (this.#dropped.get(node) ?? 0) + 1)
  }

  #packets(): string[] {
    return renderFrames(this.#frames).split('\n').slice(0, -1)
  }
}

interface Rates {
  readonly up: Rate
  readonly down: Rate
}

interface Glance {
  readonly rate: (ifindex: number) => Rates
  readonly namespace: NetworkNamespace | undefined
}

function linkOf({ interface: name, network }: FabricPort, plan: NodePlan, { up, down }: Rates): ViewLink {
  return { interface: name, network, impairment: linkWords(plan.interfaces[name]?.link), up, down }
}

/** What the switch receives is what the node sends. */
function ratesOf(now: LinkCounters | undefined, before: LinkCounters | undefined, seconds: number): Rates {
  if (now === undefined || before === undefined || seconds <= 0) return { up: none, down: none }
  const rate = (direction: 'rx' | 'tx'): Rate => ({
    packets: Number(now[`${direction}Packets`] - before[`${direction}Packets`]) / seconds,
    bits: (Number(now[`${direction}Bytes`] - before[`${direction}Bytes`]) * 8) / seconds,
  })
  return { up: rate('rx'), down: rate('tx') }
}
