import assert from 'node:assert/strict'
import { test } from 'node:test'
import { natBehaviour, readDoorman, sandbox } from '@sallyport/lab'
import { buildHouse, fullCone, openServers, WAN } from '../support/house.ts'

await sandbox()

const limits = { timeout: 60_000 }

test(
  'UDP: three hosts on one local port have one external port each, and a stranger gets in to each of them',
  limits,
  async () => {
    await using house = await buildHouse(fullCone)
    const hosts = []
    for (const node of house.consoles) {
      hosts.push({ name: node.name, address: node.address, box: await node.mailbox({ port: 50000 }) })
    }

    const seen = await natBehaviour({
      hosts,
      servers: await openServers(house),
      stranger: await house.stranger.mailbox(),
      hairpin: true,
    })

    assert.deepEqual(
      seen.map(({ grade }) => grade),
      ['A', 'A', 'A'],
    )
    assert.deepEqual(
      seen.map(({ hairpin }) => hairpin),
      ['external-source', 'external-source', 'external-source'],
    )
    assert.equal(new Set(seen.map(({ external }) => external)).size, 3)
    assert.equal(seen[0]?.external, `${WAN}:50000`, 'the first one keeps its port')
  },
)

test(
  'TCP: three hosts on one local port have one external port each, and a stranger connects to each of them',
  limits,
  async () => {
    await using house = await buildHouse(fullCone)
    const doors = []
    for (const [node, port] of [
      [house.serverNodes[0], 80],
      [house.serverNodes[0], 81],
      [house.serverNodes[1], 80],
    ] as const) {
      doors.push(await node.doorman({ port }))
    }

    const externals = []
    for (const node of house.consoles) {
      const seen = new Set<number>()
      for (const { endpoint } of doors) {
        const socket = await node.tcpConnect({ to: endpoint, from: { port: 40000 } })
        seen.add((await readDoorman(socket)).source.port)
      }
      assert.equal(seen.size, 1, `${node.name} is ${[...seen].join(', ')} to three destinations`)
      externals.push(...seen)
    }
    assert.equal(new Set(externals).size, 3, `external ports ${externals.join(', ')}`)

    for (const [index, node] of house.consoles.entries()) {
      await using door = await node.doorman({ port: 40000 })
      const socket = await house.stranger.tcpConnect({ to: { address: WAN, port: externals[index]! } })
      assert.equal((await readDoorman(socket)).host, node.name)
      assert.deepEqual(
        door.visitors.map(({ address }) => address),
        [house.stranger.address],
        'with its true source',
      )
    }
  },
)
