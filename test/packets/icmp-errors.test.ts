import assert from 'node:assert/strict'
import { test } from 'node:test'
import { knock, sandbox } from '@sallyport/lab'
import { buildHouse, externalPort, fullCone, openServers, WAN } from '../support/house.ts'
import { readIcmp, TIME_EXCEEDED } from '../support/packets.ts'
import { RawSocket } from '../support/raw-socket.ts'
import { addSurroundings } from '../support/surroundings.ts'
import { IPPROTO_ICMP } from '../support/system.ts'

await sandbox()

const limits = { timeout: 60_000 }

test('a closed port behind a forward is refused to who knocks outside', limits, async () => {
  await using house = await buildHouse(`${fullCone}\nforwards: [udp/7000 -> workstation, tcp/7000 -> workstation]`)
  const to = { address: WAN, port: 7000 }
  for (const protocol of ['udp', 'tcp'] as const) {
    assert.equal(await knock({ from: house.stranger, to, protocol }, 5000), 'refused', protocol)
  }
})

test('a host that has closed its socket refuses strangers, and the mapping stays', limits, async () => {
  await using house = await buildHouse(fullCone)
  const [one, two] = await openServers(house)
  for (const node of house.consoles.slice(0, 2)) {
    const box = await node.mailbox({ port: 50000 })
    const port = await externalPort(box, one.first.endpoint)
    await box.close()

    const to = { address: WAN, port }
    assert.equal(await knock({ from: house.stranger, to, protocol: 'udp' }, 5000), 'refused', node.name)

    const again = await node.mailbox({ port: 50000 })
    assert.equal(await externalPort(again, two.first.endpoint), port) // RFC 4787 REQ-12
    const stranger = await house.stranger.mailbox()
    await stranger.send('still open', to)
    await again.receive({ text: 'still open' })
  }
})

test('who calls a closed port by hairpin is refused like anybody outside', limits, async () => {
  await using house = await buildHouse(`${fullCone}\nforwards: [udp/7000 -> workstation]`)
  const [one] = await openServers(house)
  const [caller, target] = house.consoles
  const box = await target.mailbox({ port: 50000 })
  const open = await externalPort(box, one.first.endpoint)
  await box.close()
  for (const port of [open, 7000]) {
    assert.equal(await knock({ from: caller, to: { address: WAN, port }, protocol: 'udp' }, 5000), 'refused') // RFC 5508 REQ-7
  }
})

for (const [what, rules] of [
  ['a cone', fullCone],
  ['plain masquerading', 'nat: { hosts: [] }'],
  ['address-and-port-dependent mapping', 'nat: { mapping: address-and-port-dependent }'],
] as const) {
  test(`through ${what} a host inside is told that a port outside is closed`, limits, async () => {
    await using house = await buildHouse(rules)
    const to = { address: house.serverNodes[0].address, port: 9 }
    for (const from of [house.consoles[0], house.consoles[1]]) {
      for (const protocol of ['udp', 'tcp'] as const) {
        assert.equal(await knock({ from, to, protocol }, 5000), 'refused', `${from.name}, ${protocol}`)
      }
    }
  })
}

test('hops inside, at the router and outside tell a host when the time of its packet is exceeded', limits, async () => {
  await using house = await buildHouse(fullCone)
  const { far, attic } = addSurroundings(house)
  const box = await attic.mailbox({ port: 50000 })
  using icmp = new RawSocket(attic, IPPROTO_ICMP)
  const to = { address: far.address, port: 33434 }
  const hops: Record<number, string> = { 1: '192.168.1.77', 2: '192.168.1.1', 3: '203.0.113.254' }

  for (const [ttl, hop] of Object.entries(hops)) {
    box.socket.setTTL(Number(ttl))
    await box.send('probe', to)
    const error = await icmp.receive((packet) => readIcmp(packet).type === TIME_EXCEEDED)
    assert.ok(error, `nothing came back from hop ${ttl}`)
    const { from, about } = readIcmp(error)
    assert.equal(from, hop)
    // The packet that it is about is given back as the host had sent it.
    assert.deepEqual(about, { source: { address: attic.address, port: 50000 }, destination: to })
  }
})

test('a hop inside tells a sender outside, in the name of the router', limits, async () => {
  await using house = await buildHouse(fullCone)
  const { far, attic } = addSurroundings(house)
  const [one] = await openServers(house)
  const inside = await attic.mailbox({ port: 50000 })
  const to = { address: WAN, port: await externalPort(inside, one.first.endpoint) }
  const box = await far.mailbox({ port: 40000 })
  using icmp = new RawSocket(far, IPPROTO_ICMP)

  box.socket.setTTL(3) // isp, router, inner
  await box.send('probe', to)
  const error = await icmp.receive((packet) => readIcmp(packet).type === TIME_EXCEEDED)

  assert.ok(error, 'nothing came back')
  const { from, about } = readIcmp(error)
  assert.equal(from, WAN, 'nobody outside sees an inside address')
  assert.deepEqual(about, { source: { address: far.address, port: 40000 }, destination: to })
  box.socket.setTTL(64)
  await box.send('whole way', to)
  await inside.receive({ text: 'whole way' })
})
