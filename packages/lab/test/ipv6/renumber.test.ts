import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sandbox } from '@sallyport/linux'
import { formatInternet, Lab, nat64Address, parseInternet, report } from '../../src/index.ts'
import { arrives, seenFrom } from '../core/seen.ts'
import { held, six, ways } from './support.ts'

await sandbox()

const families = ['ipv4', 'ipv6'] as const
const PATIENCE = 5000

test('hosts follow when another prefix is delegated to their router, with the same host part', async () => {
  await using lab = await Lab.create({ families })
  const server = lab.server('server')
  const home = lab.router('home', { ipv6: 'open' })
  const [alice, bob] = [home.host('alice'), home.host('bob')]
  const former = six(bob)
  await home.renumber({ delegated: '2001:db8:77::/48' })
  assert.deepEqual([six(alice), six(bob)], ['2001:db8:77::2', '2001:db8:77::3'])
  assert.deepEqual(held(bob), { preferred: ['2001:db8:77::3'], deprecated: [] })
  assert.equal((await seenFrom(bob, server, { address: six(server) })).address, '2001:db8:77::3')
  assert.equal((await seenFrom(server, bob, { address: '2001:db8:77::3' })).address, six(server))
  assert.equal(await arrives(server, bob, former), false)
  assert.equal((await seenFrom(bob, server)).address, home.external[0], 'IPv4 is as it was')
  assert.equal(lab.internet.routers?.home?.delegated, '2001:db8:77::/48')
})

test('a socket that was opened before talks from the new address', async () => {
  await using lab = await Lab.create({ families })
  const server = lab.server('server')
  const home = lab.router('home')
  const alice = home.host('alice')
  await using reflector = await server.reflector({ address: '::', port: 3478 })
  await using box = await alice.mailbox({ address: '::', port: 4000 })
  const to = { address: six(server), port: reflector.endpoint.port }
  const former = six(alice)
  assert.equal((await report(box, to)).source.address, former)
  await home.renumber({ delegated: true })
  assert.notEqual(six(alice), former)
  assert.deepEqual((await report(box, to)).source, { address: six(alice), port: 4000 })
})

test('a host that listens to advertisements uses the new prefix, and its old address is deprecated', async () => {
  await using lab = await Lab.create({ families })
  const server = lab.server('server')
  const home = lab.router('home', { ipv6: 'open' })
  const laptop = home.host('laptop', { slaac: true })
  await lab.ready()
  const [former] = held(laptop).preferred
  await home.renumber({ delegated: '2001:db8:77::/48' })
  const { preferred, deprecated } = held(laptop)
  assert.match(preferred.join(), /^2001:db8:77:[^,]*$/)
  assert.deepEqual(deprecated, [former])
  assert.equal((await seenFrom(laptop, server, { address: six(server) })).address, preferred[0])
})

test('who still uses an address of a withdrawn prefix is told so by the router (RFC 7084 L-14)', async () => {
  await using lab = await Lab.create({ families })
  const server = lab.server('server')
  await using _door = await server.doorman({ address: '::', port: 80 })
  for (const ipv6 of ['routed', 'open'] as const) {
    const home = lab.router(ipv6, { ipv6 })
    const laptop = home.host(`laptop-${ipv6}`, { slaac: true })
    await lab.ready()
    const [former] = held(laptop).preferred
    await home.renumber({ delegated: true })
    const from = { address: former!, port: 5000 }
    await assert.rejects(laptop.tcpConnect({ to: { address: six(server), port: 80 }, from }), { code: 'EACCES' })
    const socket = await laptop.tcpConnect({ to: { address: six(server), port: 80 } })
    assert.equal(socket.localAddress, held(laptop).preferred[0])
    socket.destroy()
  }
})

