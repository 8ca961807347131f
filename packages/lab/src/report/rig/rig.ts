import type { Flow } from '@sallyport/linux'
import { Lab } from '../../lab.ts'
import type { Site } from '../../nat/index.ts'
import type { LabNode } from '../../node.ts'
import { type Attachment, withoutLength } from '../../topology/index.ts'
import { age, listFlows, timesLeft } from './age.ts'
import { Station } from './station.ts'
import type { Wiring } from './wiring.ts'

export interface RigOptions {
  /** Bytes of an IP packet on the router's WAN; default 1500. */
  readonly wanMtu?: number
  /** A second external address; default false. */
  readonly pool?: boolean
  /** The WAN's network has the addresses of the LAN's; default false. */
  readonly overlap?: boolean
}

/**
 * The router under test between hosts that are played by hand:
 *
 *     host-1 ─┐ lan          wan ┌─ server-1  .10, and .254: the way to everywhere
 *     host-2 ─┴──── router ──────┼─ server-2  .20
 *                                └─ stranger  .30
 */
export class Rig implements AsyncDisposable {
  readonly lab: Lab
  readonly router: LabNode
  readonly site: Site
  /** Address of the router in the LAN. */
  readonly lanAddress: string
  readonly hosts: readonly [Station, Station]
  readonly servers: readonly [Station, Station]
  readonly stranger: Station
  #port = 40_000

  private constructor(lab: Lab, router: LabNode, site: Site, wiring: Wiring) {
    const [wan, lan] = [hardwareAddress(router, site.wan), hardwareAddress(router, site.lan[0]!)]
    this.lab = lab
    this.router = router
    this.site = site
    this.lanAddress = withoutLength(Object.values(wiring.lan)[0]![0]!)
    this.hosts = [new Station(lab.get('host-1'), lan), new Station(lab.get('host-2'), lan)]
    this.servers = [new Station(lab.get('server-1'), wan), new Station(lab.get('server-2'), wan)]
    this.stranger = new Station(lab.get('stranger'), wan)
  }

  /** Builds it; the router forwards, and has no rules yet. */
  static async build(wiring: Wiring, options: RigOptions = {}): Promise<Rig> {
    const lab = await Lab.create()
    const outside = outsideOf(wiring, options)
    const router = buildRouter(lab, wiring, outside, options)
    const [lan] = Object.entries(wiring.lan)[0]!
    const [gateway, prefix] = wiring.lan[lan]![0]!.split('/') as [string, string]
    for (const [index, address] of wiring.hosts.entries()) {
      const home = { eth0: { network: lanNetwork(lan), addresses: [`${address}/${prefix}`] } }
      lab.node(`host-${index + 1}`, home, { via: gateway })
    }
    const at = (...numbers: number[]): Attachment => ({ network: 'outside', addresses: numbers.map(outside.at) })
    lab.node('server-1', { eth0: at(10, 254) })
    lab.node('server-2', { eth0: at(20) })
    lab.node('stranger', { eth0: at(30) })
    return new Rig(lab, router, siteOf(wiring, outside), wiring)
  }

  /** The router's first external address. */
  get wan(): string {
    return this.site.external[0]!
  }

  /** A port that nobody has used yet, even as the numbers go: 40000, 40002, …. */
  port(): number {
    this.#port += 2
    return this.#port - 2
  }

  /** Lets so many seconds pass for the router. */
  age(seconds: number): void {
    age(this.router.namespace, seconds)
  }

  /** What the router's conntrack knows. */
  flows(): Flow[] {
    return listFlows(this.router.namespace)
  }

  /** Seconds that whatever the router remembers has left. */
  timesLeft(): number[] {
    return timesLeft(this.router.namespace)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const station of [...this.hosts, ...this.servers, this.stranger]) station[Symbol.dispose]()
    await this.lab[Symbol.asyncDispose]()
  }
}

interface Outside {
  /** The router's addresses, with prefix length. */
  readonly addresses: readonly string[]
  /** An address of this network by its last byte, with prefix length. */
  readonly at: (number: number) => string
}

function outsideOf(wiring: Wiring, { pool = false, overlap = false }: RigOptions): Outside {
  const external = overlap ? besides(Object.values(wiring.lan)[0]![0]!) : wiring.external
  const base = external.split('.').slice(0, 3).join('.')
  const at = (number: number): string => `${base}.${number}/${external.split('/')[1]}`
  return { addresses: [external, ...(pool ? [at(2)] : [])], at }
}

/** Another address of the same network. */
function besides(address: string): string {
  return address.replace(/\d+\//, (number) => `${Number.parseInt(number, 10) === 99 ? 98 : 99}/`)
}

function buildRouter(lab: Lab, wiring: Wiring, { addresses, at }: Outside, { wanMtu, overlap }: RigOptions): LabNode {
  lab.network('outside')
  const [first, ...others] = wiring.wan
  const mtu = wanMtu === undefined ? {} : { mtu: wanMtu }
  const outer: Record<string, Attachment> = { [first!]: { network: 'outside', addresses, ...mtu } }
  for (const name of others) outer[name] = { network: 'outside', addresses: [] }
  const inner = Object.entries(wiring.lan).map(([name, own]): [string, Attachment] => {
    lab.network(lanNetwork(name))
    return [name, { network: lanNetwork(name), addresses: own }]
  })
  const via = withoutLength(at(254))
  const interfaces = { ...outer, ...Object.fromEntries(inner) }
  return lab.node('router', interfaces, { forwarding: true, ...(overlap ? {} : { via }) })
}

function lanNetwork(name: string): string {
  return `inside ${name}`
}

function siteOf({ wan, lan, hosts }: Wiring, { addresses }: Outside): Site {
  return {
    wan: wan[0]!,
    lan: Object.keys(lan),
    external: addresses.map(withoutLength),
    inside: Object.values(lan).flatMap((own) => own.map(networkOf)),
    hosts,
  }
}

/** '192.168.1.1/24' → '192.168.1.0/24', for prefixes from /24 on; shorter ones are cut at a byte. */
function networkOf(address: string): string {
  const [own, length] = address.split('/') as [string, string]
  const kept = Math.min(3, Math.floor(Number(length) / 8))
  const bytes = own.split('.').map((byte, index) => (index < kept ? byte : '0'))
  return `${bytes.join('.')}/${length}`
}

function hardwareAddress(node: LabNode, name: string): string {
  using route = node.route()
  return route.link(name).hardwareAddress!
}
