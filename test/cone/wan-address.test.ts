import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Mailbox, report, sandbox } from '@sallyport/lab'
import { Conntrack } from '@sallyport/linux'
import { buildHouse, fullCone, type House, openServers, WAN } from '../support/house.ts'
import { until } from '../support/wait.ts'

await sandbox()

const limits = { timeout: 60_000 }
const other = '203.0.113.77'

/** The first keeps its port, the second is moved: both use the same one inside. */
async function twoHosts(house: House): Promise<[Mailbox, Mailbox]> {
  const [one, two] = house.consoles
  return [await one.mailbox({ port: 50000 }), await two.mailbox({ port: 50000 })]
}

/** Is there a flow that leaves from this address? */
function flowsAt({ router }: House, address: string): boolean {
  using conntrack = Conntrack.open({ namespace: router.namespace })
  return conntrack.list({ family: 'ipv4' }).some(({ reply }) => reply.destination === address)
}

/** From another socket each time: none has a flow yet. */
async function strangerReaches(house: House, box: Mailbox, address: string, port: number): Promise<void> {
  await using stranger = await house.stranger.mailbox()
  const text = `stranger to ${address}:${port}`
  await stranger.send(text, { address, port })
  await box.receive({ text })
}

test('when the WAN address is replaced, the same sockets have the same ports on the new one', limits, async () => {
  await using house = await buildHouse(fullCone)
  const [one, two] = await openServers(house)
  const boxes = await twoHosts(house)
  const ports: number[] = []
  for (const box of boxes) ports.push((await report(box, one.first.endpoint)).source.port)

  using route = house.router.route()
  route.deleteAddress('wan', `${WAN}/24`)
  route.addAddress('wan', `${other}/24`)
  await until(() => !flowsAt(house, WAN), 10_000) // the kernel forgets masqueraded flows of an address that is gone

  for (const [n, box] of boxes.entries()) {
    for (const server of [one.first, two.first, one.second]) {
      const { source } = await report(box, server.endpoint)
      assert.deepEqual(source, { address: other, port: ports[n] })
    }
    await strangerReaches(house, box, other, ports[n]!)
  }
})

test('a second WAN address leads to the same hosts, and forwards and hairpin work through each', limits, async () => {
  await using house = await buildHouse(`${fullCone}\nforwards: [udp/7000 -> workstation]`)
  const [one] = await openServers(house)
  const boxes = await twoHosts(house)
  const workstation = await house.workstation.mailbox({ port: 7000 })
  const ports: number[] = []
  for (const box of boxes) ports.push((await report(box, one.first.endpoint)).source.port)

  using route = house.router.route()
  route.addAddress('wan', `${other}/24`)

  for (const address of [WAN, other]) {
    for (const [n, box] of boxes.entries()) await strangerReaches(house, box, address, ports[n]!)
    await strangerReaches(house, workstation, address, 7000)
    await hairpins(house, boxes[1], { address, port: ports[1]! })
    await hairpins(house, workstation, { address, port: 7000 })
  }
})

/** A console that calls the address is seen at that address, with its own port; the answer comes back to it. */
async function hairpins(house: House, box: Mailbox, to: { address: string; port: number }): Promise<void> {
  await using caller = await house.consoles[2].mailbox()
  const text = `hairpin to ${to.address}:${to.port}`
  await caller.send(text, to)
  const { from } = await box.receive({ text })
  assert.deepEqual(from, { address: to.address, port: caller.local.port })
  await box.send('answer', from)
  await caller.receive({ text: 'answer', from: to })
}
