import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sandbox } from '@sallyport/linux'
import { Lab, report } from '../../src/index.ts'
import { arrives, seenFrom } from '../core/seen.ts'
import { held, six, ways } from './support.ts'

await sandbox()

const families = ['ipv4', 'ipv6'] as const

test('a router moves to another provider: its LAN has another prefix, and the old one goes back', async () => {
  await using lab = await Lab.create({ families })
  const server = lab.server('server')
  const one = lab.router('one', { ipv6: 'open', delegated: '2001:db8:a::/48' })
  const two = lab.router('two', { ipv6: 'open', delegated: '2001:db8:b::/48' })
  const home = one.router('home', { ipv6: 'open' })
  const [alice, laptop] = [home.host('alice'), home.host('laptop', { slaac: true })]
  await lab.ready()
  const former = six(alice)
  assert.match(former, /^2001:db8:a:100:/)
  await using reflector = await server.reflector({ address: '::', port: 7000 })
  await using box = await alice.mailbox({ address: '::', port: 4001 })
  const to = { address: six(server), port: reflector.endpoint.port }
  assert.equal((await report(box, to)).source.address, former)
  await home.moveTo(two)
  assert.equal(six(alice), '2001:db8:b:100::2')
  assert.deepEqual((await report(box, to)).source, { address: six(alice), port: 4001 }, 'the same socket')
  assert.equal((await seenFrom(server, alice, { address: six(alice) })).address, six(server))
  assert.match(held(laptop).preferred.join(), /^2001:db8:b:100:[^,]*$/)
  assert.match(held(laptop).deprecated.join(), /^2001:db8:a:100:[^,]*$/)
  assert.equal((await seenFrom(alice, server)).address, two.external[0], 'and IPv4 moved along')
  assert.equal(await arrives(server, alice, former), false)
  const [old] = ways(one).filter((way) => way.startsWith('2001:db8:a:'))
  assert.equal(old, undefined)
  const next = one.router('next', { ipv6: 'open', delegated: '2001:db8:a:100::/56' }).host('bob')
  assert.equal((await seenFrom(next, alice, { address: six(alice) })).address, six(next))
})

test('a router moves from the internet behind another and back, with two levels behind it', async () => {
  await using lab = await Lab.create({ families })
  const server = lab.server('server')
  const isp = lab.router('isp', { ipv6: 'open' })
  const home = lab.router('home', { ipv6: 'open' })
  const attic = home.router('attic', { ipv6: 'open' })
  const [alice, carol] = [home.host('alice'), attic.host('carol')]
  for (const place of [isp, lab, isp, lab, lab]) {
    await home.moveTo(place)
    const prefix = place === isp ? /^2001:db8:1:/ : /^2001:db8:(?!1:)/
    for (const host of [alice, carol]) {
      assert.match(six(host), prefix)
      assert.equal((await seenFrom(host, server, { address: six(server) })).address, six(host))
      assert.equal((await seenFrom(server, host, { address: six(host) })).address, six(server))
    }
    assert.equal((await seenFrom(carol, isp, { address: isp.addresses[1]! })).address, six(carol))
  }
  await assert.rejects(home.moveTo(attic), /router 'home' cannot be behind itself/)
  await assert.rejects(home.moveTo(home), /cannot be behind itself/)
})

test('a router moves to where there is no IPv6, and gets a prefix when it is back', async () => {
  await using lab = await Lab.create({ families })
  const server = lab.server('server')
  const hotel = lab.router('hotel', { ipv6: 'none' })
  const travel = hotel.router('travel', { ipv6: 'open' })
  const [alice, laptop] = [travel.host('alice'), travel.host('laptop', { slaac: true })]
  await lab.ready()
  assert.deepEqual([alice.addresses.length, held(laptop).preferred.length], [1, 0])
  for (const _time of [1, 2]) {
    await travel.moveTo(lab)
    assert.match(six(alice), /^2001:db8:/)
    for (const host of [alice, laptop]) {
      const [address] = held(host).preferred
      assert.deepEqual((await seenFrom(host, server, { address: six(server) })).address, address)
    }
    await travel.moveTo(hotel)
    assert.deepEqual([alice.addresses.length, held(alice).preferred.length], [1, 0])
    assert.deepEqual(held(laptop).preferred, [])
    assert.deepEqual(ways(laptop), [], 'RFC 7084 G-4: a router without a prefix is no way out')
  }
  assert.equal((await seenFrom(alice, server)).address, hotel.external[0])
})

test('a host that listens to advertisements forgets those of the network that it leaves', async () => {
  await using lab = await Lab.create({ families })
  const server = lab.server('server')
  const home = lab.router('home', { ipv6: 'open', delegated: '2001:db8:a::/48' })
  const cafe = lab.router('cafe', { ipv6: 'open', delegated: '2001:db8:b::/48' })
  const phone = home.host('phone', { slaac: true })
  await lab.ready()
  for (const [place, prefix] of [
    [cafe, /^2001:db8:b:[^,]*$/],
    [lab, /^2001:db8::[^,]*$/],
    [home, /^2001:db8:a:[^,]*$/],
  ] as const) {
    await phone.moveTo(place)
    const { preferred, deprecated } = held(phone)
    assert.match(preferred.join(), prefix)
    assert.deepEqual(deprecated, [])
    assert.equal((await seenFrom(phone, server, { address: six(server) })).address, preferred[0])
  }
  assert.equal(ways(phone).length, 1)
})

test('a host that leaves the internet forgets the ways that it had learned there', async () => {
  await using lab = await Lab.create({ families })
  const laptop = lab.server('laptop')
  const home = lab.router('home', { ipv6: 'open' })
  const hotel = lab.router('hotel', { ipv6: 'open' })
  const bob = hotel.host('bob')
  assert.equal(ways(laptop).length, 2)
  await laptop.moveTo(home)
  assert.deepEqual(
    ways(laptop).map((way) => way.split(' ')[0]),
    ['default'],
  )
  assert.equal((await seenFrom(laptop, bob, { address: six(bob) })).address, six(laptop))
})

test('a router takes a translated LAN along, whose hosts keep their addresses', async () => {
  await using lab = await Lab.create({ families })
  const server = lab.server('server')
  const [one, two] = [lab.router('one', { ipv6: 'open' }), lab.router('two', { ipv6: 'open' })]
  for (const ipv6 of ['nptv6', 'nat66'] as const) {
    const home = one.router(ipv6, { ipv6 })
    const alice = home.host(`alice-${ipv6}`)
    const inside = six(alice)
    const seen = async (): Promise<string> => (await seenFrom(alice, server, { address: six(server) })).address
    assert.match(await seen(), /^2001:db8:1:/)
    await home.moveTo(two)
    assert.equal(six(alice), inside)
    assert.match(await seen(), /^2001:db8:2:/)
  }
})

test('a router that does not fit in with all that is behind it stays where it is', async () => {
  await using lab = await Lab.create({ families })
  const server = lab.server('server')
  const deep = lab.router('deep', { ipv6: 'open', delegated: '2001:db8:a::/60' })
  const home = lab.router('home', { ipv6: 'open' })
  const alice = home.router('attic', { ipv6: 'open' }).host('alice')
  const before = JSON.stringify(lab.topology)
  await assert.rejects(home.moveTo(deep), /no room for the 1 routers behind it/)
  assert.equal(JSON.stringify(lab.topology), before)
  assert.equal((await seenFrom(alice, server, { address: six(server) })).address, six(alice))
  deep.router('other', { delegated: '2001:db8:a:1::/64' }) // the piece was given back
})
