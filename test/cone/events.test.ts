import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readDoorman, sandbox } from '@sallyport/lab'
import { UdpBatch } from '@sallyport/linux'
import { Watch } from '../support/events.ts'
import { buildHouse, externalPort, fullCone, openServers, WAN } from '../support/house.ts'

await sandbox()

const limits = { timeout: 60_000 }

test('an event tells of each mapping once, with both its endpoints', limits, async ({ signal }) => {
  await using house = await buildHouse(fullCone)
  const [one, two] = await openServers(house)
  await using events = new Watch(house.sallyport, signal)
  const [first, second] = house.consoles
  const boxes = [await first.mailbox({ port: 50000 }), await second.mailbox({ port: 50000 })]
  const externals: number[] = []
  for (const server of [one.first, two.first, one.second, two.second]) {
    for (const [n, box] of boxes.entries()) externals[n] = await externalPort(box, server.endpoint)
  }

  // Events come in order: behind this one none of the others can be outstanding.
  const fence = await house.consoles[2].mailbox({ port: 50001 })
  await externalPort(fence, one.first.endpoint)
  await events.first('open', ({ internal }) => internal === '192.168.1.13:50001')

  assert.deepEqual(events.seen('open'), [
    { type: 'open', protocol: 'udp', internal: '192.168.1.11:50000', external: `${WAN}:${externals[0]}` },
    { type: 'open', protocol: 'udp', internal: '192.168.1.12:50000', external: `${WAN}:${externals[1]}` },
    { type: 'open', protocol: 'udp', internal: '192.168.1.13:50001', external: `${WAN}:50001` },
  ])
})

test('TCP: an event tells of the port that a connection opened', limits, async ({ signal }) => {
  await using house = await buildHouse(fullCone)
  const door = await house.serverNodes[0].doorman({ port: 80 })
  await using events = new Watch(house.sallyport, signal)
  const socket = await house.consoles[1].tcpConnect({ to: door.endpoint, from: { port: 40000 } })
  await readDoorman(socket)
  assert.deepEqual(await events.first('open'), {
    type: 'open',
    protocol: 'tcp',
    internal: '192.168.1.12:40000',
    external: `${WAN}:40000`,
  })
})

test('a port that is opened by hairpin is told of as well', limits, async ({ signal }) => {
  await using house = await buildHouse(fullCone)
  const [one] = await openServers(house)
  const target = await house.consoles[0].mailbox({ port: 50000 })
  const external = await externalPort(target, one.first.endpoint)
  await using events = new Watch(house.sallyport, signal)
  const caller = await house.consoles[1].mailbox({ port: 51000 })
  await caller.send('hello', { address: WAN, port: external })
  await target.receive({ text: 'hello', from: { address: WAN, port: 51000 } })
  const event = await events.first('open')
  assert.deepEqual([event.internal, event.external], ['192.168.1.12:51000', `${WAN}:51000`])
})

test(
  'an event tells of a first packet that was refused, by the port that it would have had',
  limits,
  async ({ signal }) => {
    // Half of the 2048 ports that hosts are moved to are held: each packet has an even chance to be refused.
    const reserved = 'udp/0-1023, udp/3072-44999, udp/45011-60999'
    await using house = await buildHouse(
      `nat: { filtering: endpoint-independent, limit: 4096, reserved: [${reserved}] }`,
    )
    const [one, two] = await openServers(house)
    const [host, holder] = house.consoles
    for (let port = 1024; port < 3072; port += 2) {
      using socket = UdpBatch.open({ namespace: holder.namespace, port, slots: 1, slotSize: 64 })
      socket.send(UdpBatch.prepare([{ to: two.first.endpoint, payload: Buffer.from('held') }]))
    }
    await using events = new Watch(house.sallyport, signal)

    for (let port = 100; port < 130 && house.sallyport.status().refused === 0n; port++) {
      const box = await host.mailbox({ port })
      await externalPort(box, one.first.endpoint, { attempts: 60, interval: 50 })
    }

    const { protocol, internal, external } = await events.first('refused')
    assert.deepEqual([protocol, internal], ['udp', undefined])
    assert.match(external ?? '', /^203\.0\.113\.1:\d+$/)
    const port = Number(external?.split(':')[1])
    assert.ok(port >= 1024 && port < 3072 && port % 2 === 0, `${external} is one of the ports that were held`)
  },
)
