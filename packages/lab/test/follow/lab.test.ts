import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sandbox } from '@sallyport/linux'
import { needs } from '@sallyport/linux/testing'
import { follow } from '../../src/follow/index.ts'
import { Lab } from '../../src/lab.ts'

await sandbox()

test(
  'a packet through the NATs of two routers, with the rules as nft writes them',
  needs({ nft: 'nftables' }),
  async () => {
    await using lab = await Lab.create()
    const provider = lab.router('provider', { nat: 'home' })
    const home = provider.router('home', { nat: 'home' })
    const alice = home.host('alice')
    const server = lab.server('server')
    await using box = await alice.mailbox({ port: 40000 })
    await using _listening = await server.mailbox({ port: 3478 })
    const to = { address: server.address, port: 3478 }
    const way = await follow(lab, { from: alice, protocol: 'udp', to }, () => box.send('hello', to))
    assert.equal(way.outcome, 'delivered', `${way}`)
    assert.deepEqual(
      way.hops.map(({ node }) => node),
      ['alice', 'home', 'provider', 'server'],
    )
    assert.equal(way.hops[1]?.after.source.address, home.external[0])
    assert.equal(way.hops[2]?.after.source.address, provider.external[0])
    assert.match(`${way}`, /masquerade|snat/)
    assert.doesNotMatch(`${way}`, /reg 1/, 'no rule is left in the debug form')
  },
)
