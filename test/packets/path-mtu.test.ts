import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { Server, Socket } from 'node:net'
import { test } from 'node:test'
import { type LabNode, sandbox } from '@sallyport/lab'
import type { Endpoint } from '@sallyport/linux'
import { buildHouse, externalPort, fullCone, type House, openServers, WAN } from '../support/house.ts'
import { connected, datagramSocket, sendConnected } from '../support/sockets.ts'
import { addSurroundings } from '../support/surroundings.ts'
import { IP_MTU, IP_MTU_DISCOVER, IP_PMTUDISC_DO, IPPROTO_IP, option } from '../support/system.ts'

await sandbox()

const limits = { timeout: 60_000 }
const narrow = 1280
const size = 2_000_000

/** Where the narrow cable is, who sends large packets to whom through it, and who says that they are too large. */
interface Path {
  readonly where: string
  readonly build: () => Promise<{ house: House; inside: LabNode; outside: LabNode }>
}

const outward: Path[] = [
  {
    where: "the router's own WAN",
    build: async () => {
      const house = await buildHouse(rules, { wanMtu: narrow })
      return { house, inside: house.consoles[0], outside: house.serverNodes[0] }
    },
  },
  {
    where: 'a cable behind a router of the internet',
    build: async () => {
      const house = await buildHouse(rules)
      return { house, inside: house.consoles[0], outside: addSurroundings(house, { farMtu: narrow }).far }
    },
  },
]

const inward: Path[] = [
  {
    where: "the router's own LAN",
    build: async () => {
      const house = await buildHouse(rules, { lanMtu: narrow })
      return { house, inside: house.consoles[0], outside: house.serverNodes[0] }
    },
  },
  {
    where: 'a cable behind a router of the LAN',
    build: async () => {
      const house = await buildHouse(rules)
      return { house, inside: addSurroundings(house, { atticMtu: narrow }).attic, outside: house.serverNodes[0] }
    },
  },
]

const rules = fullCone

for (const { where, build } of outward) {
  test(`TCP: an upload through ${where} with an MTU of ${narrow} is completed`, limits, async () => {
    const { house, inside, outside } = await build()
    await using _house = house
    const server = await outside.tcpListen({ port: 80 })
    const received = bytesReceived(server)
    const socket = await inside.tcpConnect({ to: { address: outside.address, port: 80 } })
    socket.end(Buffer.alloc(size))
    assert.equal(await received, size)
  })

  test(`UDP: who must not fragment is told of an MTU of ${narrow} at ${where}`, limits, async () => {
    const { house, inside, outside } = await build()
    await using _house = house
    const server = await outside.mailbox({ port: 4000 })
    const to = { address: outside.address, port: 4000 }
    await largestSize(inside, to)
    await arrives(inside, to, server)
  })
}

for (const { where, build } of inward) {
  test(`TCP: a download through ${where} with an MTU of ${narrow} is completed`, limits, async () => {
    const { house, inside, outside } = await build()
    await using _house = house
    const server = await outside.tcpListen({ port: 80 })
    server.once('connection', (peer: Socket) => peer.end(Buffer.alloc(size)))
    const socket = await inside.tcpConnect({ to: { address: outside.address, port: 80 } })
    assert.equal(await bytesOf(socket), size)
  })

  test(`UDP: a stranger who must not fragment is told of an MTU of ${narrow} at ${where}`, limits, async () => {
    const { house, inside } = await build()
    await using _house = house
    const [one] = await openServers(house)
    const box = await inside.mailbox({ port: 50000 })
    const to = { address: WAN, port: await externalPort(box, one.first.endpoint) }
    await largestSize(house.stranger, to)
    await arrives(house.stranger, to, box)
  })
}

/** The first large packet is lost on the way; from then on the sender's kernel knows better. */
async function largestSize(from: LabNode, to: Endpoint): Promise<void> {
  await using sender = await neverFragmenting(from, to)
  await assert.rejects(
    async () => {
      for (let attempt = 0; attempt < 20; attempt++) {
        await sendConnected(sender.box, Buffer.alloc(1400))
        await sender.box.tryReceive({ within: 100 })
      }
    },
    { code: 'EMSGSIZE' },
  )
  assert.equal(option(sender.fd, IPPROTO_IP, IP_MTU), narrow)
}

/** A datagram that just fits gets through. */
async function arrives(from: LabNode, to: Endpoint, box: Awaited<ReturnType<LabNode['mailbox']>>): Promise<void> {
  await using sender = await neverFragmenting(from, to)
  await sendConnected(sender.box, Buffer.alloc(narrow - 28, 'x'))
  const { payload } = await box.receive({ where: ({ payload }) => payload[0] === 'x'.charCodeAt(0) })
  assert.equal(payload.length, narrow - 28)
}

async function neverFragmenting(node: LabNode, to: Endpoint): ReturnType<typeof datagramSocket> {
  const options = [[IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DO]] as const
  const sender = await datagramSocket(node, { protocol: 0, options })
  await connected(sender.box, to)
  return sender
}

async function bytesReceived(server: Server): Promise<number> {
  const [peer] = (await once(server, 'connection')) as [Socket]
  return await bytesOf(peer)
}

async function bytesOf(socket: AsyncIterable<Buffer>): Promise<number> {
  let total = 0
  for await (const chunk of socket) total += chunk.length
  return total
}
