import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { test } from 'node:test'
import { knock, type LabNode, report, sandbox } from '@sallyport/lab'
import { buildHouse, fullCone } from '../support/house.ts'
import { connected, datagramSocket, Pinger, sendConnected } from '../support/sockets.ts'
import { IP_PMTUDISC_DO, IPPROTO_IPV6, IPV6_MTU, IPV6_MTU_DISCOVER, option } from '../support/system.ts'

await sandbox()

const limits = { timeout: 60_000 }

/** The IPv6 address of a node of the house. */
function v6({ addresses }: LabNode): string {
  return addresses.find((address) => address.includes(':'))!
}

test('a host reaches the internet with its own address, over UDP and TCP, and answers come back', limits, async () => {
  await using house = await buildHouse(fullCone)
  const [server] = house.serverNodes
  const reflector = await server.reflector({ address: v6(server), port: 3478 })
  const door = await server.doorman({ address: v6(server), port: 80 })
  for (const node of house.consoles) {
    const box = await node.mailbox({ address: v6(node), port: 50000 })
    const seen = await report(box, reflector.endpoint)
    assert.deepEqual(seen.source, { address: v6(node), port: 50000 })
    const socket = await node.tcpConnect({ to: door.endpoint, from: { port: 40000 } })
    await once(socket.resume(), 'end')
  }
  assert.deepEqual(
    door.visitors,
    house.consoles.map((node) => ({ address: v6(node), port: 40000 })),
  )
})

test('nobody outside gets in who was not asked, not even to a port that a host talks from', limits, async () => {
  await using house = await buildHouse(`${fullCone}\nforwards: [tcp/80 -> workstation]`)
  const [server] = house.serverNodes
  const reflector = await server.reflector({ address: v6(server), port: 3478 })
  const { workstation, stranger } = house
  const box = await workstation.mailbox({ address: v6(workstation), port: 50000 })
  await workstation.doorman({ address: v6(workstation), port: 80 })
  await report(box, reflector.endpoint)

  const outsider = await stranger.mailbox({ address: v6(stranger) })
  await outsider.send('unasked', { address: v6(workstation), port: 50000 })
  assert.equal(
    await knock({ from: inet6(stranger), to: { address: v6(workstation), port: 80 }, protocol: 'tcp' }, 500),
    'silent',
  )
  await reflector.send('asked', { address: v6(workstation), port: 50000 })
  await box.receive({ text: 'asked' })
  await box.expectNothing({ text: 'unasked' })
})

test('a host is told that a port outside is closed', limits, async () => {
  await using house = await buildHouse(fullCone)
  const to = { address: v6(house.serverNodes[0]), port: 9 }
  for (const protocol of ['udp', 'tcp'] as const) {
    assert.equal(await knock({ from: inet6(house.consoles[0]), to, protocol }, 5000), 'refused', protocol)
  }
})

test('a host that sends too large packets is told the MTU of the WAN', limits, async () => {
  await using house = await buildHouse(fullCone, { wanMtu: 1280 })
  const [server] = house.serverNodes
  const options = [[IPPROTO_IPV6, IPV6_MTU_DISCOVER, IP_PMTUDISC_DO]] as const
  const sender = await datagramSocket(house.consoles[0], { family: 6, protocol: 0, options })
  await using _box = sender
  await connected(sender.box, { address: v6(server), port: 9000 })
  await assert.rejects(
    async () => {
      for (let attempt = 0; attempt < 20; attempt++) {
        await sendConnected(sender.box, Buffer.alloc(1400))
        await sender.box.tryReceive({ within: 100 })
      }
    },
    { code: 'EMSGSIZE' },
  )
  assert.equal(option(sender.fd, IPPROTO_IPV6, IPV6_MTU), 1280)
})

test(
  'TCP: a server that sends too large segments is told the MTU of the LAN, and the download is completed',
  limits,
  async () => {
    await using house = await buildHouse(fullCone, { lanMtu: 1280 })
    const [node] = house.serverNodes
    const size = 1_000_000
    const server = await node.tcpListen({ address: v6(node), port: 80 })
    server.once('connection', (peer: Socket) => peer.end(Buffer.alloc(size)))
    const socket = await house.consoles[0].tcpConnect({ to: { address: v6(node), port: 80 } })
    let total = 0
    for await (const chunk of socket) total += chunk.length
    assert.equal(total, size)
  },
)

test('neighbours find the router on both sides, which answers pings of the LAN alone', limits, async () => {
  await using house = await buildHouse(fullCone)
  await using inside = await Pinger.open(house.consoles[0], { family: 6 })
  await using outside = await Pinger.open(house.stranger, { family: 6 })
  assert.equal(await inside.ping('2001:db8:1::1', 'from the LAN'), true)
  assert.equal(await outside.ping('2001:db8:f::1', 'from the internet', 2), false)
  using route = house.stranger.route()
  const router = route.neighbours().find(({ address }) => address === '2001:db8:f::1')
  assert.ok(router?.hardwareAddress, 'its neighbour outside knows its hardware address nevertheless')
})

test('a host pings through the router, and is not pinged from outside', limits, async () => {
  await using house = await buildHouse(fullCone)
  await using inside = await Pinger.open(house.consoles[0], { family: 6 })
  await using outside = await Pinger.open(house.stranger, { family: 6 })
  assert.equal(await inside.ping(v6(house.stranger), 'outward'), true)
  assert.equal(await outside.ping(v6(house.consoles[0]), 'inward', 2), false)
})

/** The node as one that calls from its IPv6 address. */
function inet6(node: LabNode): Parameters<typeof knock>[0]['from'] {
  return {
    mailbox: () => node.mailbox({ address: v6(node) }),
    tcpConnect: (options) => node.tcpConnect(options),
  }
}
