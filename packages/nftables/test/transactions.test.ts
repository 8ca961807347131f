import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { EINTR, ENOBUFS, ENOENT, type Message, NLM_F_ECHO, SystemError, Writer, writeMessage } from '@sallyport/linux'
import { accept, counter, type Family, jump, Nftables, Ruleset, TransactionError } from '../src/index.ts'
import { flowtableMessage, type KernelRule, ruleMessage } from '../src/messages/index.ts'
import { type Answer, generation, scripted, verdict } from './support/kernel.ts'

const GETGEN = 0xa10
const NEWGEN = 0xa0f
const NEWRULE = 0xa06

/** A kernel that makes generation 7 of every batch; `batch` says what it has to tell. */
function kernel(batch: Answer): { nf: Nftables; sent: Uint8Array[] } {
  const { connection, sent } = scripted((messages) =>
    messages[0]!.type === GETGEN ? generation(messages[0]!, 7) : batch(messages),
  )
  return { nf: new Nftables(connection), sent }
}

function datagram(type: number, sequence: number, body: Uint8Array): Uint8Array {
  const out = new Writer()
  writeMessage(out, { type, flags: 0, sequence, body })
  return out.finish()
}

/** The rule of a message, with a handle. */
function echo(message: Message, handle: bigint): Uint8Array {
  const rule: KernelRule = { ...ruleMessage.decode(message.body), handle }
  return datagram(NEWRULE, message.sequence, ruleMessage.encode(rule))
}

const newGeneration = (about: Message, id: number): Uint8Array =>
  datagram(NEWGEN, about.sequence, Uint8Array.of(0, 0, 0, 0, 8, 0, 1, 0, 0, 0, 0, id))

describe('a commit', () => {
  test('takes handles and generation from the echoes, without another question', () => {
    const { nf, sent } = kernel((messages) => {
      const rules = messages.filter(({ type, flags }) => type === NEWRULE && (flags & NLM_F_ECHO) !== 0)
      return [...rules.map((rule, index) => echo(rule, BigInt(40 + index))), newGeneration(messages[1]!, 9)]
    })
    const tx = nf.transaction()
    const chain = tx.table('inet', 't').chain('c').rule(counter()).rule(accept())
    const { generation, rules } = tx.commit()
    assert.equal(generation, 9)
    assert.deepEqual(
      rules.map(({ handle }) => handle),
      [40n, 41n],
    )
    assert.equal(sent.length, 1)
    assert.equal(chain.rules.length, 2)
  })

  test('works with a kernel that echoes nothing', () => {
    const { nf } = kernel(() => [])
    const tx = nf.transaction()
    const rule = tx.append(tx.table('inet', 't').chain('c'), counter())
    assert.equal(tx.commit().generation, 7)
    assert.equal(rule.handle, undefined)
  })

  test('in which echoes were lost is none the less a commit', () => {
    const { nf } = kernel((messages) => [new SystemError('recv', ENOBUFS), echo(messages[3]!, 40n)])
    const tx = nf.transaction()
    const chain = tx.table('inet', 't').chain('c').rule(counter()).rule(accept())
    const { rules } = tx.commit()
    assert.deepEqual(
      rules.map(({ handle }) => handle),
      [40n, undefined],
    )
    assert.equal(chain.rules.length, 2)
  })

  test('in which refusals were lost names those that were not', () => {
    const { nf } = kernel((messages) => [new SystemError('recv', ENOBUFS), verdict(messages[1]!, ENOENT)])
    const tx = nf.transaction()
    tx.table('inet', 't').chain('c')
    assert.throws(
      () => tx.commit(),
      (error) => error instanceof TransactionError && error.failures[0]?.object === 'table inet t',
    )
  })

  test('goes on when a signal comes in between', () => {
    const { nf } = kernel((messages) => [new SystemError('recv', EINTR), newGeneration(messages[1]!, 9)])
    const tx = nf.transaction()
    tx.table('inet', 't')
    assert.equal(tx.commit().generation, 9)
  })

  test('of 100,000 elements notes one place', () => {
    const { nf } = kernel(() => [])
    const tx = nf.transaction()
    const set = tx.table('inet', 't').set('s', { type: 'ipv4_addr' })
    tx.add(
      set,
      Uint32Array.from({ length: 100_000 }, (_, index) => index),
    )
    const origins = new Set(tx.batch().messages.map(({ operation }) => operation.origin))
    assert.equal(origins.size, 3)
    assert.ok(tx.batch().size > 20, 'in many messages')
  })
})

describe('a transaction', () => {
  const names = (tx: { batch(): { messages: readonly { name: string }[] } }): string[] =>
    tx.batch().messages.map(({ name }) => name)

  test('sends things behind what they refer to', () => {
    const { nf } = kernel(() => [])
    const tx = nf.transaction()
    const t = tx.table('inet', 't')
    t.chain('c').rule(jump('d'))
    t.map('m', { type: 'ipv4_addr', value: 'verdict', elements: [['192.0.2.1', jump('d')]] })
    t.chain('d')
    t.counter('n')
    assert.deepEqual(names(tx), ['newtable', 'newobj', 'newset', 'newchain', 'newchain', 'newsetelem', 'newrule'])
  })

  test('takes a ruleset that was built without it', () => {
    const rules = new Ruleset()
    rules.table('ip', 't').chain('c').rule(accept())
    const { nf } = kernel(() => [])
    const tx = nf.transaction().add(rules)
    assert.deepEqual(names(tx), ['newtable', 'newchain', 'newrule'])
    tx.delete(rules.tables[0]!.chains[0]!)
    assert.equal(names(tx).at(-1), 'delchain')
  })

  test('writes flowtables', () => {
    const { nf } = kernel(() => [])
    const tx = nf.transaction()
    const flowtable = tx.flowtable(tx.table('inet', 't'), 'f', {
      devices: ['eth0', 'eth1'],
      priority: 5,
      flags: ['counter'],
    })
    tx.delete(flowtable)
    const messages = tx.batch().messages
    assert.deepEqual(
      messages.map(({ name }) => name),
      ['newtable', 'newflowtable', 'delflowtable'],
    )
    const place = { family: 'inet' as Family, table: 't', name: 'f' }
    assert.deepEqual(
      [{ ...flowtableMessage.decode(messages[1]!.body) }, { ...flowtableMessage.decode(messages[2]!.body) }],
      [{ ...place, hook: { num: 0, priority: 5, devices: ['eth0', 'eth1'] }, flags: ['counter'] }, place],
    )
  })

  test('refuses what belongs to no table of it', () => {
    const { nf } = kernel(() => [])
    const foreign = new Ruleset().table('inet', 't').chain('c')
    assert.throws(
      () => nf.transaction().append(foreign, accept()),
      /'c' belongs to no table of a transaction; define it/,
    )
    assert.throws(() => nf.transaction().create(foreign), /create\(\) is for what was defined in this transaction/)
  })
})
