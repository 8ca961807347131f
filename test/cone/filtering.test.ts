import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { type NatBehaviour, natBehaviour, sandbox, tcpBehaviour } from '@sallyport/lab'
import { buildHouse, externalPort, openServers, WAN } from '../support/house.ts'

await sandbox()

const limits = { timeout: 60_000 }

/** Three hosts on one local port, measured together. */
async function measure(nat: string): Promise<NatBehaviour[]> {
  await using house = await buildHouse(`nat: { ${nat}, hosts: [console-1, console-2, console-3] }`)
  const hosts = []
  for (const node of house.consoles) {
    hosts.push({ name: node.name, address: node.address, box: await node.mailbox({ port: 50000 }) })
  }
  const servers = await openServers(house)
  return await natBehaviour({ hosts, servers, stranger: await house.stranger.mailbox() })
}

const three = <T>(value: T): T[] => [value, value, value]

for (const [filtering, grade] of [
  ['endpoint-independent', 'A'],
  ['address-dependent', 'B'],
  ['address-and-port-dependent', 'B'],
] as const) {
  test(`${filtering} filtering is what three hosts on one port get, with one external port each`, limits, async () => {
    const seen = await measure(`filtering: ${filtering}`)
    assert.deepEqual(
      seen.map(({ mapping, filtering, grade }) => ({ mapping, filtering, grade })),
      three({ mapping: 'endpoint-independent', filtering, grade }),
    )
    assert.equal(new Set(seen.map(({ external }) => external)).size, 3)
  })

  test(`TCP: ${filtering} mappings are endpoint-independent, and who gets in is as promised`, limits, async () => {
    await using house = await buildHouse(`nat: { filtering: ${filtering}, protocols: [udp, tcp] }`)
    const seen = await tcpBehaviour({
      hosts: house.consoles,
      port: 40000,
      servers: house.serverNodes,
      stranger: house.stranger,
    })
    assert.deepEqual(
      seen.map(({ mapping, filtering }) => ({ mapping, filtering })),
      three({ mapping: 'endpoint-independent', filtering }),
    )
    assert.equal(new Set(seen.map(({ external }) => external)).size, 3)
  })
}

test('address-and-port-dependent mapping gives another port towards every destination', limits, async () => {
  const seen = await measure('mapping: address-and-port-dependent, filtering: address-and-port-dependent')
  assert.deepEqual(
    seen.map(({ mapping, filtering, grade }) => ({ mapping, filtering, grade })),
    three({ mapping: 'address-and-port-dependent', filtering: 'address-and-port-dependent', grade: 'D' }),
  )
})

test(
  'with address-dependent filtering a peer that was written to gets in from every port, until then from none',
  limits,
  async () => {
    await using house = await buildHouse('nat: { filtering: address-dependent }')
    const [one, two] = await openServers(house)
    const inside = await house.consoles[0].mailbox({ port: 50000 })
    const address = { address: WAN, port: await externalPort(inside, one.first.endpoint) }
    await one.unknown.send('from another port', address)
    await inside.receive({ text: 'from another port' })
    await two.unknown.send('too early', address)
    await inside.expectNothing({ text: 'too early', within: 300 })

    await externalPort(inside, two.first.endpoint)
    await two.unknown.send('now', address)
    await inside.receive({ text: 'now' })
  },
)

test(
  'with address-dependent filtering every peer stays admitted while packets go to it, however many there are',
  limits,
  async () => {
    await using house = await buildHouse('nat: { filtering: address-dependent, timeout: 2s, takeover: 1s }')
    const [one, two] = await openServers(house)
    const inside = await house.consoles[0].mailbox({ port: 50000 })
    const address = { address: WAN, port: await externalPort(inside, one.first.endpoint) }
    for (let n = 0; n < 16; n++) {
      for (const server of [one, two]) await inside.send('on and on', server.first.endpoint)
      await sleep(300) // what keeps a peer admitted is traffic, and traffic takes time
    }
    for (const [n, server] of [one, two].entries()) {
      await server.unknown.send(`peer ${n}`, address)
      await inside.receive({ text: `peer ${n}` })
    }
  },
)

test('with address-dependent filtering a peer of one host does not get in to another', limits, async () => {
  await using house = await buildHouse('nat: { filtering: address-dependent }')
  const [one, two] = await openServers(house)
  const first = await house.consoles[0].mailbox({ port: 50000 })
  const second = await house.consoles[1].mailbox({ port: 50000 })
  await externalPort(first, one.first.endpoint)
  const port = await externalPort(second, two.first.endpoint)
  await one.unknown.send('peer of the first', { address: WAN, port })
  await second.expectNothing({ text: 'peer of the first', within: 300 })
  await two.unknown.send('peer of the second', { address: WAN, port })
  await second.receive({ text: 'peer of the second' })
})
