import type { HostOptions, Internet, RouterChildren, RouterOptions } from '../topology/internet.ts'
import type { NodePlan, Topology } from '../topology/topology.ts'
import type { Picture } from './picture.ts'
import { linkWords, natWords } from './words.ts'

type AddressesOf = (node: string) => readonly string[]

/** The picture of an internet; with the addresses that nodes got, when the topology that was built is given. */
export function pictureOf(internet: Internet, built?: Topology): Picture {
  const plans = new Map(built?.nodes.map((node) => [node.name, node]))
  const addresses: AddressesOf = (name) => addressWords(plans.get(name))
  const servers = Object.entries(internet.servers ?? {}).map(([name, host]) => leaf('server', name, host, addresses))
  return {
    kind: 'internet',
    name: 'internet',
    addresses: [],
    link: '',
    below: [...servers, ...routersOf(internet.routers, addresses)],
  }
}

function leaf(kind: 'host' | 'server', name: string, { link, address }: HostOptions, addresses: AddressesOf): Picture {
  const built = addresses(name)
  const written = address === undefined ? [] : [address]
  return { kind, name, addresses: built.length > 0 ? built : written, link: linkWords(link), below: [] }
}

function routersOf(routers: Internet['routers'], addresses: AddressesOf): Picture[] {
  return Object.entries(routers ?? {}).map(([name, router]) => routerOf(name, router, addresses))
}

function routerOf(name: string, router: RouterOptions & RouterChildren, addresses: AddressesOf): Picture {
  const hosts = Object.entries(router.hosts ?? {}).map(([host, options]) => leaf('host', host, options, addresses))
  const built = addresses(name)
  const written = router.lan === undefined ? [] : [`lan ${router.lan}`]
  return {
    kind: 'router',
    name,
    nat: natWords(router.nat),
    addresses: built.length > 0 ? built : written,
    link: linkWords(router.uplink),
    below: [...hosts, ...routersOf(router.routers, addresses)],
  }
}

/** 'eth0 192.168.1.2/24', one for each interface. */
function addressWords(plan: NodePlan | undefined): string[] {
  return Object.entries(plan?.interfaces ?? {})
    .filter(([, { addresses }]) => addresses.length > 0)
    .map(([name, { addresses }]) => `${name} ${addresses.join(' ')}`)
}

/**
 * The picture of a lab made node by node. A topology is no tree: it is looked at from the network called internet, else
 * from the one with most nodes that forward, and what is reached a second time is named only.
 */
export function pictureOfTopology(topology: Topology): Picture {
  const walk = new Walk(topology)
  const [top, ...others] = walk.fromEveryNetwork()
  if (top === undefined) return { kind: 'internet', name: 'nothing', addresses: [], link: '', below: walk.loners() }
  return { ...top, below: [...top.below, ...others, ...walk.loners()] }
}

class Walk {
  readonly #topology: Topology
  readonly #seen = new Set<string>()

  constructor(topology: Topology) {
    this.#topology = topology
  }

  fromEveryNetwork(): Picture[] {
    const names = this.#topology.networks.map(({ name }) => name)
    const ordered = names.toSorted((a, b) => this.#forwarding(b) - this.#forwarding(a))
    return ordered.flatMap((name) => (this.#seen.has(`network ${name}`) ? [] : [this.#network(name)]))
  }

  /** Nodes without any network. */
  loners(): Picture[] {
    return this.#topology.nodes.filter(({ name }) => !this.#seen.has(`node ${name}`)).map((node) => this.#node(node))
  }

  /** The network called internet comes before all others, since that is what people call it. */
  #forwarding(network: string): number {
    if (network === 'internet') return Number.POSITIVE_INFINITY
    return this.#on(network).filter(({ forwarding }) => forwarding).length
  }

  #on(network: string): NodePlan[] {
    return this.#topology.nodes.filter(({ interfaces }) =>
      Object.values(interfaces).some((attachment) => attachment.network === network),
    )
  }

  #network(name: string, from?: string): Picture {
    this.#seen.add(`network ${name}`)
    const nodes = this.#on(name).filter((node) => node.name !== from)
    return { kind: 'network', name, addresses: [], link: '', below: nodes.map((node) => this.#node(node, name)) }
  }

  #node(node: NodePlan, from?: string): Picture {
    const again = this.#seen.has(`node ${node.name}`)
    this.#seen.add(`node ${node.name}`)
    const kind = again ? 'again' : node.forwarding ? 'router' : 'host'
    const networks = [...new Set(Object.values(node.interfaces).map(({ network }) => network))]
    const next = networks.filter((name) => name !== from && !this.#seen.has(`network ${name}`))
    const below = again ? [] : next.map((name) => this.#network(name, node.name))
    return { kind, name: node.name, addresses: again ? [] : addressWords(node), link: '', below }
  }
}
