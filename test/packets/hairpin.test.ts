import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type LabNode, reached, reachedEach, readDoorman, sandbox } from '@sallyport/lab'
import { buildHouse, externalPort, fullCone, type House, openServers, WAN } from '../support/house.ts'

await sandbox()

const limits = { timeout: 60_000 }
const rules = `${fullCone}
forwards:
- tcp/6881 -> workstation
- tcp/1000 -> workstation:2345
- udp/30000-30099 -> workstation
`
const plain = rules.replace(fullCone, 'nat: { hosts: [] }')

/** From another host, from the very host that serves, and from another LAN. */
const callers: Record<string, (house: House) => LabNode> = {
  'another host of the LAN': ({ consoles }) => consoles[0],
  'the serving host itself': ({ workstation }) => workstation,
  'a host of another LAN': ({ guest }) => guest,
}

for (const [what, nat] of [
  ['with a cone', rules],
  ['without one', plain],
] as const) {
  for (const [who, pick] of Object.entries(callers)) {
    test(
      `${who} reaches every kind of forward through the WAN address, and is seen from there, ${what}`,
      limits,
      async () => {
        await using house = await buildHouse(nat, { garage: true })
        const caller = pick(house)
        for (const port of [6881, 2345]) await house.workstation.doorman({ port })
        const range = [30000, 30057, 30099]
        for (const port of range) await house.workstation.reflector({ port })

        for (const [port, inside] of [
          [6881, 6881],
          [1000, 2345],
        ] as const) {
          const there = await reached({ from: caller, to: { address: WAN, port }, protocol: 'tcp' })
          assert.deepEqual([there?.host, there?.port, there?.source.address], ['workstation', inside, WAN])
        }
        const reports = await reachedEach({ from: caller, to: { address: WAN, port: 0 }, protocol: 'udp' }, range)
        assert.deepEqual(
          reports.map((there) => [there?.port, there?.source.address]),
          range.map((port) => [port, WAN]),
        )
      },
    )
  }
}

for (const [who, pick] of Object.entries(callers)) {
  test(`${who} reaches an open port through the WAN address, and the answer comes from there`, limits, async () => {
    await using house = await buildHouse(fullCone, { garage: true })
    const [server] = await openServers(house)
    for (const [n, node] of [house.workstation, house.consoles[1]].entries()) {
      const box = await node.mailbox({ port: 50000 })
      const external = { address: WAN, port: await externalPort(box, server.first.endpoint) }
      // The second host's port is drawn, and could be this one.
      const own = [51000 + n, 52000 + n].find((port) => port !== external.port)!
      const caller = await pick(house).mailbox({ port: own })

      await caller.send('hairpin', external)
      const { from } = await box.receive({ text: 'hairpin' })
      // RFC 4787 REQ-9a: external source address and port
      assert.deepEqual(
        from,
        { address: WAN, port: own },
        `seen from ${from.port} instead of ${own} at ${external.port}`,
      )
      await box.send('answer', from)
      await caller.receive({ text: 'answer', from: external })
      assert.equal(await externalPort(caller, server.first.endpoint), own, 'the same port towards the internet')
    }
  })
}

test('TCP: two hosts on one local port reach each other through the WAN address', limits, async () => {
  await using house = await buildHouse(fullCone)
  const [first, second] = house.consoles
  const door = await house.serverNodes[0].doorman({ port: 80 })
  const externals = []
  for (const from of [first, second]) {
    const seen = await portSeen(from, door.endpoint)
    externals.push({ address: WAN, port: seen })
  }
  for (const [from, to, node] of [
    [first, externals[1]!, second],
    [second, externals[0]!, first],
  ] as const) {
    await using _listening = await node.doorman({ port: 40000 })
    const there = await reached({ from, to, protocol: 'tcp' })
    assert.deepEqual([there?.host, there?.source.address], [node.name, WAN])
  }
})

async function portSeen(node: LabNode, to: { address: string; port: number }): Promise<number> {
  return (await readDoorman(await node.tcpConnect({ to, from: { port: 40000 } }))).source.port
}
