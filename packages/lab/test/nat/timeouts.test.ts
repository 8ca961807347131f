import assert from 'node:assert/strict'
import test from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { sandbox } from '@sallyport/linux'
import { arrives, behind, seen } from './support.ts'

await sandbox()

// Sequential ports show whether a mapping is still the same: a new one has another port.
const brief = { ports: 'sequential', filtering: 'endpoint-independent', timeouts: { udp: 1, udpStream: 3 } } as const

test('a mapping that was not answered ends after timeouts.udp', async () => {
  await using house = await behind(brief)
  await using box = await house.hosts[0].mailbox({ port: 40000 })
  await using silent = await house.lab.get('server-1').mailbox({ port: 9000 })
  await box.send('hello', { address: house.lab.get('server-1').address, port: 9000 })
  const { from } = await silent.receive()
  assert.ok(await arrives(house.stranger, from, box))
  await pause(2100) // the stranger's packet has refreshed it
  assert.ok(!(await arrives(house.stranger, from, box)))
})

test('a mapping that was answered lives for timeouts.udpStream', async () => {
  await using house = await behind(brief)
  await using box = await house.hosts[0].mailbox({ port: 40000 })
  // conntrack calls a flow answered when it is two seconds old (nf_conntrack_proto_udp.c)
  const deadline = performance.now() + 2300
  const before = await seen(box, house.servers[0])
  while (performance.now() < deadline) {
    assert.deepEqual(await seen(box, house.servers[0]), before)
    await pause(300)
  }
  await pause(1800)
  assert.deepEqual(await seen(box, house.servers[1]), before)
  await pause(4300)
  assert.notDeepEqual(await seen(box, house.servers[1]), before)
})

test('refresh both: packets from outside alone keep a mapping', async () => {
  await using house = await behind({ ...brief, timeouts: { udp: 2, udpStream: 2 } })
  await using box = await house.hosts[0].mailbox({ port: 40000 })
  const external = await seen(box, house.servers[0])
  for (let second = 0; second < 4; second += 1) {
    assert.ok(await arrives(house.stranger, external, box), `after ${second} s`)
    await pause(1000)
  }
})

test('refresh outbound: packets from outside alone do not', async () => {
  await using house = await behind({ ...brief, refresh: 'outbound', timeouts: { udp: 2, udpStream: 2 } })
  await using box = await house.hosts[0].mailbox({ port: 40000 })
  const external = await seen(box, house.servers[0])
  const seconds = [0, 1, 2, 3]
  const arrived = []
  for (const _second of seconds) {
    arrived.push(await arrives(house.stranger, external, box))
    await pause(1000)
  }
  assert.deepEqual([arrived[0], arrived[3]], [true, false])
})

test('refresh outbound: a packet from outside does not prolong the mapping; where both directions count it does', async () => {
  for (const [refresh, port] of [
    ['outbound', 20001],
    ['both', 20000],
  ] as const) {
    await using house = await behind({ ...brief, refresh, timeouts: { udp: 3, udpStream: 3 } })
    await using box = await house.hosts[0].mailbox({ port: 40000 })
    const external = await seen(box, house.servers[0])
    await pause(2000)
    assert.ok(await arrives(house.stranger, external, box))
    await pause(1500)
    assert.equal((await seen(box, house.servers[1])).port, port, refresh)
  }
})

test('refresh outbound: packets that leave keep it, and let the others in', async () => {
  await using house = await behind({ ...brief, refresh: 'outbound', timeouts: { udp: 2, udpStream: 2 } })
  await using box = await house.hosts[0].mailbox({ port: 40000 })
  const external = await seen(box, house.servers[0])
  for (let second = 0; second < 4; second += 1) {
    await pause(900)
    await box.send('still here', house.servers[0].endpoint)
    assert.ok(await arrives(house.stranger, external, box))
  }
  assert.deepEqual(await seen(box, house.servers[1]), external)
})

test('refresh outbound with narrow filtering: the answers of one who is not written to stop', async () => {
  await using house = await behind({ refresh: 'outbound', timeouts: { udp: 2, udpStream: 2 } })
  await using box = await house.hosts[0].mailbox({ port: 40000 })
  const external = await seen(box, house.servers[0])
  const arrived = []
  for (let second = 0; second < 4; second += 1) {
    arrived.push(await arrives(house.servers[0], external, box))
    await pause(1000)
  }
  assert.deepEqual([arrived[0], arrived[3]], [true, false])
})

test('the settings of connection tracking are those of the behaviour', async () => {
  await using house = await behind('linux')
  const read = (name: string): string | undefined => house.router.sysctl(`net.netfilter.nf_conntrack_${name}`)
  assert.deepEqual(['udp_timeout', 'udp_timeout_stream', 'tcp_timeout_established', 'icmp_timeout'].map(read), [
    '30',
    '120',
    '432000',
    '30',
  ])
  await house.router.setNat('cloud')
  assert.equal(read('udp_timeout'), '350')
})
