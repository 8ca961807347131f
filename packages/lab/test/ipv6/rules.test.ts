import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sandbox } from '@sallyport/linux'
import { knock, Lab, load, reached, report } from '../../src/index.ts'
import { ipv6Rules } from '../../src/ipv6/index.ts'
import type { LabNode } from '../../src/node.ts'
import type { Ipv6Mode } from '../../src/topology/internet.ts'

await sandbox()

const outside = '2001:db8:1::/64'
const local = 'fd00:1::/64'

interface Place extends AsyncDisposable {
  readonly laptop: LabNode
  readonly server: LabNode
  /** The laptop's address as its own network has it. */
  readonly address: string
}

/** A router with a mode, a laptop behind it, and a server that knows the way to 2001:db8:1::/64. */
async function behind(mode: Ipv6Mode): Promise<Place> {
  const lab = await Lab.create()
  const internet = lab.network('internet')
  const house = lab.network('house')
  const inside = mode === 'nptv6' || mode === 'nat66' ? local : outside
  const at = (host: string): string => inside.replace('::/', `::${host}/`)
  const interfaces = { wan: internet.at('2001:db8::1/64'), lan: house.at(at('1')) }
  const router = lab.node('router', interfaces, { forwarding: true, via: '2001:db8::10' })
  load(ipv6Rules(mode, { wan: 'wan', lan: 'lan', inside, outside }), router.namespace)
  const laptop = lab.node('laptop', { eth0: house.at(at('10')) }, { via: at('1').split('/')[0]! })
  const routes = [{ to: outside, via: '2001:db8::1' }]
  const server = lab.node('server', { eth0: internet.at('2001:db8::10/64') }, { routes })
  return { laptop, server, address: laptop.address, [Symbol.asyncDispose]: () => lab[Symbol.asyncDispose]() }
}

/** Where the server sees the laptop's socket on port 40000. */
async function seen({ laptop, server }: Place): Promise<{ address: string; port: number }> {
  await using reflector = await server.reflector({ address: '::', port: 3478 })
  await using box = await laptop.mailbox({ address: '::', port: 40_000 })
  return (await report(box, { address: server.address, port: reflector.endpoint.port })).source
}

/** What happens to a stranger's connection to a port on which the laptop listens. */
async function strangerGets({ laptop, server }: Place, address: string): Promise<string> {
  await using _door = await laptop.doorman({ address: '::', port: 80 })
  const to = { address, port: 80 }
  const arrived = await reached({ from: server, to, protocol: 'tcp' })
  return arrived?.host ?? (await knock({ from: server, to, protocol: 'tcp' }))
}

test('a routed house keeps its addresses and lets nobody in who was not asked', async () => {
  await using place = await behind('routed')
  assert.deepEqual(await seen(place), { address: '2001:db8:1::10', port: 40_000 })
  assert.equal(await strangerGets(place, '2001:db8:1::10'), 'silent')
})

test('an open house lets everybody in', async () => {
  await using place = await behind('open')
  assert.equal(await strangerGets(place, '2001:db8:1::10'), 'laptop')
})

test('with prefix translation the host part stays, and strangers come in by the outside address', async () => {
  await using place = await behind('nptv6')
  assert.equal(place.address, 'fd00:1::10')
  assert.deepEqual(await seen(place), { address: '2001:db8:1::10', port: 40_000 })
  assert.equal(await strangerGets(place, '2001:db8:1::10'), 'laptop')
})

test('with NAT66 all hosts have the address of the router, and strangers do not come in', async () => {
  await using place = await behind('nat66')
  assert.deepEqual(await seen(place), { address: '2001:db8::1', port: 40_000 })
  assert.notEqual(await strangerGets(place, '2001:db8::1'), 'laptop')
})
