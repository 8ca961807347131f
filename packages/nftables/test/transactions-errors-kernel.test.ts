import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { NetworkNamespace, sandbox } from '@sallyport/linux'
import {
  accept,
  connect,
  counter,
  drop,
  jump,
  ModelError,
  masquerade,
  type Table,
  TransactionError,
} from '../src/index.ts'
import { skip } from './support/nft.ts'
import { apply, failures, fresh, line, withChain } from './support/transactions.ts'

await sandbox()

describe('errors', () => {
  test('name all three faults of 1,000 operations, each with attribute and source line', () =>
    fresh((nf) => {
      const tx = nf.transaction()
      const t = tx.table('inet', 't')
      const chain = t.chain('c')
      const absent = nf.transaction().table('inet', 't').set('nil', { type: 'ipv4_addr' })
      const here: number[] = []
      for (let index = 3; index < 1000; index++) {
        if (index === 100) {
          here.push(line() + 1)
          tx.delete(absent)
        } else if (index === 500) {
          here.push(line() + 1)
          tx.push({ verb: 'add', kind: 'chain', value: { family: 'inet', table: 'nil', name: 'x' } })
        } else if (index === 900) {
          here.push(line() + 1)
          tx.add(absent, ['192.0.2.1'])
        } else chain.rule(drop())
      }
      const message = failures(() => tx.commit())
      assert.deepEqual(
        message.map(({ message, code, attribute, object }) => [message, code, attribute, object]),
        [
          ['delset', 'ENOENT', 'NFTA_SET_NAME', 'set nil in table inet t'],
          ['newchain', 'ENOENT', 'NFTA_CHAIN_TABLE', 'chain x in table inet nil'],
          ['newsetelem', 'ENOENT', 'NFTA_SET_ELEM_LIST_SET', '1 element of set nil in table inet t'],
        ],
      )
      assert.deepEqual(
        message.map(({ source }) => source?.replace(/:\d+$/, '')),
        here.map((number) => `${import.meta.filename}:${number}`),
      )
      assert.deepEqual(nf.tables(), [])
    }))

  test('name the line of a definition and of each rule of a chain', () =>
    fresh((nf) => {
      const tx = nf.transaction()
      const t = tx.table('inet', 't')
      t.chain('a', { type: 'nat', hook: 'input' })
      const at = line() + 2
      t.chain('b')
        .rule(counter()) // and the next line is the one at fault
        .rule(jump('a'))
      const [failure] = failures(() => tx.commit())
      assert.equal(failure?.source?.replace(/:\d+$/, ''), `${import.meta.filename}:${at + 1}`)
      assert.match(
        new TransactionError([failure!]).message,
        new RegExp(`\\(${import.meta.filename}:${at + 1}:\\d+\\)$`),
      )
    }))

  test('of what cannot be compiled begin with the line', () =>
    fresh((nf) => {
      const tx = nf.transaction()
      const at = line() + 1
      tx.table('inet', 't').chain('c').rule(jump('nil'))
      assert.throws(
        () => tx.commit(),
        (error) => error instanceof ModelError && error.where[0]!.startsWith(`${import.meta.filename}:${at}:`),
      )
    }))

  test('go without lines when they are not wanted', () =>
    fresh((nf) => {
      const tx = nf.transaction({ sources: false })
      tx.create(tx.table('inet', 't'))
      apply(nf, (other) => other.table('inet', 't'))
      assert.equal(failures(() => tx.commit())[0]?.source, undefined)
    }))

  test('that do not find room are a refusal, and handles that do not find room are unknown', async () => {
    using namespace = NetworkNamespace.create()
    await using nf = await connect({ namespace, receiveBuffer: 4096 })
    const tx = nf.transaction()
    const chain = tx.table('inet', 't').chain('c')
    for (let index = 0; index < 2000; index++) chain.rule(counter())
    const { generation, rules } = tx.commit()
    assert.equal(generation, nf.generation(), 'it is committed')
    assert.equal(nf.rules().length, 2000)
    assert.equal(rules.at(-1)!.handle, undefined)
    const actual = nf.rules().map(({ handle }) => handle)
    assert.ok(rules.every(({ handle }, index) => handle === undefined || handle === actual[index]))
    const faulty = nf.transaction()
    const absent = nf.transaction().table('inet', 'nil').chain('c')
    for (let index = 0; index < 2000; index++) faulty.append(absent, counter())
    assert.ok(failures(() => faulty.commit()).length > 0)
    assert.equal(nf.generation(), generation)
  })
})

