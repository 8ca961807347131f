import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sandbox } from '@sallyport/linux'
import { Lab } from '../../src/index.ts'
import { arrives, seenFrom } from '../core/seen.ts'
import { held, six } from './support.ts'

await sandbox()

const families = ['ipv4', 'ipv6'] as const

for (const end of ['host', 'router'] as const) {
  test(`a host that was away when its router was renumbered learns it when the ${end}'s cable is back in`, async () => {
    await using lab = await Lab.create({ families })
    const server = lab.server('server')
    const home = lab.router('home', { ipv6: 'open' })
    const laptop = home.host('laptop', { slaac: true })
    await lab.ready()
    const { preferred: before } = held(laptop)
    const cable = end === 'host' ? ([laptop, 'eth0'] as const) : ([home, 'lan'] as const)
    await cable[0].linkDown(cable[1])
    await home.renumber({ delegated: '2001:db8:77::/48' })
    assert.deepEqual(held(laptop), { preferred: before, deprecated: [] }, 'nobody told it')
    await cable[0].linkUp(cable[1])
    const { preferred, deprecated } = held(laptop)
    assert.match(preferred.join(), /^2001:db8:77:[^,]*$/)
    assert.deepEqual(deprecated, before)
    assert.equal((await seenFrom(laptop, server, { address: six(server) })).address, preferred[0])
  })
}

test('IPv6 goes down and up with the link of a router, and what is behind it keeps its prefix', async () => {
  await using lab = await Lab.create({ families: ['ipv6'] })
  const server = lab.server('server')
  const home = lab.router('home', { ipv6: 'open' })
  const alice = home.router('attic', { ipv6: 'open' }).host('alice')
  const { address } = alice
  assert.equal((await seenFrom(alice, server)).address, address)
  await home.linkDown('wan')
  assert.equal(await arrives(server, alice), false)
  await home.linkUp('wan')
  assert.equal((await seenFrom(alice, server)).address, address)
  assert.equal((await seenFrom(server, alice)).address, server.address)
})

for (const dev of ['eth0', 'lan'] as const) {
  test(`a host that listens is on the internet when the plain cable at ${dev} has become a delayed one`, async () => {
    await using lab = await Lab.create({ families })
    const server = lab.server('server')
    const home = lab.router('home', { ipv6: 'open' })
    const laptop = home.host('laptop', { slaac: true })
    await lab.ready()
    await (dev === 'eth0' ? laptop : home).setLink({ delay: '2ms' }, dev)
    const [address] = held(laptop).preferred
    assert.equal((await seenFrom(laptop, server, { address: six(server) })).address, address)
    await home.renumber({ delegated: '2001:db8:77::/48' })
    assert.match(held(laptop).preferred.join(), /^2001:db8:77:[^,]*$/)
    assert.equal(held(laptop).deprecated.length, 1)
  })
}

test('a renumbering is heard through a link that loses most of what passes', async () => {
  await using lab = await Lab.create({ families, seed: 5 })
  const home = lab.router('home', { ipv6: 'open' })
  const laptop = home.host('laptop', { slaac: true, link: { loss: 0.6 } })
  await lab.ready()
  await home.renumber({ delegated: '2001:db8:77::/48' })
  assert.match(held(laptop).preferred.join(), /^2001:db8:77:[^,]*$/)
})

test('a deprecated address stays deprecated on a cable that is replaced', async () => {
  await using lab = await Lab.create({ families })
  const server = lab.server('server')
  const home = lab.router('home', { ipv6: 'open' })
  const alice = home.host('alice')
  await home.renumber({ delegated: true, deprecate: true })
  const before = held(alice)
  await alice.setLink({ delay: '1ms' })
  assert.deepEqual(held(alice), before)
  assert.equal((await seenFrom(alice, server, { address: six(server) })).address, six(alice))
})
