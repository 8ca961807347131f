import assert from 'node:assert/strict'
import test from 'node:test'
import { sandbox } from '@sallyport/linux'
import { Lab } from '../../src/lab.ts'
import { seenFrom } from './seen.ts'

await sandbox()

test('a host that moves to another router is seen from there, and its old addresses are gone', async () => {
  await using lab = await Lab.create({ families: ['ipv4', 'ipv6'] })
  const server = lab.server('server')
  const home = lab.router('home', { ipv6: 'open' })
  const cafe = lab.router('cafe', { ipv6: 'open' })
  const phone = home.host('phone')
  const former = phone.addresses
  assert.equal((await seenFrom(phone, server)).address, home.external[0])
  await phone.moveTo(cafe)
  assert.equal((await seenFrom(phone, server)).address, cafe.external[0])
  assert.equal((await seenFrom(phone, server, { address: server.addresses[1]! })).address, phone.addresses[1])
  using route = phone.route()
  const now = route.addresses().map(({ address }) => address.split('/')[0]!)
  assert.ok(phone.addresses.every((address) => now.includes(address)))
  assert.ok(!former.some((address) => now.includes(address)), `${former} in ${now}`)
})

test('a host moves onto the internet and back behind a router', async () => {
  await using lab = await Lab.create()
  const server = lab.server('server')
  const home = lab.router('home')
  const laptop = home.host('laptop')
  await laptop.moveTo(lab)
  assert.equal((await seenFrom(laptop, server)).address, laptop.address)
  assert.deepEqual(Object.keys(lab.internet.servers ?? {}), ['server', 'laptop'])
  await laptop.moveTo(home)
  assert.equal((await seenFrom(laptop, server)).address, home.external[0])
  assert.deepEqual(lab.internet.routers?.home?.hosts, { laptop: {} })
})

test('a host keeps its delay when it moves', async () => {
  await using lab = await Lab.create()
  const server = lab.server('server')
  const home = lab.router('home')
  const cafe = lab.router('cafe')
  const phone = home.host('phone', { link: { delay: '15ms' } })
  await lab.ready()
  await phone.moveTo(cafe)
  const start = performance.now()
  assert.equal((await seenFrom(phone, server)).address, cafe.external[0])
  assert.ok(performance.now() - start >= 30)
})

test('a router moves with all that is behind it', async () => {
  await using lab = await Lab.create()
  const server = lab.server('server')
  const carrier = lab.router('carrier')
  const home = lab.router('home')
  const host = home.host('alice')
  assert.equal((await seenFrom(host, server)).address, home.external[0])
  await home.moveTo(carrier)
  assert.equal((await seenFrom(host, server)).address, carrier.external[0])
  assert.deepEqual(Object.keys(lab.internet.routers?.carrier?.routers ?? {}), ['home'])
})

test('a router does not move behind itself, nor behind what is behind it', async () => {
  await using lab = await Lab.create()
  const home = lab.router('home')
  const attic = home.router('attic').router('shelf')
  await assert.rejects(home.moveTo(home), /cannot be behind itself/)
  await assert.rejects(home.moveTo(attic), /cannot be behind itself/)
})

test('a node whose addresses somebody chose does not move', async () => {
  await using lab = await Lab.create()
  const net = lab.network('net')
  const node = lab.node('a', { eth0: net.at('10.0.0.1/24') })
  await assert.rejects(node.moveTo(lab), /node 'a' has addresses of its own choice/)
})
