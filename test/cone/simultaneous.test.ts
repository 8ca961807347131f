import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { type LabNode, type Mailbox, openServer, readDoorman, sandbox } from '@sallyport/lab'
import { type Endpoint, UdpBatch } from '@sallyport/linux'
import { buildHouse, externalPort, fullCone, type House, WAN } from '../support/house.ts'
import { type Heat, Race, type Runner, textOf } from '../support/race.ts'

await sandbox()

const limits = { timeout: 180_000 }
/** How often each case is tried: the default, or SALLYPORT_ROUNDS for figures of more weight. */
const times = (byDefault: number): number => Number(process.env.SALLYPORT_ROUNDS ?? byDefault)
/** A first packet may be lost: it is sent again and again. */
const patience = { attempts: 60, interval: 50 }

/** Ports that are raced for in a row, before each is looked at. */
const batch = 20

type Server = Awaited<ReturnType<typeof openServer>>

/** Who takes part, with three servers on addresses of their own. */
interface Party {
  readonly house: House
  readonly servers: readonly [Server, Server, Server]
  readonly stranger: Mailbox
  readonly heats: Heat[]
  sent: number
  lost: number
}

async function gather(rules: string): Promise<Party & AsyncDisposable> {
  const house = await buildHouse(rules)
  const third = house.lab.node('server-3', { eth0: { network: 'internet', addresses: ['203.0.113.40/24'] } })
  const [one, two] = house.serverNodes
  return {
    house,
    servers: [await openServer(one), await openServer(two), await openServer(third)],
    stranger: await house.stranger.mailbox(),
    heats: [],
    sent: 0,
    lost: 0,
    [Symbol.asyncDispose]: () => house[Symbol.asyncDispose](),
  }
}

const portsFrom = (first: number, length: number): number[] => Array.from({ length }, (_, n) => first + n)
const endpointsOf = ({ servers }: Party): [Endpoint, Endpoint, Endpoint] => {
  const [a, b, c] = servers
  return [a.first.endpoint, b.first.endpoint, c.first.endpoint]
}

/** Races from each of the ports, and what must be true after each. Returns the external ports, host by host. */
async function race(party: Party, runners: readonly Runner[], ports: readonly number[]): Promise<number[][]> {
  await using racing = await Race.between(runners)
  const externals: number[][] = []
  for (let n = 0; n < ports.length; n += batch) {
    const heats = await racing.run('udp', ports.slice(n, n + batch))
    party.heats.push(...heats)
    for (const { port } of heats) externals.push(await afterHeat(party, runners, port))
  }
  return externals
}

async function afterHeat(party: Party, runners: readonly Runner[], port: number): Promise<number[]> {
  const hosts = [...new Set(runners.map(({ node }) => node))]
  const seen = new Map(hosts.map((node) => [node, new Set<number>()] as const))
  const sent = runners.flatMap(({ node, to }, index) =>
    to.map((server) => ({ node, server, text: textOf(index, port) })),
  )
  for (const { node, server, text } of sent) {
    const { first } = party.servers.find((each) => each.first.endpoint === server)!
    const letter = await first.tryReceive({ text, within: 100 })
    party.sent += 1
    if (letter === undefined) party.lost += 1
    else seen.get(node)!.add(letter.from.port)
  }
  return await checkHosts(party, port, seen)
}

/** All servers see a host at the one port that its first packets had, no two hosts at the same, and strangers get in. */
async function checkHosts(party: Party, port: number, seen: ReadonlyMap<LabNode, Set<number>>): Promise<number[]> {
  await using boxes = new AsyncDisposableStack()
  const opened: Mailbox[] = []
  for (const node of seen.keys()) opened.push(boxes.use(await node.mailbox({ port })))
  for (const server of endpointsOf(party)) {
    for (const [index, ports] of [...seen.values()].entries()) {
      ports.add(await externalPort(opened[index]!, server, patience))
    }
  }
  const externals = [...seen.values()].map((ports) => [...ports])
  const story = `from local port ${port} the hosts are at ${JSON.stringify(externals)}`
  assert.ok(
    externals.every(({ length }) => length === 1),
    story,
  )
  assert.equal(new Set(externals.flat()).size, seen.size, story)
  for (const [index, box] of opened.entries()) {
    const text = `stranger to ${index} at ${port}`
    await party.stranger.send(text, { address: WAN, port: externals[index]![0]! })
    await box.receive({ text })
  }
  return externals.flat()
}

/** The figures of docs/reference/nat-behaviour.md. */
function tell(t: TestContext, { house, heats, sent, lost }: Party): void {
  const spreads = heats.map(({ spread }) => spread).sort((a, b) => a - b)
  const together = heats.filter(({ overlapped }) => overlapped).length
  t.diagnostic(`${heats.length} times; ${together} times all packets were in the kernel at one moment`)
  t.diagnostic(`the last thread began ${spreads[spreads.length >> 1]!.toFixed(1)} µs after the first (median)`)
  t.diagnostic(`${lost} of ${sent} first packets lost; refused: ${house.sallyport.status().refused}`)
}

