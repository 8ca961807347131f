import { Lab, type LabNode, type Mailbox, openServer, type Patience, report } from '@sallyport/lab'
import { type Applied, parseConfig, Router } from '@sallyport/router'

type Server = Awaited<ReturnType<typeof openServer>>

/**
 *   console-1 .11 ─┐
 *   console-2 .12 ─┤ lan                wan ┌─ server-1 203.0.113.10
 *   console-3 .13 ─┼──── router ────────────┼─ server-2 203.0.113.20
 *   workstation .100┘ 192.168.1.1  203.0.113.1└─ stranger 203.0.113.30
 */
export interface House extends AsyncDisposable {
  readonly lab: Lab
  readonly router: LabNode
  readonly consoles: readonly [LabNode, LabNode, LabNode]
  readonly workstation: LabNode
  readonly serverNodes: readonly [LabNode, LabNode]
  readonly stranger: LabNode
  /** On the second LAN; alone there unless the house has one. */
  readonly guest: LabNode
  /** Of the router's namespace. */
  readonly sallyport: Router
  /** Applies a config that begins with this house's interfaces and hosts. */
  apply(rest: string): Applied
}

export const WAN = '203.0.113.1'

export const head = `
wan: wan
lan: { lan: [192.168.1.1/24, 2001:db8:1::1/64] }
hosts:
  console-1: { address: 192.168.1.11, owns: [udp/45000-45010] }
  console-2: 192.168.1.12
  console-3: 192.168.1.13
  workstation: 192.168.1.100
`

const headWithGarage = head.replace('/64] }', '/64], garage: [192.168.2.1/24] }')

/** A full cone for UDP and TCP and nothing else. */
export const fullCone = 'nat: { filtering: endpoint-independent, protocols: [udp, tcp] }'

export interface HouseOptions {
  /** Of the router's cable to the internet, in bytes; default 1500. */
  readonly wanMtu?: number
  /** Of its cable to the LAN; the hosts' own stay at 1500. */
  readonly lanMtu?: number
  /** A second LAN, `garage`, with one guest 192.168.2.10. Default false. */
  readonly garage?: boolean
}

export async function buildHouse(
  rest?: string,
  { wanMtu = 1500, lanMtu = 1500, garage = false }: HouseOptions = {},
): Promise<House> {
  const lab = await Lab.create()
  const internet = lab.network('internet')
  const home = lab.network('home')
  const wan = { ...internet.at(`${WAN}/24`, '2001:db8:f::1/64'), mtu: wanMtu }
  const lan = { ...home.at('192.168.1.1/24', '2001:db8:1::1/64'), mtu: lanMtu }
  const second = lab.network('garage')
  const router = lab.node('router', { wan, lan, ...(garage && { garage: second.at('192.168.2.1/24') }) })
  const inside = (name: string, number: number): LabNode =>
    lab.node(
      name,
      { eth0: home.at(`192.168.1.${number}/24`, `2001:db8:1::${number}/64`) },
      { via: ['192.168.1.1', '2001:db8:1::1'] },
    )
  const outside = (name: string, number: number): LabNode =>
    lab.node(
      name,
      { eth0: internet.at(`203.0.113.${number}/24`, `2001:db8:f::${number}/64`) },
      { via: ['2001:db8:f::1'] },
    )
  const sallyport = Router.open({ namespace: router.namespace })
  const house: House = {
    lab,
    router,
    consoles: [inside('console-1', 11), inside('console-2', 12), inside('console-3', 13)],
    workstation: inside('workstation', 100),
    serverNodes: [outside('server-1', 10), outside('server-2', 20)],
    stranger: outside('stranger', 30),
    guest: lab.node('guest', { eth0: second.at('192.168.2.10/24') }, { via: '192.168.2.1' }),
    sallyport,
    apply: (text) => sallyport.apply(parseConfig(`${garage ? headWithGarage : head}${text}\n`, { file: 'house.yaml' })),
    [Symbol.asyncDispose]: async () => {
      sallyport[Symbol.dispose]()
      await lab[Symbol.asyncDispose]()
    },
  }
  if (rest !== undefined) house.apply(rest)
  return house
}

/** Two servers that tell where they see a datagram come from. */
export async function openServers({ serverNodes: [one, two] }: House): Promise<[Server, Server]> {
  return [await openServer(one), await openServer(two)]
}

/** The external port that a server sees this socket at. */
export async function externalPort(
  box: Mailbox,
  server: Parameters<typeof report>[1],
  patience?: Patience,
): Promise<number> {
  const { source } = await report(box, server, patience)
  if (source.address !== WAN) throw new Error(`seen from ${source.address}, not from ${WAN}`)
  return source.port
}
