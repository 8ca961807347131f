import assert from 'node:assert/strict'
import test from 'node:test'
import { sandbox } from '@sallyport/linux'
import { Lab } from '../../src/lab.ts'
import { arrives, seenFrom } from './seen.ts'

await sandbox()

const PATIENCE = 3000

test('a cable that is pulled out carries nothing, and everything when it is back in', async () => {
  await using lab = await Lab.create({ families: ['ipv4', 'ipv6'] })
  const server = lab.server('server')
  const host = lab.router('home', { ipv6: 'open' }).host('alice')
  await host.linkDown()
  assert.equal(await arrives(host, server), false)
  await host.linkUp()
  assert.ok(await arrives(host, server, server.address, PATIENCE))
  assert.ok(await arrives(host, server, server.addresses[1], PATIENCE))
})

test('a pulled cable is one that the node notices, and its addresses stay', async () => {
  await using lab = await Lab.create()
  const router = lab.router('home')
  await router.linkDown('wan')
  const carrier = await router.exec('cat', ['/proc/net/route'])
  assert.equal(carrier.status, 0)
  using route = router.route()
  assert.equal(route.link('wan').running, false)
  assert.ok(route.addresses().some(({ address }) => address.startsWith('203.0.113.')))
  await router.linkUp('wan')
  assert.equal(route.link('wan').state, 'up')
})

test('a plain cable that gets a delay keeps name, hardware address, addresses and routes', async () => {
  await using lab = await Lab.create({ families: ['ipv4', 'ipv6'] })
  const server = lab.server('server')
  const router = lab.router('home', { ipv6: 'open' })
  const host = router.host('alice')
  using route = host.route()
  const before = {
    mac: route.link('eth0').hardwareAddress,
    routes: route.routes().length,
    addresses: route.addresses(),
  }
  await host.setLink({ delay: '20ms' })
  const after = { mac: route.link('eth0').hardwareAddress, routes: route.routes().length, addresses: route.addresses() }
  assert.equal(after.mac, before.mac)
  assert.equal(after.routes, before.routes)
  const texts = (list: typeof after.addresses): string[] => list.map(({ address }) => address).sort()
  assert.deepEqual(texts(after.addresses), texts(before.addresses))
  const start = performance.now()
  assert.equal((await seenFrom(host, server)).address, router.external[0])
  assert.ok(performance.now() - start >= 40, 'there and back')
  assert.equal((await seenFrom(host, server, { address: server.addresses[1]! })).address, host.addresses[1])
})

test('a link loses everything from the moment on when it is told to, and nothing when that is taken back', async () => {
  await using lab = await Lab.create()
  const server = lab.server('server')
  const router = lab.router('home', { uplink: { delay: '1ms' } })
  const host = router.host('alice')
  await lab.ready()
  assert.ok(await arrives(host, server))
  await router.setLink({ loss: 1 }, 'wan')
  assert.equal(await arrives(host, server), false)
  assert.deepEqual(lab.internet.routers?.home?.uplink, { loss: 1 })
  await router.setLink({}, 'wan')
  assert.ok(await arrives(host, server))
})

test('a delayed cable can be pulled out, too', async () => {
  await using lab = await Lab.create()
  const server = lab.server('server')
  const host = lab.router('home').host('alice', { link: { delay: '1ms' } })
  await lab.ready()
  await host.linkDown()
  assert.equal(await arrives(host, server), false)
  await host.linkUp()
  assert.ok(await arrives(host, server, server.address, PATIENCE))
})

test('links of both directions are different', async () => {
  await using lab = await Lab.create()
  const server = lab.server('server')
  const other = lab.server('other')
  assert.ok(await arrives(server, other), 'now they know each other: nobody has to ask for hardware addresses')
  await server.setLink({ up: { loss: 1 } })
  assert.ok(await arrives(other, server))
  assert.equal(await arrives(server, other), false)
})

test('an interface gets the MTU that its link is given while it runs', async () => {
  await using lab = await Lab.create()
  const host = lab.server('alice')
  await host.setLink({ mtu: 1280 })
  using route = host.route()
  assert.equal(route.link('eth0').mtu, 1280)
})
