import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ENOBUFS, ENOENT, EOPNOTSUPP, EPERM, ERESTART, SystemError } from '@sallyport/linux'
import { assertBytes, hex } from '@sallyport/linux/testing'
import type { KernelElement } from '../src/messages/index.ts'
import { Nftables } from '../src/nftables.ts'
import { Batch, describe, GenerationChanged, NftablesUnavailable, TransactionError } from '../src/transaction/index.ts'
import { type Answer, generation, nothing, scripted, verdict } from './support/kernel.ts'

const table = { family: 'inet', name: 't' } as const
const inTable = { family: 'inet', table: 't' } as const
const GETGEN = 0xa10
const BATCH_BEGIN = 16

const oneTable = (): Batch => new Batch().add('table', table)

/** A kernel at a generation, that does with batches what `batch` says. */
function kernelAt(id: number, batch: Answer): Answer {
  return (messages) => (messages[0]!.type === GETGEN ? generation(messages[0]!, id) : batch(messages))
}

test('a batch is framed, numbered, and bound to a generation', () => {
  assertBytes(
    oneTable().encode(7, 5),
    hex`
      1c 00 00 00  10 00 01 00  07 00 00 00  00 00 00 00 | NFNL_MSG_BATCH_BEGIN, NLM_F_REQUEST, 7
        00 00 00 0a                                      | nfgenmsg NFNL_SUBSYS_NFTABLES
        08 00 01 00  00 00 00 05                         | NFNL_BATCH_GENID
      1c 00 00 00  00 0a 01 04  08 00 00 00  00 00 00 00 | NFT_MSG_NEWTABLE, NLM_F_CREATE, 8
        01 00 00 00                                      | nfgenmsg inet
        06 00 01 00  74 00 00 00                         | NFTA_TABLE_NAME 't'
      14 00 00 00  11 00 01 00  09 00 00 00  00 00 00 00 | NFNL_MSG_BATCH_END, 9
        00 00 00 0a                                      | nfgenmsg NFNL_SUBSYS_NFTABLES
    `,
  )
})

test('a batch without a generation has no NFNL_BATCH_GENID', () => {
  assert.equal(oneTable().encode(1).length, oneTable().encode(1, 5).length - 8)
})

test('every verb has the message and the flags of its meaning', () => {
  const rule = { ...inTable, chain: 'c', expressions: [] }
  const batch = new Batch()
    .add('chain', { ...inTable, name: 'c' })
    .create('chain', { ...inTable, name: 'c' })
    .add('rule', rule)
    .insert('rule', rule)
    .replace('rule', { ...rule, handle: 5n })
    .delete('rule', { ...inTable, chain: 'c', handle: 5n })
    .destroy('set', { ...inTable, name: 's' })
    .delete('object', { ...inTable, name: 'o', type: 'counter' })
    .flush('chain', { ...inTable, name: 'c' })
    .flush('set', { ...inTable, name: 's' })
  assert.deepEqual(
    batch.messages.map(({ name, flags }) => [name, flags]),
    [
      ['newchain', 0x400], // NLM_F_CREATE
      ['newchain', 0x600], // | NLM_F_EXCL
      ['newrule', 0xc00], // NLM_F_CREATE | NLM_F_APPEND
      ['newrule', 0x400],
      ['newrule', 0x100], // NLM_F_REPLACE
      ['delrule', 0],
      ['destroyset', 0],
      ['delobj', 0],
      ['delrule', 0],
      ['delsetelem', 0],
    ],
  )
})

test('deleting a rule without a handle, which would delete them all, is refused', () => {
  const rule = { ...inTable, chain: 'c' } as unknown as { family: 'inet'; table: string; chain: string; handle: bigint }
  assert.throws(() => new Batch().delete('rule', rule), /a rule without a handle cannot be deleted/)
})

test('deleting no elements deletes none', () => {
  assert.equal(new Batch().delete('elements', { ...inTable, set: 's', elements: [] }).size, 0)
})

test('the number of messages counts the pieces of long lists of elements', () => {
  const elements: KernelElement[] = Array.from({ length: 5000 }, (_, index) => ({
    key: Uint8Array.of(10, 0, index >> 8, index & 0xff),
  }))
  const batch = oneTable().add('elements', { ...inTable, set: 's', elements })
  assert.equal(batch.operations.length, 2)
  assert.equal(batch.size, 1 + Math.ceil((5000 * 20) / 0xffff))
  assert.equal(new Batch().size, 0)
})

test('operations are described as a person names them', () => {
  const names = new Batch()
    .add('table', table)
    .add('chain', { ...inTable, name: 'c' })
    .add('rule', { ...inTable, chain: 'c', expressions: [], userdata: Uint8Array.of(0, 4, 115, 115, 104, 0) })
    .delete('rule', { ...inTable, chain: 'c', handle: 9n })
    .add('set', { ...inTable, name: 's', flags: [], keyType: 7, keyLen: 4 })
    .add('set', { ...inTable, name: 'm', flags: ['map'], keyType: 7, keyLen: 4, dataType: 7, dataLen: 4 })
    .add('elements', { ...inTable, set: 's', elements: [{ key: Uint8Array.of(1) }] })
    .add('object', { ...inTable, name: 'o', data: { expr: 'counter' } })
    .delete('object', { ...inTable, name: 'o', type: 'quota' })
    .flush('chain', { ...inTable, name: 'c' })
    .flush('set', { ...inTable, name: 's' })
    .operations.map(describe)
  assert.deepEqual(names, [
    'table inet t',
    'chain c in table inet t',
    "rule 'ssh' of chain c in table inet t",
    'rule 9 of chain c in table inet t',
    'set s in table inet t',
    'map m in table inet t',
    '1 element of set s in table inet t',
    'counter o in table inet t',
    'quota o in table inet t',
    'all rules of chain c in table inet t',
    'all elements of set s in table inet t',
  ])
})

