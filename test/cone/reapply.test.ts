import assert from 'node:assert/strict'
import type { Socket } from 'node:net'
import { test } from 'node:test'
import { type LabNode, type Mailbox, readDoorman, sandbox } from '@sallyport/lab'
import type { Status } from '@sallyport/router'
import { buildHouse, externalPort, fullCone, type House, openServers, WAN } from '../support/house.ts'

await sandbox()

const limits = { timeout: 60_000 }

const changes: Record<string, string> = {
  'the same config': fullCone,
  'one forward more': `${fullCone}\nforwards: [tcp/6881 -> workstation, udp/7000 -> workstation]`,
  'another reserved port':
    'nat: { filtering: endpoint-independent, protocols: [udp, tcp], reserved: [udp/0-1023, tcp/0-1023, udp/9] }',
  'more services allowed': `${fullCone}\nallow:\n- lan -> wan\n- lan -> router: [icmp, tcp/22, udp/53]`,
}

interface Opened {
  readonly box: Mailbox
  readonly external: number
}

/** One that keeps its port, one that is moved. */
async function openTwo({ consoles: [one, two] }: House, server: Parameters<typeof externalPort>[1]): Promise<Opened[]> {
  const opened: Opened[] = []
  for (const node of [one, two]) {
    const box = await node.mailbox({ port: 50000 })
    opened.push({ box, external: await externalPort(box, server) })
  }
  return opened
}

async function strangerReaches({ stranger }: House, { box, external }: Opened): Promise<void> {
  await using from = await stranger.mailbox()
  await from.send('stranger', { address: WAN, port: external })
  await box.receive({ text: 'stranger' })
}

for (const [what, rules] of Object.entries(changes)) {
  test(`applying ${what} leaves every mapping as it was, towards old and new destinations`, limits, async () => {
    await using house = await buildHouse(fullCone)
    const [one, two] = await openServers(house)
    const opened = await openTwo(house, one.first.endpoint)
    const before = mappings(house)

    house.apply(rules)

    assert.deepEqual(mappings(house), before)
    for (const each of opened) {
      await strangerReaches(house, each)
      for (const server of [one.first, one.second, two.first]) {
        assert.equal(await externalPort(each.box, server.endpoint), each.external)
      }
    }
  })
}

test('strangers get in while the config is applied again and again', limits, async () => {
  await using house = await buildHouse(fullCone)
  const [one] = await openServers(house)
  const opened = await openTwo(house, one.first.endpoint)
  const forward = `${fullCone}\nforwards: [udp/7000 -> workstation]`
  for (let round = 0; round < 20; round++) {
    house.apply(round % 2 === 0 ? forward : fullCone)
    for (const each of opened) await strangerReaches(house, each)
  }
  assert.equal(house.sallyport.status().refused, 0n)
})

test('TCP: a connection, and the port that it opened, outlast another config', limits, async () => {
  await using house = await buildHouse(fullCone)
  const server = await house.serverNodes[0].tcpListen({ port: 90 })
  const client = house.consoles[1]
  const accepted = new Promise<Socket>((resolve) => server.once('connection', resolve))
  const socket = await client.tcpConnect({
    to: { address: house.serverNodes[0].address, port: 90 },
    from: { port: 40000 },
  })
  const peer = await accepted
  const external = peer.remotePort!

  house.apply(changes['one forward more']!)

  peer.end('still here')
  assert.equal(await textOf(socket), 'still here')
  assert.equal(await portTowards(client, house), external)
  await using _listening = await client.doorman({ port: 40000 })
  const visit = await house.stranger.tcpConnect({ to: { address: WAN, port: external } })
  assert.equal((await readDoorman(visit)).host, client.name)
})

test('counters of forwards and of refused packets go on counting where they were', limits, async () => {
  const forward = 'forwards: [udp/7000 -> workstation]'
  await using house = await buildHouse(`${fullCone}\n${forward}`)
  const workstation = await house.workstation.mailbox({ port: 7000 })
  await strangerReaches(house, { box: workstation, external: 7000 })
  const packets = (): bigint | undefined =>
    house.sallyport.status().forwards.find(({ port }) => port === 'udp/7000')?.packets
  assert.equal(packets(), 1n)

  house.apply(`${fullCone}\n${forward.replace(']', ', tcp/6881 -> workstation]')}`)

  assert.equal(packets(), 1n)
  await strangerReaches(house, { box: workstation, external: 7000 })
  assert.equal(packets(), 2n)
})

test('a limit goes on counting what was open before', limits, async () => {
  const limited = (forwards: string): string =>
    `nat: { filtering: endpoint-independent, hosts: [console-1], limit: 2 }\nforwards: [${forwards}]`
  await using house = await buildHouse(limited(''))
  const [server] = await openServers(house)
  const open = async (port: number): Promise<number> =>
    await externalPort(await house.consoles[0].mailbox({ port }), server.first.endpoint)
  await open(50000)

  house.apply(limited('tcp/6881 -> workstation'))

  await open(50001)
  await open(50002)
  assert.deepEqual(
    mappings(house).map(({ internal }) => internal),
    ['192.168.1.11:50000', '192.168.1.11:50001'],
  )
})

test('a port that becomes a forward is taken from who had opened it, and that host gets another', limits, async () => {
  await using house = await buildHouse(fullCone)
  const [one, two] = await openServers(house)
  const [first] = await openTwo(house, one.first.endpoint)
  assert.equal(first!.external, 50000)

  house.apply(`${fullCone}\nforwards: [udp/50000 -> workstation]`)

  const workstation = await house.workstation.mailbox({ port: 50000 })
  await strangerReaches(house, { box: workstation, external: 50000 })
  const external = await externalPort(first!.box, two.first.endpoint)
  assert.notEqual(external, 50000)
  assert.equal(await externalPort(first!.box, one.first.endpoint), external, 'towards the old peer, too')
  await strangerReaches(house, { box: first!.box, external })
})

type Opening = Omit<Status['mappings'][number], 'expires'>

function mappings(house: House): Opening[] {
  const { mappings } = house.sallyport.status()
  return mappings
    .map(({ protocol, external, internal }) => ({ protocol, external, internal }))
    .sort((a, b) => (a.internal < b.internal ? -1 : 1))
}

async function portTowards(node: LabNode, house: House): Promise<number> {
  await using door = await house.serverNodes[1].doorman({ port: 80 })
  return (await readDoorman(await node.tcpConnect({ to: door.endpoint, from: { port: 40000 } }))).source.port
}

async function textOf(socket: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of socket) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}
