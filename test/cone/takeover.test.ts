import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { type LabNode, reached, readDoorman, sandbox } from '@sallyport/lab'
import type { Endpoint } from '@sallyport/linux'
import { Watch } from '../support/events.ts'
import { buildHouse, externalPort, openServers, WAN } from '../support/house.ts'

await sandbox()

const takeover = 1 // seconds
const rules = `nat: { filtering: endpoint-independent, protocols: [udp, tcp], timeout: 60s, takeover: ${takeover}s }`
const limits = { timeout: 60_000 }

/** Idle for as long as it takes: the kernel tells nobody when an element of a set times out. */
const idle = (): Promise<void> => sleep((takeover + 1) * 1000)

test(
  'another host may take the port of an idle mapping, and the first one gets another when it comes back',
  limits,
  async ({ signal }) => {
    await using house = await buildHouse(rules)
    const [one, two] = await openServers(house)
    const [first, second] = [
      await house.consoles[0].mailbox({ port: 50000 }),
      await house.consoles[1].mailbox({ port: 50000 }),
    ]
    const stranger = await house.stranger.mailbox()
    await using events = new Watch(house.sallyport, signal)
    assert.equal(await externalPort(first, one.first.endpoint), 50000)

    await idle()
    await stranger.send('idle', { address: WAN, port: 50000 })
    await first.receive({ text: 'idle' })

    await idle()
    assert.equal(await externalPort(second, two.first.endpoint), 50000, 'the second host has taken it')
    await stranger.send('to the new one', { address: WAN, port: 50000 })
    await second.receive({ text: 'to the new one' })
    const event = await events.first('takeover')
    assert.deepEqual(event, {
      type: 'takeover',
      protocol: 'udp',
      internal: '192.168.1.12:50000',
      external: `${WAN}:50000`,
    })

    const again = await externalPort(first, two.second.endpoint)
    assert.notEqual(again, 50000)
    assert.equal(await externalPort(first, one.second.endpoint), again)
    assert.equal(await externalPort(second, one.second.endpoint), 50000)
    await stranger.send('to the old one', { address: WAN, port: again })
    await first.receive({ text: 'to the old one' })
    assert.equal(events.seen('takeover').length, 1)
  },
)

test('a mapping in use is not taken', limits, async () => {
  await using house = await buildHouse(rules)
  const [one, two] = await openServers(house)
  const [first, second] = [
    await house.consoles[0].mailbox({ port: 50000 }),
    await house.consoles[1].mailbox({ port: 50000 }),
  ]
  assert.equal(await externalPort(first, one.first.endpoint), 50000)
  for (let n = 0; n < takeover * 8; n++) {
    await sleep(300)
    await externalPort(first, one.first.endpoint)
  }
  assert.notEqual(await externalPort(second, two.first.endpoint), 50000)
})

test('TCP: an idle port goes to another host, and strangers reach that one', limits, async ({ signal }) => {
  await using house = await buildHouse(rules)
  const [first, second] = house.consoles
  const [one, two] = [
    await house.serverNodes[0].doorman({ port: 80 }),
    await house.serverNodes[1].doorman({ port: 80 }),
  ]
  await using events = new Watch(house.sallyport, signal)
  assert.equal(await portTowards(first, one.endpoint), 40000)

  await idle()
  assert.equal(await portTowards(second, two.endpoint), 40000)

  await using _old = await first.doorman({ port: 40000 })
  await using _new = await second.doorman({ port: 40000 })
  const visit = await reached({ from: house.stranger, to: { address: WAN, port: 40000 }, protocol: 'tcp' })
  assert.equal(visit?.host, second.name)
  const event = await events.first('takeover')
  assert.deepEqual([event.protocol, event.internal], ['tcp', '192.168.1.12:40000'])
})

async function portTowards(node: LabNode, to: Endpoint): Promise<number> {
  const socket = await node.tcpConnect({ to, from: { port: 40000 } })
  return (await readDoorman(socket)).source.port
}
