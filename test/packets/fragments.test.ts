import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { type LabNode, type Mailbox, sandbox } from '@sallyport/lab'
import type { Endpoint } from '@sallyport/linux'
import { buildHouse, externalPort, fullCone, openServers, WAN } from '../support/house.ts'
import { fragments } from '../support/packets.ts'
import { RawSocket } from '../support/raw-socket.ts'
import { IPPROTO_ICMP } from '../support/system.ts'

await sandbox()

const limits = { timeout: 60_000 }
const size = 3000 // four fragments

const orders: Record<string, readonly number[]> = {
  'in order': [0, 1, 2, 3],
  reversed: [3, 2, 1, 0],
  'out of order': [2, 0, 3, 1],
}

let ids = 0x4200

/** Sends a datagram in fragments of the given order, written by hand, and returns what was in it. */
function sendFragments(node: LabNode, from: Endpoint, to: Endpoint, order: readonly number[]): Buffer {
  using raw = new RawSocket(node, IPPROTO_ICMP)
  const payload = randomBytes(size)
  ids += 1
  const parts = fragments({ from, to, id: ids }, payload)
  assert.equal(parts.length, order.length)
  for (const index of order) raw.send(parts[index]!)
  return payload
}

async function arrives(box: Mailbox, payload: Buffer): Promise<Endpoint> {
  const { from } = await box.receive({ where: (letter) => letter.payload.equals(payload) })
  return from
}

for (const [how, order] of Object.entries(orders)) {
  test(
    `a first datagram in fragments ${how} leaves whole, opens its port, and is answered in fragments`,
    limits,
    async () => {
      await using house = await buildHouse(fullCone)
      const [one, two] = await openServers(house)
      for (const node of house.consoles.slice(0, 2)) {
        const box = await node.mailbox({ port: 50000 })
        const local = { address: node.address, port: 50000 }

        const seen = await arrives(one.first, sendFragments(node, local, one.first.endpoint, order))
        const answer = randomBytes(size)
        await one.first.send(answer, seen)

        assert.deepEqual(await arrives(box, answer), one.first.endpoint)
        assert.deepEqual(seen, { address: WAN, port: await externalPort(box, two.first.endpoint) })
      }
    },
  )

  test(`datagrams of strangers in fragments ${how} come in by open ports and by forwards`, limits, async () => {
    await using house = await buildHouse(
      `${fullCone}\nforwards: [udp/7000 -> workstation, udp/7001 -> workstation:7100]`,
    )
    const [one] = await openServers(house)
    const [first, second] = house.consoles
    const targets: [Mailbox, number][] = []
    for (const node of [first, second]) {
      const box = await node.mailbox({ port: 50000 })
      targets.push([box, await externalPort(box, one.first.endpoint)])
    }
    targets.push([await house.workstation.mailbox({ port: 7000 }), 7000])
    targets.push([await house.workstation.mailbox({ port: 7100 }), 7001])
    const stranger = await house.stranger.mailbox({ port: 40000 })
    const from = { address: house.stranger.address, port: 40000 }

    for (const [box, port] of targets) {
      const to = { address: WAN, port }
      assert.deepEqual(await arrives(box, sendFragments(house.stranger, from, to, order)), from)
      const answer = randomBytes(size)
      await box.send(answer, from)
      assert.deepEqual(await arrives(stranger, answer), to)
    }
  })
}
