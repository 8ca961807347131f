import assert from 'node:assert/strict'
import { test } from 'node:test'
import { report, sandbox } from '@sallyport/lab'
import { buildHouse, cone, config, WAN } from './support/house.ts'

await sandbox()

test('status counts a forward in both directions, and shows open ports with the time they have left', async () => {
  await using house = await buildHouse()
  const { sallyport, alice, server, stranger } = house
  assert.equal(sallyport.status().active, false)
  sallyport.apply(config(`${cone()}forwards: [udp/5000-5009 -> alice, 'udp/6000 -> alice:6001']\n`))
  await using inside = await alice.reflector({ port: 5003 })
  await using box = await stranger.mailbox()
  await report(box, { address: WAN, port: 5003 })
  await using reflector = await server.reflector({ port: 3478 })
  await using console = await alice.mailbox({ port: 50000 })
  await report(console, reflector.endpoint)

  const { active, forwards, mappings, conntrack, refused } = sallyport.status()
  assert.equal(active, true)
  const range = forwards.find(({ port }) => port === 'udp/5000-5009')
  assert.equal(range?.to, '192.168.1.100')
  assert.equal(range.packets, 2n, 'the question and the answer')
  assert.ok(range.bytes > 2n * 28n)
  assert.deepEqual(
    forwards.find(({ port }) => port === 'udp/6000'),
    { port: 'udp/6000', to: '192.168.1.100:6001', packets: 0n, bytes: 0n },
  )
  const [open] = mappings
  assert.deepEqual(
    { ...open, expires: 0 },
    { protocol: 'udp', external: 50000, internal: '192.168.1.100:50000', expires: 0 },
  )
  assert.ok(open!.expires > 50 && open!.expires <= 60)
  assert.ok(conntrack.count >= 2)
  assert.equal(refused, 0n)
  assert.equal(inside.local.port, 5003)
})

test('an event says that a port was opened, from the moment that one listens', async () => {
  await using house = await buildHouse()
  const { sallyport, alice, server } = house
  sallyport.apply(config(cone()))
  await using events = sallyport.events()
  await using reflector = await server.reflector({ port: 3478 })
  await using box = await alice.mailbox({ port: 50000 })
  await report(box, reflector.endpoint)
  const { value } = await events.next()
  assert.deepEqual(value, { type: 'open', protocol: 'udp', internal: '192.168.1.100:50000', external: `${WAN}:50000` })
  assert.throws(() => sallyport.events(), /log group 64 has a reader/)
})

test('an abort ends the events', async () => {
  await using house = await buildHouse()
  house.sallyport.apply(config(cone()))
  const stop = new AbortController()
  const next = house.sallyport.events({ signal: stop.signal }).next()
  stop.abort()
  assert.equal((await next).done, true)
})
