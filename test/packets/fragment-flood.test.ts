import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { type LabNode, type Mailbox, report, sandbox } from '@sallyport/lab'
import { parseIp } from '@sallyport/linux'
import { buildHouse, externalPort, fullCone, openServers, WAN } from '../support/house.ts'
import { fragments, ipv4, UDP } from '../support/packets.ts'
import { RawSocket } from '../support/raw-socket.ts'
import { close, IPPROTO_ICMP, IPPROTO_RAW, SOCK_RAW, sendTo, socketIn } from '../support/system.ts'

await sandbox()

const limits = { timeout: 60_000 }
/** More than reassembly has room for: of 2.5 kB each, 100 MB. */
const FLOOD = 40_000
const LARGE = 4000 // three fragments

/** Bytes that fragments take up in the router, while they wait for the rest of their packets. */
function waiting(router: LabNode): number {
  const text = router.run(() => readFileSync('/proc/thread-self/net/sockstat', 'utf8'))
  return Number(/^FRAG: inuse \d+ memory (\d+)$/m.exec(text)![1])
}

async function arrives(box: Mailbox, payload: Uint8Array): Promise<void> {
  await box.receive({ where: (letter) => letter.payload.equals(payload) })
}

test(
  'a flood of first fragments keeps nobody else from sending fragments, and takes less than half of the room',
  limits,
  async () => {
    await using house = await buildHouse(fullCone)
    const [console1] = house.consoles
    const [one] = await openServers(house)
    const box = await console1.mailbox({ port: 50000 })
    const port = await externalPort(box, one.first.endpoint)
    using raw = new RawSocket(house.stranger, IPPROTO_ICMP)
    const header = { from: house.stranger.address, to: WAN, protocol: UDP, moreFragments: true }
    const content = new Uint8Array(1472)
    for (let id = 0; id < FLOOD; id++) raw.send(ipv4({ ...header, id }, content))

    const taken = waiting(house.router)
    assert.ok(taken < 32 * 2 ** 20, `${taken} bytes`)
    const datagram = randomBytes(LARGE)
    await one.first.send(datagram, { address: WAN, port })
    await arrives(box, datagram)
  },
)

test('one sender may send 600 datagrams of three fragments in a row: none is lost', limits, async () => {
  await using house = await buildHouse(fullCone)
  const [one] = await openServers(house)
  const box = await house.consoles[0].mailbox({ port: 50000 })
  const to = { address: WAN, port: await externalPort(box, one.first.endpoint) }
  for (let count = 0; count < 600; count++) {
    const datagram = randomBytes(LARGE)
    await one.first.send(datagram, to)
    await arrives(box, datagram)
  }
})

test('what is begun and never completed is forgotten after a second', limits, async () => {
  await using house = await buildHouse(fullCone)
  const from = { address: house.stranger.address, port: 40000 }
  const [first] = fragments({ from, to: { address: WAN, port: 7000 }, id: 1 }, new Uint8Array(LARGE))
  using raw = new RawSocket(house.stranger, IPPROTO_ICMP)
  raw.send(first!)
  assert.notEqual(waiting(house.router), 0)
  // The router says so: time exceeded, code 1 (RFC 792), in time for Linux's own 30 s to be missed.
  const told = await raw.receive((packet) => packet[20] === 11 && packet[21] === 1, 5000)
  assert.ok(told !== undefined)
  assert.equal(waiting(house.router), 0)
})

/** The IPv6 address of a node of the house. */
const v6 = ({ addresses }: LabNode): string => addresses.find((address) => address.includes(':'))!

/** RFC 8200 section 4.5: the first fragment of a UDP packet. */
function firstFragment6(from: Uint8Array, to: Uint8Array, id: number): Uint8Array {
  const packet = new Uint8Array(40 + 8 + 1440)
  const view = new DataView(packet.buffer)
  packet[0] = 0x60
  view.setUint16(4, packet.length - 40)
  packet.set([44, 64], 6) // next header: fragment; hop limit
  packet.set(from, 8)
  packet.set(to, 24)
  packet[40] = UDP
  packet[43] = 1 // more fragments
  view.setUint32(44, id)
  return packet
}

test('nor does one over IPv6, where the addresses of a /64 are one sender', limits, async () => {
  await using house = await buildHouse(fullCone)
  const [server] = house.serverNodes
  const [console1] = house.consoles
  const reflector = await server.reflector({ address: v6(server), port: 3478 })
  const box = await console1.mailbox({ address: v6(console1), port: 50000 })
  await report(box, reflector.endpoint)

  const target = v6(console1)
  const from = Uint8Array.from(parseIp('2001:db8:bad::').bytes)
  const out = socketIn(house.stranger, { type: SOCK_RAW, protocol: IPPROTO_RAW, family: 6 })
  for (let id = 0; id < FLOOD; id++) {
    new DataView(from.buffer).setUint32(12, id)
    sendTo(out, firstFragment6(from, Uint8Array.from(parseIp(target).bytes), id), target)
  }
  close(out)

  const datagram = randomBytes(LARGE)
  await reflector.send(datagram, { address: target, port: 50000 })
  await arrives(box, datagram)
})