for (const slaac of [false, true]) {
  const who = slaac ? 'a host that listens to advertisements' : 'a host'
  test(`a deprecated prefix: ${who} goes on with what it has begun, and begins nothing new from it`, async () => {
    await using lab = await Lab.create({ families })
    const server = lab.server('server')
    const home = lab.router('home')
    const alice = home.host('alice', { slaac })
    await lab.ready()
    const listener = await server.tcpListen({ address: '::', port: 80 })
    listener.on('connection', (socket) => socket.pipe(socket))
    const to = { address: six(server), port: 80 }
    const old = await alice.tcpConnect({ to })
    const former = old.localAddress!
    await home.renumber({ delegated: '2001:db8:77::/48', deprecate: true })
    assert.deepEqual(held(alice).deprecated, [former])
    const fresh = await alice.tcpConnect({ to })
    assert.match(fresh.localAddress!, /^2001:db8:77:/)
    for (const socket of [old, fresh]) {
      socket.end('still here')
      assert.equal(Buffer.concat(await socket.toArray()).toString(), 'still here')
    }
    await home.withdraw()
    // RFC 4862 section 5.5.3 e: an advertisement alone does not take an address away within two hours.
    assert.deepEqual(held(alice).deprecated, slaac ? [former] : [])
    assert.equal(await arrives(server, alice, former), false)
  })
}

test('two levels of delegation follow: each router has the same piece of the new prefix', async () => {
  await using lab = await Lab.create({ families })
  const server = lab.server('server')
  const isp = lab.router('isp', { ipv6: 'open' })
  const other = isp.router('other', { ipv6: 'open' })
  const home = isp.router('home', { ipv6: 'open' })
  const attic = home.router('attic', { ipv6: 'open' })
  const [alice, bob, carol] = [other.host('alice'), home.host('bob'), attic.host('carol')]
  const dave = attic.host('dave', { slaac: true })
  await lab.ready()
  assert.equal(six(carol), '2001:db8:1:210::2')
  await isp.renumber({ delegated: '2001:db8:77::/48' })
  assert.deepEqual(
    [six(alice), six(bob), six(carol)],
    ['2001:db8:77:100::2', '2001:db8:77:200::3', '2001:db8:77:210::2'],
  )
  assert.match(held(dave).preferred.join(), /^2001:db8:77:210:[^,]*$/)
  assert.match(held(dave).deprecated.join(), /^2001:db8:1:210:[^,]*$/)
  for (const host of [alice, bob, carol]) {
    assert.equal((await seenFrom(host, server, { address: six(server) })).address, six(host))
    assert.equal((await seenFrom(server, host, { address: six(host) })).address, six(server))
  }
  assert.equal((await seenFrom(dave, alice, { address: six(alice) })).address, held(dave).preferred[0])
  const everywhere = [server, isp, other, home, attic, alice, bob, carol].flatMap(ways)
  assert.deepEqual(
    everywhere.filter((way) => way.includes('2001:db8:1:')),
    [],
  )
})

test('a deprecated prefix goes on at any depth until the outermost router withdraws it', async () => {
  await using lab = await Lab.create({ families })
  const server = lab.server('server')
  const isp = lab.router('isp', { ipv6: 'open' })
  const home = isp.router('home', { ipv6: 'open' })
  const alice = home.host('alice')
  const former = six(alice)
  await isp.renumber({ delegated: true, deprecate: true })
  assert.deepEqual(held(alice), { preferred: [six(alice)], deprecated: [former] })
  assert.ok(await arrives(server, alice, former, PATIENCE))
  assert.ok(await arrives(server, alice, six(alice), PATIENCE))
  assert.deepEqual(held(home, 'wan').deprecated.length, 1)
  await isp.withdraw()
  assert.deepEqual(held(alice), { preferred: [six(alice)], deprecated: [] })
  assert.deepEqual(held(home, 'wan').deprecated, [])
  assert.equal(await arrives(server, alice, former), false)
  assert.ok(await arrives(server, alice, six(alice), PATIENCE))
})

test('what was renumbered describes itself, and is built again with the same addresses', async () => {
  const internet = parseInternet(
    `
      families: [ipv4, ipv6]
      routers:
        early: { hosts: [zoe] }
        isp:
          delegated: 2001:db8:1::/48
          routers: { home: { delegated: 2001:db8:1:ab00::/56, hosts: [alice] }, other: { hosts: [bob] } }
    `,
    'isp.yaml',
  )
  await using lab = await Lab.create({ internet })
  assert.match(six(lab.get('zoe')), /^2001:db8:2::/, 'the other one was kept for who had asked')
  assert.equal(six(lab.get('alice')), '2001:db8:1:ab00::2')
  await lab.routers.find(({ name }) => name === 'isp')!.renumber({ delegated: '2001:db8:77::/48' })
  assert.equal(six(lab.get('alice')), '2001:db8:77:ab00::2')
  await using again = await Lab.create({ internet: parseInternet(formatInternet(lab.internet), 'again.yaml') })
  for (const name of ['alice', 'bob']) assert.equal(six(again.get(name)), six(lab.get(name)))
  await lab.routers.find(({ name }) => name === 'home')!.moveTo(lab)
  assert.deepEqual(lab.internet.routers?.home, { hosts: { alice: {} } })
})

