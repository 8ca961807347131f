import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readDoorman, report, sandbox } from '@sallyport/lab'
import { buildHouse, fullCone, openServers, WAN } from '../support/house.ts'

await sandbox()

const port = 41000
const limits = { timeout: 60_000 }

/** A peer writes to the port before the inside host does; then where does the peer see the host, and where others? */
async function probeFirst(rules: (house: Awaited<ReturnType<typeof buildHouse>>) => Promise<void>) {
  await using house = await buildHouse()
  await rules(house)
  const [one, two] = await openServers(house)
  const console1 = await house.consoles[0].mailbox({ port })

  await one.first.send('early', { address: WAN, port })
  const toPeer = await report(console1, one.first.endpoint)
  const toOther = await report(console1, two.first.endpoint)
  return { toPeer: toPeer.source.port, toOther: toOther.source.port }
}

test("a peer's probe before the first packet from inside does not change the mapping", limits, async () => {
  const seen = await probeFirst(async (house) => void house.apply(fullCone))
  assert.deepEqual(seen, { toPeer: port, toOther: port })
})

test('with an input chain that accepts everything, as in the seed, it does', limits, async () => {
  const seen = await probeFirst(async (house) => {
    house.router.sysctl('net.ipv4.ip_forward', 1)
    const { status, stderr } = await house.router.exec('nft', ['-f', '-'], { input: acceptEverything })
    assert.equal(status, 0, stderr)
  })
  assert.notEqual(seen.toPeer, port)
})

test(
  "TCP: a peer's SYN before the first one from inside does not change the mapping, and is not answered",
  limits,
  async () => {
    await using house = await buildHouse(fullCone)
    const [console1] = house.consoles
    const [peer, other] = house.serverNodes
    await assert.rejects(peer.tcpConnect({ to: { address: WAN, port }, from: { port: 80 }, timeout: 300 }), {
      code: 'ETIMEDOUT',
    })
    for (const node of [peer, other]) {
      const door = await node.doorman({ port: 80 })
      const socket = await console1.tcpConnect({ to: door.endpoint, from: { port } })
      assert.equal((await readDoorman(socket)).source.port, port)
    }
  },
)

const acceptEverything = `
table inet naive {
  chain input { type filter hook input priority filter; policy accept; ct state new accept; }
  chain leave { type nat hook postrouting priority srcnat; policy accept; oifname "wan" masquerade; }
}
`
