import { Lab, type LabNode } from '@sallyport/lab'
import { parseConfig, Router } from '@sallyport/router'

export const WAN = '203.0.113.1'
export const WAN6 = '2001:db8:ffff::1'

/** A router with two WANs and two LANs, two hosts, and two servers of the internet. No rules yet, no forwarding. */
export interface House extends AsyncDisposable {
  readonly lab: Lab
  readonly router: LabNode
  readonly sallyport: Router
  readonly alice: LabNode
  readonly bob: LabNode
  readonly server: LabNode
  readonly stranger: LabNode
}

/** `stranger` reaches the LAN's addresses through the router, as a neighbour on the provider's wire could. */
export async function buildHouse(): Promise<House> {
  const lab = await Lab.create()
  const internet = lab.network('internet')
  const home = lab.network('home')
  const interfaces = {
    eth0: internet.at(`${WAN}/24`, `${WAN6}/64`),
    eth1: home.at('192.168.1.1/24', '2001:db8:1::1/64'),
    eth2: lab.network('guests').at('192.168.2.1/24'),
    ppp0: lab.network('backup').at('198.51.100.1/24'),
  }
  const router = lab.node('router', interfaces)
  const sallyport = Router.open({ namespace: router.namespace })
  const inside = (name: string, last: number): LabNode =>
    lab.node(name, { eth0: home.at(`192.168.1.${last}/24`) }, { via: '192.168.1.1' })
  const outside = (name: string, last: number): LabNode =>
    lab.node(name, { eth0: internet.at(`203.0.113.${last}/24`) }, { routes: [{ to: '192.168.0.0/16', via: WAN }] })
  return {
    lab,
    router,
    sallyport,
    alice: inside('alice', 100),
    bob: inside('bob', 101),
    server: outside('server', 10),
    stranger: outside('stranger', 66),
    async [Symbol.asyncDispose]() {
      sallyport[Symbol.dispose]()
      await lab[Symbol.asyncDispose]()
    },
  }
}

const head = `
wan: eth0
lan: { eth1: 192.168.1.1/24 }
hosts: { alice: 192.168.1.100, bob: 192.168.1.101 }
`

/** A config for the house with one WAN and one LAN. */
export function config(rest = ''): ReturnType<typeof parseConfig> {
  return parseConfig(`${head}${rest}`, { file: 'house.yaml' })
}

export const cone = (rest = ''): string =>
  `nat: { mapping: endpoint-independent, filtering: endpoint-independent, protocols: [udp], timeout: 1m, limit: none${rest} }\n`
