import assert from 'node:assert/strict'
import test from 'node:test'
import { sandbox } from '@sallyport/linux'
import { Lab } from '../../src/lab.ts'
import type { Internet } from '../../src/topology/internet.ts'
import { seenFrom } from './seen.ts'

await sandbox()

const described: Internet = {
  seed: 7,
  families: ['ipv4'],
  servers: { one: {}, two: { address: '203.0.113.50' } },
  routers: {
    carrier: { nat: 'cgnat', routers: { home: { hosts: { alice: {}, bob: { address: '192.168.2.40' } } } } },
    hotel: { nat: 'symmetric', uplink: { delay: '5ms' }, hosts: { carol: { link: { loss: 0 } } } },
  },
}

test('an internet is built from a description, and describes itself alike', async () => {
  await using lab = await Lab.create({ internet: described })
  assert.deepEqual(lab.internet, described)
  assert.equal((await seenFrom(lab.get('alice'), lab.get('one'))).address, lab.routers[0]!.external[0])
  assert.equal(lab.get('bob').address, '192.168.2.40')
})

test('what was built step by step is built again from its own description, with the same addresses', async () => {
  await using lab = await Lab.create()
  const isp = lab.router('isp', { nat: 'cgnat' })
  lab.server('server')
  isp.router('home').host('alice')
  lab.router('hotel').host('bob')
  await using again = await Lab.create({ internet: JSON.parse(JSON.stringify(lab.internet)) })
  const planned = (from: Lab): unknown => from.nodes.map(({ name, addresses }) => [name, addresses.length])
  assert.deepEqual(new Map(planned(again) as []), new Map(planned(lab) as []))
  assert.deepEqual(again.internet, lab.internet)
})

test('a fixed address is kept for the one who asked, whoever comes before', async () => {
  const internet: Internet = { servers: { early: {}, fixed: { address: '203.0.113.1' } } }
  await using lab = await Lab.create({ internet })
  assert.deepEqual([lab.get('early').address, lab.get('fixed').address], ['203.0.113.2', '203.0.113.1'])
})

test('the topology of a lab of routers is one that builds a replica', async () => {
  await using lab = await Lab.create({ internet: described })
  await using replica = await Lab.create(JSON.parse(JSON.stringify(lab.topology)))
  assert.deepEqual(replica.topology, lab.topology)
})
