import assert from 'node:assert/strict'
import test from 'node:test'
import { sandbox } from '@sallyport/linux'
import { readDoorman } from '../../src/traffic/index.ts'
import { behind, seen } from './support.ts'

await sandbox()

const hairpins = ['external-source', 'internal-source', 'none'] as const
const dependences = ['endpoint-independent', 'address-dependent', 'address-and-port-dependent'] as const

for (const filtering of dependences) {
  test(`${filtering} filtering: a host that dials another's external endpoint gets there, whom it sees is as said`, async () => {
    for (const hairpin of hairpins) {
      await using house = await behind({ hairpin, filtering })
      const [one, two] = [await house.hosts[0].mailbox({ port: 40000 }), await house.hosts[1].mailbox({ port: 40000 })]
      const external = await seen(one, house.servers[0])
      const own = await seen(two, house.servers[0])
      await two.send('hello', external)
      const letter = await one.tryReceive({ text: 'hello', within: 100 })
      const source = { 'external-source': own, 'internal-source': { address: house.hosts[1].address, port: 40000 } }
      assert.deepEqual(letter?.from, hairpin === 'none' ? undefined : source[hairpin])
    }
  })
}

test('a symmetric NAT hairpins too: from a port of the external address', async () => {
  await using house = await behind({ mapping: 'address-and-port-dependent', ports: 'random' })
  const [one, two] = [await house.hosts[0].mailbox({ port: 40000 }), await house.hosts[1].mailbox({ port: 40000 })]
  const external = await seen(one, house.servers[0])
  await two.send('hello', external)
  const { from } = await one.receive({ text: 'hello' })
  assert.equal(from.address, house.router.external[0])
  await one.send('hello back', from)
  assert.deepEqual((await two.receive({ text: 'hello back' })).from, external)
})

test('TCP hairpins with the external source', async () => {
  await using house = await behind({})
  await using _there = await house.lab.get('server-1').doorman({ port: 80 })
  const [one, two] = house.hosts
  const to = { address: house.lab.get('server-1').address, port: 80 }
  const outside = await readDoorman(await one.tcpConnect({ to, from: { port: 40000 } }))
  await using door = await one.doorman({ port: 40000 })
  const report = await readDoorman(await two.tcpConnect({ to: outside.source, timeout: 1000 }))
  assert.equal(report.host, 'one')
  assert.equal(report.source.address, house.router.external[0])
  assert.equal(door.visitors.length, 1)
})
