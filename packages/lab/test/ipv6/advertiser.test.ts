import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sandbox } from '@sallyport/linux'
import { Lab } from '../../src/index.ts'
import { Advertiser } from '../../src/ipv6/index.ts'
import type { LabNode } from '../../src/node.ts'

await sandbox()

const RT_TABLE_LOCAL = 255 // linux/rtnetlink.h

async function house(): Promise<{ lab: Lab; router: LabNode; laptop: LabNode }> {
  const lab = await Lab.create()
  const network = lab.network('house')
  const router = lab.node('router', { lan: network.at('2001:db8:1::1/64') }, { forwarding: true })
  const laptop = lab.node('laptop', { eth0: network.at('fd00::10/64') })
  laptop.sysctl('net.ipv6.conf.eth0.accept_ra', 1)
  return { lab, router, laptop }
}

/** The address that a node made itself from a prefix. */
async function addressIn(node: LabNode, start: string): Promise<string> {
  using route = node.route()
  return (await route.addressed(({ address }) => address.startsWith(start), 3000)).address
}

test('a host makes its address from what the router advertises, and finds its default route', async () => {
  const { lab, router, laptop } = await house()
  await using _lab = lab
  const link = { namespace: router.namespace, link: 'lan' }
  await using _advertiser = await Advertiser.start(link, { prefixes: [{ prefix: '2001:db8:1::/64' }], mtu: 1400 })
  assert.match(await addressIn(laptop, '2001:db8:1:'), /\/64$/)
  using route = laptop.route()
  const found = route.routes().find(({ to, family }) => to === 'default' && family === 6)
  assert.match(found?.via ?? 'none', /^fe80:/)
  assert.equal(laptop.sysctl('net.ipv6.conf.eth0.mtu'), '1400')
})

test('a host that comes later asks, and is answered', async () => {
  const { lab, router, laptop } = await house()
  await using _lab = lab
  const link = { namespace: router.namespace, link: 'lan' }
  await using _advertiser = await Advertiser.start(link, { prefixes: [{ prefix: '2001:db8:1::/64' }] })
  using route = laptop.route()
  route.setLink('eth0', { up: false })
  for (const [name, value] of [
    ['router_solicitations', 3],
    ['router_solicitation_delay', 0],
  ] as const)
    laptop.sysctl(`net.ipv6.conf.eth0.${name}`, value)
  route.setLink('eth0', { up: true })
  assert.match(await addressIn(laptop, '2001:db8:1:'), /\/64$/)
})

test('a renumbered house: the new prefix is used, the old address is deprecated', async () => {
  const { lab, router, laptop } = await house()
  await using _lab = lab
  const link = { namespace: router.namespace, link: 'lan' }
  await using advertiser = await Advertiser.start(link, { prefixes: [{ prefix: '2001:db8:1::/64' }] })
  await addressIn(laptop, '2001:db8:1:')
  advertiser.advertise({ prefixes: [{ prefix: '2001:db8:1::/64', preferred: 0 }, { prefix: '2001:db8:2::/64' }] })
  const fresh = (await addressIn(laptop, '2001:db8:2:')).split('/')[0]!
  // RFC 6724 rule 3: a connection leaves from the address that is not deprecated.
  using route = router.route()
  route.addAddress('lan', '2001:db8:2::1/64')
  // The kernel answers who asks for a new address when it has made the way to it, on a thread of its own.
  const local = (): boolean => route.routes(RT_TABLE_LOCAL).some(({ to }) => to === '2001:db8:2::1/128')
  await route.untilAddresses(() => local() || undefined)
  await using reflector = await router.mailbox({ address: '::', port: 7 })
  await using box = await laptop.mailbox({ address: '::' })
  await box.send('hello', { address: '2001:db8:2::1', port: 7 })
  assert.equal((await reflector.receive()).from.address, fresh)
})

test('a router goes on advertising when its link has been down', async () => {
  const { lab, router, laptop } = await house()
  await using _lab = lab
  const link = { namespace: router.namespace, link: 'lan' }
  await using advertiser = await Advertiser.start(link, { prefixes: [{ prefix: '2001:db8:1::/64' }] })
  await addressIn(laptop, '2001:db8:1:')
  using route = router.route()
  route.setLink('lan', { up: false })
  route.setLink('lan', { up: true })
  await Promise.all([route.running('lan'), route.addressed(({ address }) => address.startsWith('fe80:'))])
  using there = laptop.route()
  await there.running('eth0')
  advertiser.advertise({ prefixes: [{ prefix: '2001:db8:2::/64' }] })
  await addressIn(laptop, '2001:db8:2:')
})