describe('a dry run', () => {
  test('finds what is wrong, and changes nothing', { skip }, () =>
    fresh((nf, list) => {
      withChain(nf, 'a')
      const before = list('-a')
      const generation = nf.generation()
      const tx = nf.transaction()
      const t = tx.table('inet', 't')
      t.chain('nat', { type: 'nat', hook: 'input' }).rule(accept())
      tx.flush(nf.table('inet', 't').chain('c'))
      tx.dryRun()
      assert.equal(list('-a'), before)
      assert.equal(nf.generation(), generation)
      tx.delete(nf.transaction().table('inet', 't').chain('nil'))
      const wrong = failures(() => tx.dryRun())
      assert.deepEqual(
        wrong.map(({ message, code, attribute }) => [message, code, attribute]),
        [['delchain', 'ENOENT', 'NFTA_CHAIN_NAME']],
      )
      assert.match(wrong[0]!.source!, new RegExp(`^${import.meta.filename}:`))
      assert.equal(list('-a'), before)
      assert.equal(nf.generation(), generation)
    }),
  )

  for (const where of ['a table that is there', 'a new table']) {
    test(`finds what is only wrong as a whole, in ${where}: circles of jumps, NAT where there is none`, { skip }, () =>
      fresh((nf, list) => {
        apply(nf, (tx) => tx.table('inet', where === 'a new table' ? 'other' : 't').chain('x'))
        const before = list('-a')
        const circle = (t: Table): unknown => {
          t.chain('base', { hook: 'input' }).rule(jump('a'))
          t.chain('a').rule(jump('b'))
          return t.chain('b').rule(jump('a'))
        }
        const misplaced = (t: Table): unknown => t.chain('filtering', { hook: 'postrouting' }).rule(masquerade())
        for (const [define, code] of [
          [circle, 'EMLINK'],
          [misplaced, 'EOPNOTSUPP'],
        ] as const) {
          const refused = (how: 'dryRun' | 'commit'): string[] => {
            const tx = nf.transaction()
            define(tx.table('inet', 't'))
            return failures(() => tx[how]()).map(({ code, object }) => `${code} ${object}`)
          }
          const found = refused('dryRun')
          assert.match(found.join(), new RegExp(`^${code} rule of chain \\w+ in table inet t$`))
          assert.deepEqual(found, refused('commit'))
        }
        assert.equal(list('-a'), before)
      }),
    )
  }

  test('of a new table that is right changes nothing either', { skip }, () =>
    fresh((nf, list) => {
      const generation = nf.generation()
      const tx = nf.transaction()
      tx.table('inet', 't').chain('c', { hook: 'input', policy: 'drop' }).rule(accept())
      tx.dryRun()
      assert.equal(list(), '')
      assert.equal(nf.generation(), generation)
      assert.deepEqual(nf.tables(), [])
      tx.commit()
      assert.equal(nf.generation(), generation + 1)
    }),
  )

  test('says when it is overtaken', () =>
    fresh((nf) => {
      const tx = nf.transaction({ generation: nf.generation() })
      tx.table('inet', 't')
      apply(nf, (other) => other.table('inet', 'other'))
      assert.throws(() => tx.dryRun(), { name: 'GenerationChanged' })
    }))
})
