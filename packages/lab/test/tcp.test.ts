import assert from 'node:assert/strict'
import test from 'node:test'
import { load, masquerade, type NatBehaviour, sandbox, symmetric, tcpBehaviour } from '@sallyport/lab'
import { parseConfig, Router } from '@sallyport/router'
import { buildHouse, type House } from './support/house.ts'

await sandbox()

function measure(house: House, options: { crossed?: boolean; timeout?: number } = {}): Promise<NatBehaviour[]> {
  const { consoles, servers, stranger } = house
  return tcpBehaviour({ hosts: consoles, port: 50000, servers, stranger, ...options })
}

function kindOf({ mapping, filtering, grade }: NatBehaviour): string[] {
  return [mapping, filtering, grade]
}

test('over TCP masquerade maps like over UDP, and lets nobody in', async () => {
  await using house = await buildHouse()
  load(masquerade('wan'), house.router.namespace)
  for (const console of await measure(house)) {
    assert.deepEqual(kindOf(console), ['endpoint-independent', 'address-and-port-dependent', 'B'])
  }
})

test('over TCP symmetric is a D', async () => {
  await using house = await buildHouse()
  load(symmetric('wan'), house.router.namespace)
  for (const console of await measure(house)) assert.equal(console.grade, 'D')
})

test('over TCP our own router gives three consoles on one port an A each, where they begin alike or apart', async () => {
  const text =
    'wan: wan\nlan: { lan: 192.168.1.1/24 }\nnat: { filtering: endpoint-independent, protocols: [tcp, udp] }\n'
  for (const crossed of [false, true]) {
    await using house = await buildHouse()
    using router = Router.open({ namespace: house.router.namespace })
    router.apply(parseConfig(text, { file: 'tcp.yaml' }))
    const measured = await measure(house, { crossed })
    assert.deepEqual(
      measured.map(({ grade }) => grade),
      ['A', 'A', 'A'],
    )
    assert.equal(new Set(measured.map(({ external }) => external)).size, 3)
  }
})

test('over TCP a host whose packets get lost is an F', async () => {
  await using house = await buildHouse()
  for (const console of await measure(house, { timeout: 200 }))
    assert.deepEqual(kindOf(console), ['blocked', 'blocked', 'F'])
})