test('a prefix that was given back is delegated to somebody else, and those who had it learn that', async () => {
  await using lab = await Lab.create({ families })
  const server = lab.server('server')
  const home = lab.router('home', { ipv6: 'open', delegated: '2001:db8:7::/48' })
  const laptop = home.host('laptop', { slaac: true })
  await lab.ready()
  await assert.rejects(
    async () => lab.router('hotel', { delegated: '2001:db8:7::/48' }),
    /belongs to router 'home' already/,
  )
  await home.renumber({ delegated: true })
  const hotel = lab.router('hotel', { ipv6: 'open', delegated: '2001:db8:7::/48' })
  const guest = hotel.host('guest')
  assert.equal(six(guest), '2001:db8:7::2')
  assert.equal((await seenFrom(server, guest, { address: six(guest) })).address, six(server))
  assert.equal((await seenFrom(laptop, guest, { address: six(guest) })).address, held(laptop).preferred[0])
})

test('a /60 of 15 pieces can be renumbered as often as one likes', async () => {
  await using lab = await Lab.create({ families: ['ipv6'] })
  const box = lab.router('box', { delegated: '2001:db8:5::/60' })
  const own = box.router('own')
  const seen = new Set<string>()
  for (let n = 0; n < 20; n += 1) {
    await own.renumber({ delegated: true })
    seen.add(own.host(`host-${n}`).address.split('::')[0]!)
  }
  assert.equal(seen.size, 15)
  assert.equal((await seenFrom(own.host('last'), box.host('tv'))).port, 4000)
})

test('prefix translation follows: the hosts keep their addresses, and have others outside', async () => {
  await using lab = await Lab.create({ families })
  const server = lab.server('server')
  const home = lab.router('home', { ipv6: 'nptv6', delegated: '2001:db8:7::/48' })
  const alice = home.host('alice')
  await using reflector = await server.reflector({ address: '::', port: 3478 })
  await using box = await alice.mailbox({ address: '::', port: 4000 })
  const to = { address: six(server), port: reflector.endpoint.port }
  const inside = six(alice)
  assert.equal((await report(box, to)).source.address, '2001:db8:7::2')
  await home.renumber({ delegated: '2001:db8:8::/48', deprecate: true })
  assert.equal(six(alice), inside)
  assert.ok(await arrives(server, alice, '2001:db8:7::2', PATIENCE), 'strangers come in by both')
  assert.ok(await arrives(server, alice, '2001:db8:8::2', PATIENCE))
  assert.equal((await report(box, to)).source.address, '2001:db8:7::2', 'what has begun goes on')
  await home.withdraw()
  assert.equal((await report(box, to)).source.address, '2001:db8:8::2', 'the same socket')
  assert.equal(await arrives(server, alice, '2001:db8:7::2'), false)
})

test('NAT66 follows the external address of its router, and other routers are led to it', async () => {
  await using lab = await Lab.create({ families })
  const server = lab.server('server')
  const home = lab.router('home', { ipv6: 'nat66' })
  const alice = home.host('alice')
  await using reflector = await server.reflector({ address: '::', port: 3478 })
  await using box = await alice.mailbox({ address: '::', port: 4000 })
  const to = { address: six(server), port: reflector.endpoint.port }
  assert.equal((await report(box, to)).source.address, six(home))
  await home.renumber({ external: '2001:db8::77' })
  assert.equal((await report(box, to)).source.address, '2001:db8::77')
  await assert.rejects(home.renumber({ delegated: true }), /with ipv6: 'nat66' it has no delegated prefix/)
})

