import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sandbox } from '@sallyport/lab'
import { buildHouse, fullCone, WAN } from '../support/house.ts'
import { readIcmp } from '../support/packets.ts'
import { RawSocket } from '../support/raw-socket.ts'
import { Pinger } from '../support/sockets.ts'
import { IPPROTO_ICMP } from '../support/system.ts'

await sandbox()

const limits = { timeout: 60_000 }
const ECHO_REQUEST = 8

for (const [what, rules] of [
  ['a cone', fullCone],
  ['address-and-port-dependent mapping', 'nat: { mapping: address-and-port-dependent }'],
] as const) {
  test(
    `through ${what} three hosts ping one server with the same identifier, and each gets its own answers`,
    limits,
    async () => {
      await using house = await buildHouse(rules)
      const [server] = house.serverNodes
      using seen = new RawSocket(server, IPPROTO_ICMP)
      const ids = new Set<number>()
      for (const node of house.consoles) {
        await using pinger = await Pinger.open(node, { id: 4242 })
        assert.equal(await pinger.ping(server.address, `ping of ${node.name}`), true)
        const request = await seen.receive((packet) => Buffer.from(packet).includes(`ping of ${node.name}`))
        const { from, type, id } = readIcmp(request!)
        assert.deepEqual([from, type], [WAN, ECHO_REQUEST])
        ids.add(id)
      }
      assert.equal(ids.size, 3, `identifiers outside: ${[...ids].join(', ')}`)
    },
  )
}

test('a host pings two servers under one identifier, and gets the answers of both', limits, async () => {
  await using house = await buildHouse(fullCone)
  await using pinger = await Pinger.open(house.consoles[0], { id: 4242 })
  const ids: number[] = []
  for (const server of house.serverNodes) {
    using seen = new RawSocket(server, IPPROTO_ICMP)
    assert.equal(await pinger.ping(server.address, server.name), true)
    const request = await seen.receive((packet) => Buffer.from(packet).includes(server.name))
    ids.push(readIcmp(request!).id)
  }
  assert.deepEqual(ids, [4242, 4242]) // RFC 5508 REQ-1a
})
