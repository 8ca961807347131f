import assert from 'node:assert/strict'
import { test } from 'node:test'
import { knock, type LabNode, sandbox } from '@sallyport/lab'
import { buildHouse, externalPort, fullCone, type House, openServers, WAN } from '../support/house.ts'
import { ipv4, UDP, udp } from '../support/packets.ts'
import { RawSocket } from '../support/raw-socket.ts'
import { Pinger } from '../support/sockets.ts'
import { IPPROTO_ICMP } from '../support/system.ts'

await sandbox()

const limits = { timeout: 60_000 }
const protocols = ['tcp', 'udp'] as const

/** A house whose router and workstation serve ports that nobody outside may have, and one that everybody may. */
async function servingHouse(): Promise<House> {
  const house = await buildHouse(`${fullCone}\nforwards: [tcp/8080 -> workstation, udp/8080 -> workstation]`)
  for (const node of [house.router, house.workstation]) {
    for (const port of [22, 23, 53, 8080]) {
      await node.doorman({ port })
      await answering(node, port)
    }
  }
  return house
}

/** A UDP server that answers whatever comes: silence is not its own. */
async function answering(node: LabNode, port: number): Promise<void> {
  const socket = await node.udp({ port })
  socket.on('message', (message, from) => socket.send(message, from.port, from.address))
}

test('from the internet every port but the forwarded ones is silent, below 1024 and above', limits, async () => {
  await using house = await servingHouse()
  for (const protocol of protocols) {
    const ports = [1, 22, 23, 53, 67, 80, 137, 443, 500, 1023, 1024, 5353, 8079, 45003, 50000, 61000, 65535]
    const answers = await Promise.all(
      ports.map(async (port) => {
        const to = { address: WAN, port }
        return [port, await knock({ from: house.stranger, to, protocol }, 500)] as const
      }),
    )
    const owned = protocol === 'udp' ? 45003 : undefined // console-1's, who has nothing there and says so itself
    const expected = ports.map((port) => [port, port === owned ? 'refused' : 'silent'] as const)
    assert.deepEqual(answers, expected, protocol)

    const to = { address: WAN, port: 8080 }
    assert.equal(await knock({ from: house.stranger, to, protocol }, 5000), 'answered', 'the one that is open')
  }
})

test('a SYN to a closed port is not answered when it is repeated either', limits, async () => {
  await using house = await servingHouse()
  // RFC 5382 REQ-4 speaks of 6 s; the kernel sends the SYN again after 1 s and 3 s.
  const answer = await knock({ from: house.stranger, to: { address: WAN, port: 22 }, protocol: 'tcp' }, 3500)
  assert.equal(answer, 'silent')
})

test('the router does not answer pings from the internet, but those from the LAN', limits, async () => {
  await using house = await buildHouse(fullCone)
  await using outside = await Pinger.open(house.stranger)
  await using inside = await Pinger.open(house.consoles[0])
  assert.equal(await outside.ping(WAN, 'from outside', 2), false)
  assert.equal(await inside.ping('192.168.1.1', 'from inside'), true)
})

test("the router's services are there for the LAN, and not for the internet at whichever address", limits, async () => {
  await using house = await servingHouse()
  using route = house.stranger.route()
  route.addRoute({ to: '192.168.1.0/24', via: WAN })
  for (const [protocol, port] of [
    ['tcp', 22],
    ['tcp', 53],
    ['udp', 53],
  ] as const) {
    const inside = await knock({ from: house.consoles[0], to: { address: '192.168.1.1', port }, protocol }, 2000)
    assert.equal(inside, 'answered', `${protocol}/${port} from the LAN`)
    for (const address of [WAN, '192.168.1.1']) {
      const outside = await knock({ from: house.stranger, to: { address, port }, protocol }, 500)
      assert.equal(outside, 'silent', `${protocol}/${port} at ${address} from the internet`)
    }
    const forwarded = { address: '192.168.1.1', port: 8080 }
    assert.equal(
      await knock({ from: house.stranger, to: forwarded, protocol }, 500),
      'silent',
      'a forward is the WAN’s',
    )
  }
})

test('what the LAN may not use of the router is silent, too', limits, async () => {
  await using house = await servingHouse()
  const to = { address: '192.168.1.1', port: 23 }
  for (const protocol of protocols) {
    assert.equal(await knock({ from: house.consoles[0], to, protocol }, 500), 'silent', protocol)
  }
})

test('a packet addressed straight to a LAN address goes nowhere, whatever is open there', limits, async () => {
  await using house = await servingHouse()
  const [server] = await openServers(house)
  const box = await house.consoles[0].mailbox({ port: 50000 })
  assert.equal(await externalPort(box, server.first.endpoint), 50000)
  const stranger = await house.stranger.mailbox()
  using route = house.stranger.route()
  route.addRoute({ to: '192.168.1.0/24', via: WAN })

  for (const protocol of protocols) {
    const to = { address: house.workstation.address, port: 8080 }
    assert.equal(await knock({ from: house.stranger, to, protocol }, 500), 'silent', protocol)
  }
  await stranger.send('straight', { address: house.consoles[0].address, port: 50000 })
  await stranger.send('by the router', { address: WAN, port: 50000 })
  await box.receive({ text: 'by the router' })
  await box.expectNothing({ text: 'straight' })
})

test('a packet from the internet that pretends to come from the LAN goes nowhere', limits, async () => {
  await using house = await servingHouse()
  const [server] = await openServers(house)
  const box = await house.consoles[0].mailbox({ port: 50000 })
  await externalPort(box, server.first.endpoint)
  using raw = new RawSocket(house.stranger, IPPROTO_ICMP)
  using route = house.stranger.route()
  route.addRoute({ to: '192.168.1.0/24', via: WAN })
  const send = (source: string, destination: string, text: string): void => {
    const [from, to] = [
      { address: source, port: 7777 },
      { address: destination, port: 50000 },
    ]
    raw.send(ipv4({ from: source, to: destination, protocol: UDP }, udp(from, to, Buffer.from(text))))
  }
  send(house.consoles[1].address, house.consoles[0].address, 'neighbour')
  send('192.168.1.1', house.consoles[0].address, 'router')
  send(house.stranger.address, WAN, 'honest')
  await box.receive({ text: 'honest' })
  assert.deepEqual(
    box.drain().map(({ payload }) => payload.toString()),
    [],
  )
})

test('a packet from the LAN with a source of somewhere else does not leave', limits, async () => {
  await using house = await buildHouse(fullCone)
  const [server] = await openServers(house)
  using raw = new RawSocket(house.consoles[0], IPPROTO_ICMP)
  const to = server.first.endpoint
  for (const source of ['198.51.100.99', house.stranger.address, house.consoles[0].address]) {
    const datagram = udp({ address: source, port: 50000 }, to, Buffer.from(`from ${source}`))
    raw.send(ipv4({ from: source, to: to.address, protocol: UDP }, datagram))
  }
  // Sent last, seen first: what left before it would be there.
  await server.first.receive({ text: `from ${house.consoles[0].address}` })
  assert.deepEqual(
    server.first.drain().map(({ payload }) => payload.toString()),
    [],
  )
})
