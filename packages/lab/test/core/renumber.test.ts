import assert from 'node:assert/strict'
import test from 'node:test'
import { sandbox } from '@sallyport/linux'
import { oifname, Ruleset, snat } from '@sallyport/nftables'
import { Lab } from '../../src/lab.ts'
import type { Site } from '../../src/nat/index.ts'
import { arrives, seenFrom } from './seen.ts'

await sandbox()

test('a router that gets another external address is seen from there, and its mappings are gone', async () => {
  await using lab = await Lab.create()
  const server = lab.server('server')
  const router = lab.router('home')
  const host = router.host('alice')
  const [before] = router.external
  assert.equal((await seenFrom(host, server)).address, before)
  await router.renumber()
  const [after] = router.external
  assert.notEqual(after, before)
  assert.equal((await seenFrom(host, server)).address, after)
  assert.equal(await arrives(server, router, before), false)
})

test('a provider gives a router the address that was asked for', async () => {
  await using lab = await Lab.create()
  const server = lab.server('server')
  const router = lab.router('home')
  const host = router.host('alice')
  await router.renumber({ external: '203.0.113.77' })
  assert.deepEqual(router.site.external, ['203.0.113.77'])
  assert.deepEqual(await seenFrom(host, server), { address: '203.0.113.77', port: 4000 })
})

test('an address of the other half of the internet reaches the first one, too', async () => {
  await using lab = await Lab.create()
  const server = lab.server('server')
  const router = lab.router('home')
  const host = router.host('alice')
  await router.renumber({ external: '198.18.7.7' })
  assert.equal((await seenFrom(host, server)).address, '198.18.7.7')
  await assert.rejects(router.renumber({ external: '2001:db8::7' }), /without IPv6/)
  await assert.rejects(router.renumber({ deprecate: true }), /deprecate is for another delegated prefix/)
})

test('hosts follow when the prefix of their LAN changes', async () => {
  await using lab = await Lab.create()
  const server = lab.server('server')
  const router = lab.router('home')
  const host = router.host('alice')
  const other = router.host('bob', { address: '192.168.1.77' })
  await router.renumber({ lan: '10.20.30.0/24' })
  assert.deepEqual([router.lanAddress, host.address, other.address], ['10.20.30.1', '10.20.30.2', '10.20.30.77'])
  assert.deepEqual(router.site.inside, ['10.20.30.0/24'])
  assert.equal((await seenFrom(host, server)).address, router.external[0])
  assert.equal((await seenFrom(host, other)).address, '10.20.30.2')
  assert.equal(lab.internet.routers?.home?.lan, '10.20.30.0/24')
})

test('a router behind a router follows, and translates to its new address', async () => {
  await using lab = await Lab.create()
  const outer = lab.router('outer', { nat: 'linux' })
  const tv = outer.host('tv')
  const inner = outer.router('inner', { nat: 'port-restricted' })
  const host = inner.host('alice')
  await outer.renumber({ lan: '10.1.1.0/24' })
  assert.equal(inner.external[0], '10.1.1.3')
  assert.equal((await seenFrom(host, tv)).address, '10.1.1.3')
})

test('rules that name the external address are made anew for another one, and old connections do not keep the old one', async () => {
  await using lab = await Lab.create()
  const server = lab.server('server')
  const rules = ({ wan, external }: Site): Ruleset => {
    const ruleset = new Ruleset()
    const chain = ruleset.table('ip', 'own').chain('leave', { type: 'nat', hook: 'postrouting', priority: 'srcnat' })
    chain.rule(oifname.eq(wan), snat({ to: external[0]! }))
    return ruleset
  }
  const router = lab.router('home', { nat: { rules } })
  const host = router.host('alice')
  assert.equal((await seenFrom(host, server)).address, router.external[0])
  await router.renumber({ external: '203.0.113.77' })
  assert.equal((await seenFrom(host, server)).address, '203.0.113.77')
})
