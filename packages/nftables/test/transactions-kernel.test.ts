import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { NetworkNamespace, sandbox } from '@sallyport/linux'
import { connect, counter, drop, ip, jump, type NamedObject, type Transaction, TransactionError } from '../src/index.ts'
import { nft, skip } from './support/nft.ts'
import { apply, fresh, lines } from './support/transactions.ts'

await sandbox()

describe('a transaction', () => {
  test('is the program of the first page, and nft lists what it says', { skip }, async () => {
    using namespace = NetworkNamespace.create()
    await using nf = await connect({ netns: namespace.path })
    const tx = nf.transaction()
    const filter = tx.table('inet', 'filter')
    const blocked = filter.set('blocked', {
      type: 'ipv4_addr',
      flags: ['interval', 'timeout'],
      elements: ['198.51.100.0/24'],
    })
    filter
      .chain('input', { hook: 'input', priority: 'filter', policy: 'accept' })
      .rule(ip.saddr.in(blocked), counter(), drop())
    await tx.commit()
    assert.deepEqual(lines(namespace.run(() => nft(['list', 'ruleset']))), [
      'table inet filter {',
      'set blocked {',
      'type ipv4_addr',
      'flags interval,timeout',
      'elements = { 198.51.100.0/24 }',
      '}',
      'chain input {',
      'type filter hook input priority filter; policy accept;',
      'ip saddr @blocked counter packets 0 bytes 0 drop',
      '}',
      '}',
    ])
  })

  test('puts additions into an order that the kernel takes, and removals between them', () =>
    fresh((nf) => {
      apply(nf, (tx) => tx.table('inet', 'old').chain('x'))
      const tx = nf.transaction()
      const t = tx.table('inet', 't')
      const first = t.chain('first').rule(jump('second'))
      tx.delete(nf.table('inet', 'old'))
      t.chain('second').rule(counter())
      const old = tx.table('inet', 'old')
      old.chain('y')
      assert.throws(() => tx.commit(), /no chain 'second'/, 'a removal is a line that nothing is moved over')
      assert.equal(first.rules.length, 1)
    }))

  test('takes names that are defined further down', () =>
    fresh((nf) => {
      apply(nf, (tx) => {
        const t = tx.table('inet', 't')
        t.chain('first').rule(jump('second'))
        t.map('where', { type: 'ipv4_addr', value: 'verdict', elements: [['192.0.2.1', jump('second')]] })
        t.chain('second')
      })
      assert.deepEqual(
        nf.chains().map(({ name }) => name),
        ['first', 'second'],
      )
    }))

  test('that was committed is used up, and one that was refused is not', () =>
    fresh((nf) => {
      const tx = nf.transaction()
      const c = tx.create(tx.table('inet', 't')).chain('c')
      apply(nf, (other) => other.table('inet', 't'))
      assert.throws(() => tx.commit(), /EEXIST.*table inet t exists already/)
      apply(nf, (other) => other.delete(nf.table('inet', 't')))
      tx.commit()
      assert.throws(() => tx.commit(), /has been committed/)
      assert.throws(() => tx.append(c, drop()), /has been committed/)
      assert.throws(() => c.rule(drop()), /has been committed/)
    }))

  test('deletes, destroys and creates each kind of object', () =>
    fresh((nf) => {
      const all = (): string[] => [
        ...nf.chains().map(({ name }) => name),
        ...nf.sets().map(({ name }) => name),
        ...nf.objects().map(({ name }) => name),
      ]
      const define = (tx: Transaction): object[] => {
        const t = tx.table('inet', 't')
        return [
          t.chain('ch'),
          t.set('st', { type: 'ipv4_addr' }),
          t.map('mp', { type: 'ipv4_addr', value: 'inet_service' }),
          t.counter('co'),
        ]
      }
      let things: object[] = []
      apply(nf, (tx) => {
        things = define(tx)
      })
      assert.deepEqual(
        all(),
        ['ch', 'mp', 'st', 'co'].toSorted((a, b) => all().indexOf(a) - all().indexOf(b)),
      )
      for (const [index, code] of ['newchain', 'newset', 'newset', 'newobj'].entries()) {
        const tx = nf.transaction()
        tx.create(define(tx)[index] as never)
        assert.throws(() => tx.commit(), new RegExp(`^TransactionError: ${code}: EEXIST`))
      }
      for (const thing of things) apply(nf, (tx) => tx.delete(thing as never))
      assert.deepEqual(all(), [])
      for (const thing of things) {
        assert.throws(() => apply(nf, (tx) => tx.delete(thing as never)), /ENOENT/)
        apply(nf, (tx) => tx.destroy(thing as never))
      }
      const table = nf.table('inet', 't')
      apply(nf, (tx) => tx.destroy(table))
      apply(nf, (tx) => tx.destroy(table))
      assert.deepEqual(nf.tables(), [])
    }))
})

describe('objects', () => {
  test('of several kinds are added, listed, deleted and destroyed', { skip }, () =>
    fresh((nf, list) => {
      const things: NamedObject[] = []
      const define = (tx: Transaction): void => {
        const t = tx.table('inet', 't')
        things.push(
          tx.object(t, 'cap', { expr: 'quota', bytes: 1000n }, { comment: 'a cap' }),
          tx.object(t, 'pace', { expr: 'limit', rate: 5n, unit: 1n, burst: 5 }),
          tx.object(t, 'ftp', { expr: 'ct_helper', name: 'ftp', l4proto: 6 }),
          tx.object(t, 'slow', { expr: 'ct_timeout', l3proto: 'ip', l4proto: 17, policy: { unreplied: 10 } }),
        )
      }
      apply(nf, define)
      const text = list()
      for (const name of ['quota cap', 'limit pace', 'ct helper ftp', 'ct timeout slow']) {
        assert.ok(text.includes(`${name} {`), name)
      }
      const data = nf.read(nf.table('inet', 't').object('quota', 'cap'))
      assert.ok(data.expr === 'quota' && data.bytes === 1000n)
      apply(nf, (tx) => {
        for (const thing of things) tx.delete(thing)
      })
      assert.deepEqual(lines(list()), ['table inet t {', '}'])
      for (const thing of things) {
        assert.throws(() => apply(nf, (tx) => tx.delete(thing)), /ENOENT/)
        apply(nf, (tx) => tx.destroy(thing))
      }
    }),
  )
})

describe('table flags', () => {
  test('put a table to sleep and wake it up', { skip }, () =>
    fresh((nf, list) => {
      apply(nf, (tx) => tx.table('inet', 't', { flags: ['dormant'], comment: 'asleep' }).chain('c', { hook: 'input' }))
      assert.match(list(), /flags dormant/)
      apply(nf, (tx) => tx.table('inet', 't', { flags: [] }))
      assert.doesNotMatch(list(), /dormant/)
      assert.match(list(), /comment "asleep"/)
    }),
  )

  test('make a table go with its owner, whom nobody else disturbs', async () => {
    using namespace = NetworkNamespace.create()
    await using other = await connect({ namespace })
    {
      await using owner = await connect({ namespace })
      apply(owner, (tx) => tx.table('inet', 'mine', { flags: ['owner'] }).chain('c'))
      apply(owner, (tx) => tx.table('inet', 'kept', { flags: ['owner', 'persist'] }).chain('c'))
      assert.throws(
        () => apply(other, (tx) => tx.table('inet', 'mine').chain('d')),
        (error) => error instanceof TransactionError && error.failures.every(({ code }) => code === 'EPERM'),
      )
    }
    assert.deepEqual(
      other.tables().map(({ name }) => name),
      ['kept'],
    )
  })
})
