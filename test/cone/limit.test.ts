import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Mailbox, reached, readDoorman, sandbox } from '@sallyport/lab'
import { Watch } from '../support/events.ts'
import { buildHouse, externalPort, openServers, WAN } from '../support/house.ts'
import { until } from '../support/wait.ts'

await sandbox()

const limit = 8
const limits = { timeout: 60_000 }

test('a host over its limit opens no further port, and can still talk to servers', limits, async ({ signal }) => {
  await using house = await buildHouse(
    `nat: { filtering: endpoint-independent, hosts: [console-1, console-2], limit: ${limit} }`,
  )
  const [server] = await openServers(house)
  await using events = new Watch(house.sallyport, signal)

  const boxes: { box: Mailbox; external: number }[] = []
  for (let n = 0; n < limit + 4; n++) {
    const box = await house.consoles[0].mailbox({ port: 50000 + n })
    boxes.push({ box, external: await externalPort(box, server.first.endpoint) })
  }

  const stranger = await house.stranger.mailbox()
  for (const { external } of boxes) await stranger.send('stranger', { address: WAN, port: external })
  const reached = await Promise.all(boxes.map(({ box }) => box.tryReceive({ text: 'stranger', within: 1000 })))
  assert.deepEqual(
    reached.map((letter) => letter !== undefined),
    boxes.map((_, n) => n < limit),
  )
  assert.equal(house.sallyport.status().mappings.length, limit)

  const event = await events.first('limit')
  assert.deepEqual(event, { type: 'limit', protocol: 'udp', internal: `192.168.1.11:${50000 + limit}` })
  assert.equal(events.seen('limit').length, 1, 'one event, though four ports were too many')

  const other = await house.consoles[1].mailbox({ port: 50000 })
  const external = await externalPort(other, server.first.endpoint)
  await stranger.send('to the other host', { address: WAN, port: external })
  await other.receive({ text: 'to the other host' })
})

test('ports of UDP and of TCP count together', limits, async ({ signal }) => {
  await using house = await buildHouse('nat: { filtering: endpoint-independent, protocols: [udp, tcp], limit: 1 }')
  const [server] = await openServers(house)
  const door = await house.serverNodes[0].doorman({ port: 80 })
  await using events = new Watch(house.sallyport, signal)
  const [host] = house.consoles
  await externalPort(await host.mailbox({ port: 50000 }), server.first.endpoint)

  const connection = await host.tcpConnect({ to: door.endpoint, from: { port: 40000 } })
  const { source } = await readDoorman(connection)

  await using _listening = await host.doorman({ port: 40000 })
  assert.equal(await reached({ from: house.stranger, to: source, protocol: 'tcp' }), undefined)
  const event = await events.first('limit')
  assert.deepEqual(event, { type: 'limit', protocol: 'tcp', internal: '192.168.1.11:40000' })
})

test('a place in the limit comes back when a mapping has ended', limits, async () => {
  await using house = await buildHouse(
    'nat: { filtering: endpoint-independent, hosts: [console-1], limit: 1, timeout: 2s, takeover: 1s }',
  )
  const [server] = await openServers(house)
  const first = await house.consoles[0].mailbox({ port: 50000 })
  const second = await house.consoles[0].mailbox({ port: 50001 })
  await externalPort(first, server.first.endpoint)
  await externalPort(second, server.first.endpoint)
  const open = (): string[] => house.sallyport.status().mappings.map(({ internal }) => internal)
  assert.deepEqual(open(), ['192.168.1.11:50000'])

  await until(() => open().length === 0, 10_000)
  let port = 50001
  await until(async () => {
    port += 1 // a flow that began over the limit stays as it is
    await externalPort(await house.consoles[0].mailbox({ port }), server.first.endpoint)
    return open().length > 0
  }, 5000)
  assert.deepEqual(open(), [`192.168.1.11:${port}`])
})

test('without a list of hosts a limit holds for every address of the LAN', limits, async () => {
  await using house = await buildHouse('nat: { filtering: endpoint-independent, limit: 1 }')
  const [server] = await openServers(house)
  const first = await house.workstation.mailbox({ port: 50000 })
  const second = await house.workstation.mailbox({ port: 50001 })
  await externalPort(first, server.first.endpoint)
  await externalPort(second, server.first.endpoint)
  assert.deepEqual(
    house.sallyport.status().mappings.map(({ internal }) => internal),
    ['192.168.1.100:50000'],
  )
})
