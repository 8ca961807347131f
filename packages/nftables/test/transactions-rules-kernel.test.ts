import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { sandbox } from '@sallyport/linux'
import { comment, counter, drop, ip, jump, tcp } from '../src/index.ts'
import { skip } from './support/nft.ts'
import { apply, comments, fresh, lines, withChain } from './support/transactions.ts'

await sandbox()

describe('rules', () => {
  test('stand where they were put, and have the handles that nft shows', { skip }, () =>
    fresh((nf, list) => {
      const tx = nf.transaction()
      const chain = tx.table('inet', 't').chain('c')
      const middle = tx.append(chain, counter(), comment('middle'))
      tx.insert(chain, drop(), comment('first'))
      tx.after(middle, tcp.dport.in([1, 3]), drop(), comment('behind'))
      tx.before(middle, drop(), comment('before'))
      chain.rule(drop(), comment('last'))
      const { rules } = tx.commit()
      assert.deepEqual(comments(nf), ['first', 'before', 'middle', 'behind', 'last'])
      const listed = [...list('-a').matchAll(/comment "(\w+)" # handle (\d+)/g)]
      const shown = new Map(listed.map(([, name, handle]) => [name, handle]))
      assert.deepEqual(
        rules.map((rule) => [rule.comment, String(rule.handle)]),
        rules.map((rule) => [rule.comment, shown.get(rule.comment)]),
      )
      assert.equal(new Set(rules.map(({ handle }) => handle)).size, 5)
    }),
  )

  test('of an earlier commit are followed, preceded, replaced and deleted by a later one', () =>
    fresh((nf) => {
      const [a, b, c] = withChain(nf, 'a', 'b', 'c')
      const { rules } = apply(nf, (tx) => {
        tx.after(a!, drop(), comment('behind a'))
        tx.before(c!, drop(), comment('before c'))
        tx.replace(b!, drop(), comment('instead of b'))
        tx.delete(c!)
      })
      assert.deepEqual(comments(nf), ['a', 'behind a', 'instead of b', 'before c'])
      apply(nf, (tx) => {
        for (const rule of rules) tx.delete(rule)
      })
      assert.deepEqual(comments(nf), ['a'])
      assert.throws(() => apply(nf, (tx) => tx.delete(c!)), /delrule: ENOENT at NFTA_RULE_HANDLE/)
      apply(nf, (tx) => tx.destroy(c!))
    }))

  test('of the same transaction are replaced and deleted too', () =>
    fresh((nf) => {
      const tx = nf.transaction()
      const chain = tx.table('inet', 't').chain('c').rule(counter(), comment('a')).rule(counter(), comment('b'))
      const [a, b] = chain.rules
      tx.replace(a!, drop(), comment('instead of a'))
      tx.delete(b!)
      tx.commit()
      assert.deepEqual(comments(nf), ['instead of a'])
    }))

  test('said with chain.rule() are known by their objects, and those that were read as they are', () =>
    fresh((nf) => {
      const tx = nf.transaction()
      const chain = tx.table('inet', 't').chain('c').rule(counter(), comment('a')).rule(counter(), comment('b'))
      tx.commit()
      apply(nf, (later) => later.after(chain.rules[0]!, drop(), comment('c')))
      assert.deepEqual(comments(nf), ['a', 'c', 'b'])
      apply(nf, (later) => {
        for (const rule of nf.rules()) later.delete(rule)
      })
      assert.deepEqual(comments(nf), [])
    }))

  test('that were read are followed by ones that use what is in their table', () =>
    fresh((nf) => {
      apply(nf, (tx) => {
        const t = tx.table('inet', 't')
        t.set('addresses', { type: 'ipv4_addr' })
        t.chain('d')
        t.chain('c').rule(counter(), comment('a'))
      })
      const addresses = nf.table('inet', 't').set('addresses', 'ipv4_addr')
      const [rule] = nf.rules()
      apply(nf, (tx) => {
        tx.after(rule!, ip.saddr.in(addresses), jump('d'), comment('b'))
        tx.before(rule!, jump('d'), comment('c'))
      })
      assert.deepEqual(comments(nf), ['c', 'a', 'b'])
    }))

  test('without a handle are refused by other transactions', () =>
    fresh((nf) => {
      const tx = nf.transaction()
      const rule = tx.append(tx.table('inet', 't').chain('c'), drop())
      assert.throws(() => nf.transaction().delete(rule), /has not been committed, or was without asking for handles/)
      tx.commit({ handles: false })
      assert.equal(rule.handle, undefined)
    }))

  test('are flushed with their chain or table', () =>
    fresh((nf) => {
      const tx = nf.transaction()
      const t = tx.table('inet', 't')
      const [c, d] = [t.chain('c').rule(drop()), t.chain('d').rule(drop())]
      tx.commit()
      apply(nf, (later) => later.flush(c))
      assert.deepEqual(
        nf.rules().map(({ chain }) => chain),
        ['d'],
      )
      apply(nf, (later) => later.flush(t))
      assert.deepEqual(nf.rules(), [])
      assert.equal(nf.chains().length, 2)
      assert.equal(d.rules.length, 1)
    }))
})

test('a chain is renamed, and jumps still lead there', { skip }, () =>
  fresh((nf, list) => {
    const tx = nf.transaction()
    const t = tx.table('inet', 't')
    const to = t.chain('to')
    t.chain('from').rule(jump(to))
    tx.commit()
    apply(nf, (later) => later.rename(to, 'there'))
    assert.deepEqual(lines(list()), ['table inet t {', 'chain there {', '}', 'chain from {', 'jump there', '}', '}'])
    assert.throws(() => apply(nf, (later) => later.rename(to, 'again')), /no chain 'to' in table inet t/)
  }),
)
