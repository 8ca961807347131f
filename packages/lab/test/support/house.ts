import { Lab } from '../../src/lab.ts'
import { type NatBehaviour, natBehaviour, type Party } from '../../src/measure/nat.ts'
import { openServer } from '../../src/measure/server.ts'
import type { LabNode } from '../../src/node.ts'

/** A house with three consoles and a workstation behind a router without rules, and a small internet around it. */
export interface House extends AsyncDisposable {
  readonly lab: Lab
  readonly router: LabNode
  readonly consoles: readonly LabNode[]
  readonly workstation: LabNode
  readonly servers: readonly [LabNode, LabNode]
  readonly stranger: LabNode
}

export const wanAddress = '203.0.113.1'

/** Interfaces of the router: `wan` and `lan`. */
export async function buildHouse(): Promise<House> {
  const lab = await Lab.create()
  const internet = lab.network('internet')
  const home = lab.network('home')
  const wan = internet.at(`${wanAddress}/24`)
  const router = lab.node('router', { wan, lan: home.at('192.168.1.1/24') }, { forwarding: true })
  const outside = (name: string, last: number): LabNode => lab.node(name, { eth0: internet.at(`203.0.113.${last}/24`) })
  const inside = (name: string, last: number): LabNode =>
    lab.node(name, { eth0: home.at(`192.168.1.${last}/24`) }, { via: '192.168.1.1' })
  return {
    lab,
    router,
    consoles: [101, 102, 103].map((last) => inside(`console-${last - 100}`, last)),
    workstation: inside('workstation', 100),
    servers: [outside('server-1', 10), outside('server-2', 20)],
    stranger: outside('stranger', 66),
    [Symbol.asyncDispose]: () => lab[Symbol.asyncDispose](),
  }
}

/** Measures some consoles together, all on one local port. */
export async function measure(
  house: House,
  consoles: readonly LabNode[] = house.consoles,
  { port = 50000, ...party }: { port?: number } & Pick<Party, 'patience' | 'waiting' | 'crossed'> = {},
): Promise<NatBehaviour[]> {
  await using open = new AsyncDisposableStack()
  const servers = [open.use(await openServer(house.servers[0])), open.use(await openServer(house.servers[1]))] as const
  const stranger = open.use(await house.stranger.mailbox())
  const hosts = []
  for (const node of consoles)
    hosts.push({ name: node.name, address: node.address, box: open.use(await node.mailbox({ port })) })
  return await natBehaviour({ hosts, servers, stranger, hairpin: true, ...party })
}
