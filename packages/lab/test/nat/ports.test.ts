import assert from 'node:assert/strict'
import test from 'node:test'
import { sandbox } from '@sallyport/linux'
import { type Mailbox, NoAnswer } from '../../src/traffic/index.ts'
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
