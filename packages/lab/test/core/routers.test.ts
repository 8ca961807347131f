import assert from 'node:assert/strict'
import test from 'node:test'
import { sandbox } from '@sallyport/linux'
import { Lab } from '../../src/lab.ts'
import { arrives, seenFrom } from './seen.ts'

await sandbox()

test('a host behind a router is seen as the address of the router', async () => {
  await using lab = await Lab.create()
  const server = lab.server('server')
  const router = lab.router('home')
  const host = router.host('alice')
  assert.deepEqual(await seenFrom(host, server), { address: router.external[0], port: 4000 })
})

test('a host behind two NATs is seen as the outer address, and the outer router hands out shared space', async () => {
  await using lab = await Lab.create()
  const server = lab.server('server')
  const carrier = lab.router('carrier', { nat: 'cgnat' })
  const home = carrier.router('home')
  const host = home.host('alice')
  assert.equal((await seenFrom(host, server)).address, carrier.external[0])
  assert.match(home.external[0]!, /^100\.64\.0\./)
  assert.match(carrier.lanAddress, /^100\.64\.0\.1$/)
  assert.match(host.address, /^192\.168\./)
})

test('routers go as deep as one likes', async () => {
  await using lab = await Lab.create()
  const server = lab.server('server')
  const outer = lab.router('outer', { nat: 'linux' })
  const innermost = outer.router('a', { nat: 'linux' }).router('b', { nat: 'linux' }).router('c', { nat: 'linux' })
  const host = innermost.host('alice')
  assert.equal((await seenFrom(host, server)).address, outer.external[0])
})

test('a router in a LAN with hosts is one of them: double NAT at home', async () => {
  await using lab = await Lab.create()
  const server = lab.server('server')
  const box = lab.router('box', { lan: '192.168.178.0/24' })
  const tv = box.host('tv')
  const own = box.router('own')
  const laptop = own.host('laptop')
  assert.equal(own.external[0], '192.168.178.3')
  assert.equal((await seenFrom(laptop, tv)).address, '192.168.178.3')
  assert.equal((await seenFrom(laptop, server)).address, box.external[0])
})

test('a router without NAT passes on what its hosts send, and nobody knows the way back', async () => {
  await using lab = await Lab.create()
  const server = lab.server('server')
  const router = lab.router('plain', { nat: 'none' })
  const host = router.host('alice')
  await using listening = await server.mailbox({ port: 5000 })
  await using box = await host.mailbox({ port: 4000 })
  await box.send('out', { address: server.address, port: 5000 })
  assert.equal((await listening.receive()).from.address, host.address)
  await assert.rejects(listening.send('back', { address: host.address, port: 4000 }), { code: 'ENETUNREACH' })
})

test('nothing on the internet reaches a private address', async () => {
  await using lab = await Lab.create()
  const server = lab.server('server')
  const host = lab.router('home', { nat: 'full-cone' }).host('alice')
  assert.equal(await arrives(server, host), false)
})

test('servers and routers reach each other directly, whatever their prefix', async () => {
  await using lab = await Lab.create()
  const near = lab.server('near')
  const far = lab.server('far', { address: '198.18.7.7' })
  const router = lab.router('home')
  assert.deepEqual(await seenFrom(near, far), { address: near.address, port: 4000 })
  assert.deepEqual(await seenFrom(far, near), { address: '198.18.7.7', port: 4000 })
  assert.deepEqual(await seenFrom(router, far), { address: router.external[0], port: 4000 })
})

test('a router with three external addresses has them all', async () => {
  await using lab = await Lab.create()
  const server = lab.server('server')
  const router = lab.router('pool', { addresses: 3, nat: 'none' })
  assert.equal(new Set(router.external).size, 3)
  assert.deepEqual(router.site.external, router.external)
  for (const address of router.external) assert.ok(await arrives(server, router, address), address)
})

test('with both families a host has both, and IPv6 is not translated', async () => {
  await using lab = await Lab.create({ families: ['ipv4', 'ipv6'] })
  const server = lab.server('server')
  const carrier = lab.router('carrier', { ipv6: 'open' })
  const inner = carrier.router('home', { ipv6: 'open' }).host('alice')
  const other = lab.router('hotel', { ipv6: 'open' }).host('bob')
  const [, six] = server.addresses
  assert.equal((await seenFrom(inner, server)).address, carrier.external[0])
  assert.equal((await seenFrom(inner, server, { address: six! })).address, inner.addresses[1])
  assert.equal((await seenFrom(other, inner, { address: inner.addresses[1]! })).address, other.addresses[1])
  assert.match(inner.addresses[1]!, /^2001:db8:/)
})

test('an internet of IPv6 alone has no IPv4 anywhere', async () => {
  await using lab = await Lab.create({ families: ['ipv6'] })
  const server = lab.server('server')
  const host = lab.router('home').host('alice')
  assert.ok([server, host].every(({ addresses }) => addresses.length === 1 && addresses[0]!.includes(':')))
  assert.equal((await seenFrom(host, server)).address, host.address)
})

test('a router of mode none has a LAN without IPv6', async () => {
  await using lab = await Lab.create({ families: ['ipv4', 'ipv6'] })
  const router = lab.router('home', { ipv6: 'none' })
  const host = router.host('alice')
  assert.equal(router.plan.interfaces.wan!.addresses.length, 2)
  assert.equal(host.addresses.length, 1)
})
