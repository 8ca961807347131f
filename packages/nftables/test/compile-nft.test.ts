import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { sandbox } from '@sallyport/linux'
import { counter, type Family, printRule, Ruleset, tcp } from '../src/index.ts'
import { fixture } from './support/fixture.ts'
import { bothWays, withoutNft } from './support/oracle.ts'
import { familyRules, rules } from './support/rules.ts'

await sandbox()

describe('a rule becomes the same bytes as nft makes of its text', { skip: withoutNft ?? false }, () => {
  for (const [text, statements, chain = 'filter'] of rules) {
    it(text, () => {
      const { ruleset, table, things } = fixture()
      const target = table.chains.find(({ name }) => name === chain)!
      target.rule(...statements(things))
      assert.equal(printRule(target.rules[0]!), text)
      const { nft, netlink } = bothWays(ruleset)
      assert.deepEqual(netlink.kernel, nft.kernel)
      assert.equal(netlink.listing, nft.listing)
    })
  }
})

describe('a rule in a table of one family', { skip: withoutNft ?? false }, () => {
  for (const [family, cases] of Object.entries(familyRules)) {
    for (const [text, statements] of cases) {
      it(`becomes the same bytes: ${family} ${text}`, () => {
        const ruleset = new Ruleset()
        const chain = ruleset.table(family as Family, 't').chain('c')
        chain.rule(...statements(fixture().things))
        assert.equal(printRule(chain.rules[0]!), text)
        const { nft, netlink } = bothWays(ruleset)
        assert.deepEqual(netlink.kernel, nft.kernel)
        assert.equal(netlink.listing, nft.listing)
      })
    }
  }
})

it('a match is not moved over a counter, as nft 1.0.6 does when it reads two ports at once', {
  skip: withoutNft ?? false,
}, () => {
  const ruleset = new Ruleset()
  ruleset.table('inet', 't').chain('c').rule(tcp.sport.eq(1), counter(), tcp.dport.eq(2))
  const { nft, netlink } = bothWays(ruleset)
  assert.match(netlink.listing, /tcp sport 1 counter packets 0 bytes 0 tcp dport 2/)
  assert.doesNotMatch(nft.listing, /tcp sport 1 counter packets 0 bytes 0 tcp dport 2/)
})