test('a router with another external address of IPv6 keeps its prefix, and everybody finds the way to it', async () => {
  await using lab = await Lab.create({ families: ['ipv6'] })
  const server = lab.server('server')
  const home = lab.router('home', { ipv6: 'open' })
  const [alice, bob] = [home.host('alice'), lab.router('hotel', { ipv6: 'open' }).host('bob')]
  const [before, former] = [alice.address, home.address]
  await home.renumber()
  assert.notEqual(home.address, former)
  assert.equal(alice.address, before)
  assert.equal((await seenFrom(server, alice)).address, server.address)
  assert.equal((await seenFrom(bob, alice)).address, bob.address)
  const late = lab.server('late')
  assert.equal((await seenFrom(late, alice)).address, late.address)
  assert.deepEqual(
    [server, late].flatMap(ways).filter((way) => way.endsWith(` ${former}`)),
    [],
  )
})

test('a NAT64 translates for the new addresses of its hosts, and its pool does not run out', async () => {
  await using lab = await Lab.create({ families })
  const home = lab.router('home', { lan: 'none', nat64: true })
  const phone = home.host('phone')
  const server = lab.server('server')
  await using reflector = await server.reflector({ port: 3478 })
  await using box = await phone.mailbox({ address: '::', port: 40_000 })
  const to = { address: nat64Address(server.address), port: reflector.endpoint.port }
  for (let n = 0; n < 6; n += 1) {
    assert.equal((await report(box, to)).source.address, home.external[0])
    await home.renumber({ delegated: true })
  }
  using route = home.route()
  const pool = route.neighbours().filter(({ address }) => address.startsWith('192.0.0.'))
  // The phone's, and that of the router, which may have had to tell somebody that the phone is not there any longer.
  assert.ok(pool.length <= 3, `the same addresses of the pool over and over, not ${pool.length}`)
})

test('changes at the same time end as if they had been one after the other', async () => {
  await using lab = await Lab.create({ families })
  const server = lab.server('server')
  const isp = lab.router('isp', { ipv6: 'open' })
  const home = isp.router('home', { ipv6: 'open' })
  const [laptop, phone] = [home.host('laptop', { slaac: true }), isp.host('phone', { slaac: true })]
  await Promise.all([
    isp.renumber({ delegated: true }),
    home.renumber({ delegated: true, deprecate: true }),
    isp.renumber({ delegated: true }),
    lab.ready(),
  ])
  await Promise.all([
    home.moveTo(lab),
    phone.moveTo(home),
    isp.renumber({ external: true, lan: true, delegated: true }),
  ])
  for (const host of [laptop, phone]) {
    const { preferred } = held(host)
    assert.equal(preferred.length, 1)
    assert.equal((await seenFrom(host, server, { address: six(server) })).address, preferred[0])
  }
})

test('a lab that is disposed of while it is renumbered ends', async () => {
  const lab = await Lab.create({ families: ['ipv6'] })
  const home = lab.router('home')
  home.host('laptop', { slaac: true })
  const renumbered = home.renumber({ delegated: true })
  await lab[Symbol.asyncDispose]()
  await renumbered
})

test('what cannot be is refused, and nothing has changed', async () => {
  await using lab = await Lab.create({ families })
  const isp = lab.router('isp', { delegated: '2001:db8:7::/56' })
  const home = isp.router('home')
  home.router('attic').host('alice')
  const before = JSON.stringify(lab.topology)
  for (const [delegated, error] of [
    ['2001:db8::/48', /uses 2001:db8::\/64 itself/],
    ['fd00::/48', /is not in 2000::\/3/],
    ['2001:db8:9::/80', /a \/80 is not delegated/],
    ['2001:db8:9::1', /no IPv6 prefix|no prefix length|prefix/],
    ['2001:db8:9::/60', /no room for the 1 routers behind it/],
  ] as const)
    await assert.rejects(isp.renumber({ delegated }), error, delegated)
  await assert.rejects(home.renumber({ delegated: '2001:db8:9::/60' }), /is not in 2001:db8:7::\/56/)
  assert.equal(JSON.stringify(lab.topology), before)
  await isp.renumber({ delegated: '2001:db8:9::/56' })
  const four = await Lab.create()
  await using _four = four
  await assert.rejects(four.router('home').renumber({ delegated: true }), /its upstream has no IPv6 prefix/)
})
