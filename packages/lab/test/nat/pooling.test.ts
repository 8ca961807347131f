import assert from 'node:assert/strict'
import test from 'node:test'
import { sandbox } from '@sallyport/linux'
import type { BehaviourOptions } from '../../src/nat/index.ts'
import { prove } from '../../src/proof/index.ts'
import type { Endpoint } from '../../src/traffic/index.ts'
import { arrives, behind, type House, seen } from './support.ts'

await sandbox()

const pool = { addresses: 3 }

async function sightings({ hosts, servers }: House, host: 0 | 1, count: number): Promise<Endpoint[]> {
  const found = []
  for (let number = 0; number < count; number += 1) {
    const box = await hosts[host].mailbox({ port: 40000 + number })
    found.push(await seen(box, servers[0]))
  }
  return found
}

const addressesOf = (endpoints: readonly Endpoint[]): Set<string> => new Set(endpoints.map(({ address }) => address))

test('paired: all that a host does has one address, and the next host has the next', async () => {
  await using house = await behind({ pooling: 'paired' }, pool)
  assert.equal(house.router.external.length, 3)
  const [one, two] = [addressesOf(await sightings(house, 0, 5)), addressesOf(await sightings(house, 1, 5))]
  assert.equal(one.size, 1)
  assert.equal(two.size, 1)
  assert.notDeepEqual(one, two)
})

test('arbitrary: the mappings of one host are spread over all addresses', async () => {
  await using house = await behind({ pooling: 'arbitrary' }, pool)
  assert.deepEqual(addressesOf(await sightings(house, 0, 6)), new Set(house.router.external))
})

test('one mapping keeps address and port towards everybody, whatever the pooling', async () => {
  for (const pooling of ['paired', 'arbitrary'] as const) {
    await using house = await behind({ pooling, filtering: 'endpoint-independent' }, pool)
    await using box = await house.hosts[0].mailbox({ port: 40000 })
    const external = await seen(box, house.servers[0])
    assert.deepEqual(await seen(box, house.servers[1]), external)
    assert.ok(await arrives(house.stranger, external, box))
    const [other] = house.router.external.filter((address) => address !== external.address)
    assert.ok(!(await arrives(house.stranger, { address: other!, port: external.port }, box)))
  }
})

test('a NAT with three addresses proves its words as one with a single address does', async () => {
  const words: BehaviourOptions[] = [
    { filtering: 'endpoint-independent', pooling: 'arbitrary' },
    { filtering: 'address-dependent', ports: 'random' },
    { mapping: 'address-and-port-dependent', ports: 'sequential' },
    { mapping: 'address-dependent', filtering: 'address-dependent', pooling: 'arbitrary' },
    { ports: { range: [30000, 30063] } },
    { filtering: 'endpoint-independent', refresh: 'outbound' },
  ]
  for (const nat of words) {
    await using house = await behind(nat, pool)
    const { rows } = await prove(house.router, { within: 400 })
    assert.deepEqual(
      rows.filter(({ ok }) => !ok),
      [],
      JSON.stringify(nat),
    )
    assert.ok(rows.some(({ what }) => what === 'external addresses'))
  }
})
