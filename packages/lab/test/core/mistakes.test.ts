import assert from 'node:assert/strict'
import test from 'node:test'
import { sandbox } from '@sallyport/linux'
import { Lab } from '../../src/lab.ts'
import { TopologyError } from '../../src/topology/check.ts'

await sandbox()

function refused(message: RegExp, attempt: () => unknown): void {
  assert.throws(attempt, (error) => error instanceof TopologyError && message.test(error.message))
}

test('two of one name are refused, wherever they are', async () => {
  await using lab = await Lab.create()
  const home = lab.router('home')
  home.host('alice')
  refused(/there is a node 'alice' already/, () => lab.server('alice'))
  refused(/there is a node 'home' already/, () => home.router('home'))
  refused(/there is a node 'alice' already/, () => home.host('alice'))
})

test('a name that nobody could read is none', async () => {
  await using lab = await Lab.create()
  for (const name of ['', '  ', 'x'.repeat(65), 'a\u001b[2J'])
    for (const add of [() => lab.server(name), () => lab.router(name)])
      refused(/^".*" is no name for a node; write 1 to 64 visible characters$/, add)
  assert.deepEqual(
    lab.topology.networks.map((network) => network.name),
    ['internet'],
  )
})

test('a router that translates IPv6 needs a NAT for what comes out', async () => {
  await using lab = await Lab.create({ families: ['ipv4', 'ipv6'] })
  refused(/^router 'home': nat64 needs a NAT/, () => lab.router('home', { nat: 'none', nat64: true }))
  const home = lab.router('home', { nat: 'linux', nat64: true })
  await assert.rejects(home.setNat('none'), TopologyError)
  assert.equal(home.nat, 'linux')
})

test('a lab that has ended takes nothing new, and says so', async () => {
  const lab = await Lab.create()
  const home = lab.router('home')
  await lab[Symbol.asyncDispose]()
  refused(/^this lab has ended; 'alice' cannot be added$/, () => lab.server('alice'))
  refused(/^this lab has ended; 'alice' cannot be added$/, () => home.host('alice'))
})

test('a LAN that is full says so', async () => {
  await using lab = await Lab.create()
  const home = lab.router('home', { lan: '10.9.9.0/30' })
  home.host('alice')
  refused(/no address is left in 10\.9\.9\.0\/30 for node 'bob'/, () => home.host('bob'))
})

test('a prefix that is none is named with the router that has it', async () => {
  await using lab = await Lab.create()
  refused(/the LAN of router 'home': '10\.0\.0' is not an IP address/, () => lab.router('home', { lan: '10.0.0/24' }))
  refused(/the LAN of router 'home': '10\.0\.0\.0' has no prefix length/, () => lab.router('home', { lan: '10.0.0.0' }))
  refused(/'10\.0\.0\.0\/31' has no room for two hosts/, () => lab.router('home', { lan: '10.0.0.0/31' }))
  refused(
    /the LAN of router 'home': 203\.0\.113\.128\/25 is on the internet, which has 203\.0\.113\.0\/24; write/,
    () => lab.router('home', { lan: '203.0.113.128/25' }),
  )
  refused(/2001:db8::\/64 is no IPv4 prefix/, () => lab.router('home', { lan: '2001:db8::/64' }))
})

test('an address is in its network, and one node has it', async () => {
  await using lab = await Lab.create()
  const home = lab.router('home', { lan: '192.168.1.0/24' })
  home.host('alice', { address: '192.168.1.9' })
  refused(/node 'bob': 192\.168\.1\.9 belongs to node 'alice' already/, () =>
    home.host('bob', { address: '192.168.1.9' }),
  )
  refused(/192\.168\.1\.1 belongs to router 'home' already/, () => home.host('bob', { address: '192.168.1.1' }))
  refused(/node 'bob': 10\.0\.0\.1 is not in 192\.168\.1\.0\/24/, () => home.host('bob', { address: '10.0.0.1' }))
  refused(/192\.168\.1\.255 is the network's own, or its broadcast/, () =>
    home.host('bob', { address: '192.168.1.255' }),
  )
  refused(/node 'bob': 'x' is not an IP address/, () => home.host('bob', { address: 'x' }))
  refused(/8\.8\.8\.8 is not on this internet, which has 203\.0\.113\.0\/24 and/, () =>
    lab.server('dns', { address: '8.8.8.8' }),
  )
})

test('what was refused leaves no trace', async () => {
  await using lab = await Lab.create()
  const home = lab.router('home')
  refused(/delay/, () => home.host('alice', { link: { delay: '20 min' as never } }))
  refused(/cannot have 0 external addresses/, () => lab.router('other', { addresses: 0 }))
  assert.throws(() => lab.router('other', { nat: 'none-such' }), /no NAT preset 'none-such'/)
  assert.deepEqual(lab.internet, { routers: { home: {} } })
  assert.equal(lab.nodes.length, 1)
  assert.equal(home.host('alice').address, '192.168.1.2')
  assert.equal(lab.router('other').external[0], '203.0.113.2')
})

test('families are IPv4 and IPv6', async () => {
  await assert.rejects(Lab.create({ families: [] }), /families are 'ipv4', 'ipv6' or both/)
  await assert.rejects(Lab.create({ families: ['ipx' as never] }), /not 'ipx'/)
})

test('a link of an interface that is not there names those that are', async () => {
  await using lab = await Lab.create()
  const router = lab.router('home')
  await assert.rejects(router.setLink({ delay: 1 }, 'eth0'), /node 'home' has no interface 'eth0'; it has: wan, lan/)
})
