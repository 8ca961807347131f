import { inPrefix, parseIp, parsePrefix } from '@sallyport/linux'
import type { Config, LanInterface } from '@sallyport/router'
import { Lab } from '../lab.ts'
import type { LabNode } from '../node.ts'
import { type NodePlan, planNode, type Topology } from '../topology/topology.ts'

/** The internet of a replica: documentation addresses (RFC 5737), all on one network. */
export const internet = {
  router: '203.0.113.1',
  servers: ['203.0.113.10', '203.0.113.20'],
  stranger: '203.0.113.66',
} as const

/**
 * The house that a config describes, as a topology: its router with the interface names of the config, every host
 * that it names, and around it an internet of two servers and a stranger.
 */
export function houseTopology(config: Config): Topology {
  return {
    networks: [{ name: 'internet' }, ...config.lan.map(({ name }) => ({ name: networkName(name) }))],
    nodes: [
      routerPlan(config),
      ...internet.servers.map((address, index) => outside(`server-${index + 1}`, address)),
      outside('stranger', internet.stranger),
      ...config.hosts.map(({ name, address }) => hostPlan(config, name, address)),
    ],
  }
}

/** A house that was built, with names for who matters. */
export class House implements AsyncDisposable {
  readonly lab: Lab
  readonly config: Config

  private constructor(lab: Lab, config: Config) {
    this.lab = lab
    this.config = config
  }

  /** Builds it; its router has no rules yet. */
  static async build(config: Config): Promise<House> {
    return new House(await Lab.create(houseTopology(config)), config)
  }

  get router(): LabNode {
    return this.lab.get('router')
  }

  get servers(): [LabNode, LabNode] {
    return [this.lab.get('server-1'), this.lab.get('server-2')]
  }

  get stranger(): LabNode {
    return this.lab.get('stranger')
  }

  /** A host of the config; throws when it names none of that name. */
  host(name: string): LabNode {
    return this.lab.get(name)
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.lab[Symbol.asyncDispose]()
  }
}

function networkName(lan: string): string {
  return `house ${lan}`
}

function routerPlan({ wan, lan }: Config): NodePlan {
  const outer = Object.fromEntries(
    wan.map(({ name }, index) => [
      name,
      { network: 'internet', addresses: index === 0 ? [`${internet.router}/24`] : [] },
    ]),
  )
  const inner = Object.fromEntries(
    lan.map(({ name, addresses }) => [
      name,
      { network: networkName(name), addresses: addresses.map(({ address, prefix }) => `${address}/${prefix}`) },
    ]),
  )
  return planNode('router', { ...outer, ...inner })
}

function outside(name: string, address: string): NodePlan {
  return planNode(name, { eth0: { network: 'internet', addresses: [`${address}/24`] } })
}

function hostPlan({ lan }: Config, name: string, address: string): NodePlan {
  const { network, router, prefix } = home(lan, address)
  return planNode(name, { eth0: { network, addresses: [`${address}/${prefix}`] } }, { via: router })
}

/** The LAN that an IPv4 address belongs to. Every host of a config has one. */
function home(lan: readonly LanInterface[], host: string): { network: string; router: string; prefix: number } {
  for (const { name, addresses } of lan) {
    for (const { address, prefix } of addresses) {
      if (inPrefix(parsePrefix(`${address}/${prefix}`), parseIp(host)))
        return { network: networkName(name), router: address, prefix }
    }
  }
  throw new RangeError(`${host} is on no LAN of the config`)
}
