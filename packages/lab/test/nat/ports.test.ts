import assert from 'node:assert/strict'
import test from 'node:test'
import { sandbox } from '@sallyport/linux'
import type { Ports } from '../../src/nat/index.ts'
import { type Mailbox, NoAnswer, readDoorman } from '../../src/traffic/index.ts'
import { behind, type House, seen } from './support.ts'

await sandbox()

/** Sockets of the first host, from a port on. */
async function sockets({ hosts }: House, count: number, from = 40000): Promise<Mailbox[]> {
  return Promise.all(Array.from({ length: count }, (_, index) => hosts[0].mailbox({ port: from + index })))
}

test('preserve: a host keeps its port, and another one on the same port gets another', async () => {
  await using house = await behind({})
  const [one, two] = [await house.hosts[0].mailbox({ port: 40000 }), await house.hosts[1].mailbox({ port: 40000 })]
  assert.equal((await seen(one, house.servers[0])).port, 40000)
  assert.notEqual((await seen(two, house.servers[1])).port, 40000)
})

test('sequential: one port after the other', async () => {
  await using house = await behind({ ports: 'sequential' })
  const ports = []
  for (const box of await sockets(house, 3)) ports.push((await seen(box, house.servers[0])).port)
  assert.deepEqual(ports, [20000, 20001, 20002])
})

test('random: ports all over the place', async () => {
  await using house = await behind({ ports: 'random' })
  const ports = []
  for (const box of await sockets(house, 8)) ports.push((await seen(box, house.servers[0])).port)
  assert.equal(new Set(ports).size, 8)
  assert.ok(ports.every((port) => port >= 1024))
  assert.ok(Math.max(...ports) - Math.min(...ports) > 1000, `${ports}`)
})

test('parity: who has to have another port gets an even one for an even one, and an odd one for an odd one', async () => {
  await using house = await behind({ ports: 'parity' })
  for (const port of [40000, 40001, 40003, 40002]) {
    const [one, two] = [await house.hosts[0].mailbox({ port }), await house.hosts[1].mailbox({ port })]
    assert.equal((await seen(one, house.servers[0])).port, port)
    const other = (await seen(two, house.servers[0])).port
    assert.notEqual(other, port)
    assert.equal(other % 2, port % 2)
    assert.deepEqual((await seen(two, house.servers[1])).port, other)
  }
})

/** Where server 1's door sees TCP connections of the first host come from, one for each local port; undefined: none. */
async function tcpPorts({ lab, hosts }: House, count: number, from = 40000): Promise<(number | undefined)[]> {
  await using _door = await lab.get('server-1').doorman({ port: 80 })
  const to = { address: lab.get('server-1').address, port: 80 }
  const open = Array.from({ length: count }, (_, index) =>
    hosts[0].tcpConnect({ to, from: { port: from + index }, timeout: 600 }),
  )
  const found = []
  for (const each of await Promise.allSettled(open))
    found.push(each.status === 'fulfilled' ? (await readDoorman(each.value)).source.port : undefined)
  return found
}

test('TCP: the words about ports are the same, and a full range lets nothing more out', async () => {
  const told: Record<string, (ports: readonly (number | undefined)[]) => boolean> = {
    preserve: (ports) => ports.join() === '40000,40001,40002',
    sequential: (ports) => [...ports].sort().join() === '20000,20001,20002',
    random: (ports) => new Set(ports).size === 3 && ports.every((port) => port! >= 1024 && port !== 40000),
  }
  for (const [ports, isSo] of Object.entries(told)) {
    await using house = await behind({ ports: ports as Ports })
    const found = await tcpPorts(house, 3)
    assert.ok(isSo(found), `${ports}: ${found}`)
  }
  await using house = await behind({ ports: { range: [30000, 30001] } })
  const found = await tcpPorts(house, 3)
  assert.deepEqual(found.filter((port) => port !== undefined).sort(), [30000, 30001])
})

test('range: all of its ports are used, then nothing is sent, until one is free again', async () => {
  await using house = await behind({ ports: { range: [30000, 30003] }, timeouts: { udp: 2, udpStream: 2 } })
  const boxes = await sockets(house, 5)
  const ports = new Set<number>()
  for (const box of boxes.slice(0, 4)) ports.add((await seen(box, house.servers[0])).port)
  assert.deepEqual([...ports].sort(), [30000, 30001, 30002, 30003])
  await assert.rejects(seen(boxes[4]!, house.servers[0]), NoAnswer)
  const freed = await untilSeen(boxes[4]!, house)
  assert.ok(ports.has(freed))
})

/** Asks again and again: mappings that nobody uses end after two seconds. */
async function untilSeen(box: Mailbox, { servers }: House): Promise<number> {
  for (let tries = 0; ; tries += 1) {
    try {
      return (await seen(box, servers[0])).port
    } catch (error) {
      if (!(error instanceof NoAnswer) || tries > 20) throw error
    }
  }
}

test('two hosts whose first packets leave at the same moment never share a port', async () => {
  await using house = await behind({ filtering: 'endpoint-independent' })
  for (let trial = 0; trial < 30; trial += 1) {
    const port = 41000 + trial
    await using one = await house.hosts[0].mailbox({ port })
    await using two = await house.hosts[1].mailbox({ port })
    const [a, b] = await Promise.all([seen(one, house.servers[0]), seen(two, house.servers[1])])
    assert.notEqual(a.port, b.port)
  }
})