test('an empty batch is not sent', () => {
  const { connection, sent } = scripted(() => [])
  assert.equal(new Nftables(connection).commit(new Batch(), { generation: 5 }), 5)
  assert.equal(sent.length, 0)
})

test('a batch is committed whether its end is acknowledged, as from Linux 6.10 on, or not', () => {
  for (const acknowledge of [false, true]) {
    const { connection } = scripted(kernelAt(6, (messages) => (acknowledge ? [verdict(messages.at(-1)!, 0)] : [])))
    assert.equal(new Nftables(connection).commit(oneTable(), { generation: 5 }), 6)
  }
})

test('the generation returned is ours, also when others committed right after', () => {
  const committed = (now: number, expected?: number): number => {
    const { connection } = scripted(kernelAt(now, () => []))
    return new Nftables(connection).commit(oneTable(), { generation: expected })
  }
  assert.equal(committed(6, 5), 6)
  assert.equal(committed(9, 5), 6)
  assert.equal(committed(5, 5), 5, 'nothing was new')
  assert.equal(committed(1, 0xffffffff), 1, 'the kernel skips 0')
  assert.equal(committed(9), 9)
})

test('ERESTART at the beginning is a changed generation', () => {
  const { connection } = scripted(kernelAt(9, (messages) => [verdict(messages[0]!, ERESTART)]))
  assert.throws(
    () => new Nftables(connection).commit(oneTable(), { generation: 5 }),
    (error) => error instanceof GenerationChanged && error.expected === 5,
  )
})

test('EPERM at the beginning says what is missing and how to run it', () => {
  const { connection } = scripted((messages) => [verdict(messages[0]!, EPERM)])
  assert.throws(
    () => new Nftables(connection).commit(oneTable()),
    (error) =>
      error instanceof NftablesUnavailable &&
      error.code === 'EPERM' &&
      /CAP_NET_ADMIN.*sudo.*unshare/.test(error.message),
  )
})

test('a kernel without nf_tables is named as such, to a question and to a batch', () => {
  const questions = scripted((messages) => [verdict(messages[0]!, 22)]) // EINVAL
  assert.throws(() => new Nftables(questions.connection).generation(), /EINVAL: this kernel has no nf_tables.*modprobe/)
  const batches = scripted((messages) => [verdict(messages[0]!, EOPNOTSUPP)])
  assert.throws(() => new Nftables(batches.connection).commit(oneTable()), /EOPNOTSUPP: this kernel has no nf_tables/)
})

test('every refused operation is named, and what is not refused is not', () => {
  const batch = new Batch()
    .add('table', table)
    .add('chain', { ...inTable, name: 'a' })
    .add('chain', { ...inTable, name: 'b' })
  const { connection } = scripted(kernelAt(1, (messages) => [verdict(messages[3]!, ENOENT), verdict(messages[1]!, 17)]))
  assert.throws(
    () => new Nftables(connection).commit(batch),
    (error) => {
      assert.ok(error instanceof TransactionError)
      assert.deepEqual(
        error.failures.map(({ index, code, object }) => [index, code, object]),
        [
          [2, 'ENOENT', 'chain b in table inet t'],
          [0, 'EEXIST', 'table inet t'],
        ],
      )
      assert.match(
        error.message,
        /^2 operations were refused, nothing was changed:\n {2}newchain: ENOENT: .*\n {2}newtable: EEXIST: table inet t exists already \(.*transaction\.test\.ts:\d+:\d+\)$/,
      )
      return true
    },
  )
})

test('answers that find no room at all leave it open what was done, and the error says so', () => {
  const full = scripted(() => [new SystemError('recv', ENOBUFS)])
  assert.throws(() => new Nftables(full.connection).commit(oneTable()), /whether it was committed cannot be told/)
})

test('a snapshot is taken again while the ruleset changes, and given up after ten times', () => {
  let reads = 0
  const changing =
    (until: number): Answer =>
    (messages) => {
      const [message] = messages
      if (message!.type !== GETGEN) return [nothing(message!)]
      reads += 1
      return generation(message!, Math.min(reads, until))
    }
  assert.equal(new Nftables(scripted(changing(4)).connection).snapshot().generation, 4)
  reads = 0
  assert.throws(
    () => new Nftables(scripted(changing(1000)).connection).snapshot(),
    /changed during each of 10 attempts/,
  )
})

test('a batch begins with NFNL_MSG_BATCH_BEGIN whatever was numbered before', () => {
  const { connection, sent } = scripted(kernelAt(1, () => []))
  const nftables = new Nftables(connection)
  nftables.commit(oneTable())
  nftables.commit(oneTable())
  const begins = sent.filter((datagram) => datagram[4] === BATCH_BEGIN && datagram[5] === 0)
  assert.equal(begins.length, 2)
  assert.notEqual(begins[0]![8], begins[1]![8], 'sequence numbers are not used twice')
})
