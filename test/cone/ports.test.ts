import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type LabNode, type Mailbox, sandbox } from '@sallyport/lab'
import { buildHouse, externalPort, openServers, WAN } from '../support/house.ts'

await sandbox()

const limits = { timeout: 60_000 }

/** Does a datagram from a stranger to this external port come to the box? */
async function strangerReaches(stranger: LabNode, external: number, box: Mailbox): Promise<boolean> {
  await using from = await stranger.mailbox()
  await from.send('stranger', { address: WAN, port: external })
  return (await box.tryReceive({ text: 'stranger', within: 300 })) !== undefined
}

test('a reserved port is never opened: who uses it inside gets another one outside', limits, async () => {
  await using house = await buildHouse('nat: { filtering: endpoint-independent, reserved: [udp/0-1023, udp/5353] }')
  const [server] = await openServers(house)
  for (const port of [500, 5353]) {
    const inside = await house.consoles[1].mailbox({ port })
    const external = await externalPort(inside, server.first.endpoint)

    assert.notEqual(external, port)
    assert.ok(external > 1023, `external port ${external}`)
    assert.equal(await strangerReaches(house.stranger, external, inside), true)
    assert.equal(await strangerReaches(house.stranger, port, inside), false)
  }
})

test(
  'an owned port stays with its owner, and another host that uses it inside gets another one outside',
  limits,
  async () => {
    await using house = await buildHouse('nat: { filtering: endpoint-independent }')
    const [server, other] = await openServers(house)
    const [owner, guest] = house.consoles

    const guestBox = await guest.mailbox({ port: 45003 })
    const guestPort = await externalPort(guestBox, server.first.endpoint)
    assert.ok(guestPort < 45000 || guestPort > 45010, `external port ${guestPort}`)

    const ownerBox = await owner.mailbox({ port: 45003 })
    assert.equal(await strangerReaches(house.stranger, 45003, ownerBox), true, 'before it has sent anything')
    assert.equal(await externalPort(ownerBox, server.first.endpoint), 45003)
    assert.equal(await externalPort(ownerBox, other.first.endpoint), 45003)
    assert.equal(await externalPort(guestBox, other.first.endpoint), guestPort)
    assert.equal(await strangerReaches(house.stranger, guestPort, guestBox), true)
  },
)

test(
  'a forwarded port is not given to another host, and the host that it leads to leaves with it',
  limits,
  async () => {
    await using house = await buildHouse(
      'nat: { filtering: endpoint-independent }\nforwards: [udp/7000 -> workstation]',
    )
    const [server] = await openServers(house)
    const other = await house.consoles[1].mailbox({ port: 7000 })
    const workstation = await house.workstation.mailbox({ port: 7000 })

    assert.notEqual(await externalPort(other, server.first.endpoint), 7000)
    assert.equal(await externalPort(workstation, server.first.endpoint), 7000)
    assert.equal(await strangerReaches(house.stranger, 7000, workstation), true)
  },
)

test(
  'a host that nat.hosts does not list opens no port, and shares none with a host that it lists',
  limits,
  async () => {
    await using house = await buildHouse('nat: { filtering: endpoint-independent, hosts: [console-1] }')
    const [one, two] = await openServers(house)
    const unlisted = await house.workstation.mailbox({ port: 50000 })
    const listed = await house.consoles[0].mailbox({ port: 50000 })

    const plain = await externalPort(unlisted, one.first.endpoint)
    const open = await externalPort(listed, two.first.endpoint)

    assert.notEqual(plain, open)
    assert.equal(await externalPort(listed, one.first.endpoint), open)
    assert.equal(await strangerReaches(house.stranger, plain, unlisted), false)
    assert.equal(await strangerReaches(house.stranger, open, listed), true)
  },
)