test('three hosts write to the same server at the same moment', limits, async (t) => {
  await using party = await gather(fullCone)
  const [a] = endpointsOf(party)
  const runners = party.house.consoles.map((node) => ({ node, to: [a] }))
  await race(party, runners, portsFrom(10_000, times(100)))
  tell(t, party)
  assert.ok(party.lost <= party.sent / 20, `${party.lost} of ${party.sent} lost`)
})

test('three hosts write to three servers at the same moment', limits, async (t) => {
  await using party = await gather(fullCone)
  const servers = endpointsOf(party)
  const runners = party.house.consoles.map((node, n) => ({ node, to: [servers[n]!] }))
  await race(party, runners, portsFrom(10_000, times(100)))
  tell(t, party)
  assert.ok(party.lost <= party.sent / 20, `${party.lost} of ${party.sent} lost`)
})

test('one host writes to three servers at the same moment', limits, async (t) => {
  await using party = await gather(fullCone)
  const runners = endpointsOf(party).map((to) => ({ node: party.house.consoles[0], to: [to] }))
  await race(party, runners, portsFrom(10_000, times(200)))
  tell(t, party)
})

for (const [how, split] of [
  ['one after the other', false],
  ['all four at once', true],
] as const) {
  test(`two hosts write to two servers each at the same moment, ${how}`, limits, async (t) => {
    await using party = await gather(fullCone)
    const [one, two] = party.house.consoles
    const [a, b] = endpointsOf(party)
    const targets = split ? [[a], [b]] : [[a, b]]
    const runners = [one, two].flatMap((node) => targets.map((to) => ({ node, to })))
    await race(party, runners, portsFrom(10_000, times(60)))
    tell(t, party)
  })
}

test('hosts that have to be moved never get a port that another one holds towards other servers', limits, async (t) => {
  // 2048 ports to be moved to, half of them held by console-3; local ports below 1024 are reserved, so always moved.
  const reserved = 'udp/0-1023, udp/3072-44999, udp/45011-60999'
  await using party = await gather(
    `nat: { filtering: endpoint-independent, limit: 4096, reserved: [${reserved}], timeout: 10m, takeover: 10m }`,
  )
  const [one, two, holder] = party.house.consoles
  const [a, b, c] = endpointsOf(party)
  const held = new Set(portsFrom(1024, 1024).map((n) => n + (n % 2 === 0 ? 0 : 1023)))
  for (const port of held) {
    using socket = UdpBatch.open({ namespace: holder.namespace, port, slots: 1, slotSize: 64 })
    socket.send(UdpBatch.prepare([{ to: c, payload: Buffer.from('held') }]))
  }
  assert.equal(party.house.sallyport.status().mappings.length, held.size)

  const runners = [
    { node: one, to: [a] },
    { node: two, to: [b] },
  ]
  const externals = await race(party, runners, portsFrom(100, Math.min(times(40), 400)))
  tell(t, party)
  assert.deepEqual(
    externals.flat().filter((port) => held.has(port)),
    [],
  )
  const box = await holder.mailbox({ port: 1024 })
  assert.equal(await externalPort(box, a, patience), 1024)
})

for (const where of ['the same server', 'three servers'] as const) {
  test(`TCP: three hosts connect to ${where} at the same moment`, limits, async (t) => {
    await using party = await gather(fullCone)
    const nodes = [...party.house.serverNodes, party.house.lab.get('server-3')]
    const doors: Endpoint[] = []
    for (const node of nodes) doors.push((await node.doorman({ port: 80 })).endpoint)
    const runners = party.house.consoles.map((node, n) => ({ node, to: [doors[where === 'three servers' ? n : 0]!] }))
    await using racing = await Race.between(runners)
    for (let n = 0; n < times(20); n += batch) {
      const heats = await racing.run('tcp', portsFrom(10_000 + n, Math.min(batch, times(20) - n)))
      for (const heat of heats) await afterConnecting(party.house, doors, runners, heat)
      party.heats.push(...heats)
    }
    party.sent = party.heats.length * runners.length
    party.lost = Number(party.house.sallyport.status().refused)
    tell(t, party)
  })
}

/** From the same local port to the other servers: one external port for each host; and a stranger connects to it. */
async function afterConnecting(
  { stranger }: House,
  doors: readonly Endpoint[],
  runners: readonly Runner[],
  { port, told }: Heat,
): Promise<void> {
  const externals = new Set<number>()
  for (const [index, { node, to }] of runners.entries()) {
    const seen = new Set([told[index]])
    for (const door of doors.filter((each) => each !== to[0])) {
      const socket = await node.tcpConnect({ to: door, from: { port } })
      seen.add((await readDoorman(socket)).source.port)
    }
    assert.equal(seen.size, 1, `${node.name}, from local port ${port}, is at ${[...seen].join(', ')}`)
    await using _listening = await node.doorman({ port })
    const visit = await stranger.tcpConnect({ to: { address: WAN, port: told[index]! } })
    assert.equal((await readDoorman(visit)).host, node.name)
    externals.add(told[index]!)
  }
  assert.equal(externals.size, runners.length, `from local port ${port} the hosts are at ${[...externals].join(', ')}`)
}
