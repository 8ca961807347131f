import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  Connection,
  EBUSY,
  EEXIST,
  NetlinkError,
  NFNLGRP_NFTABLES,
  NLM_F_CREATE,
  parseMessages,
  SystemError,
} from '@sallyport/linux'
import { assertUapi, Random } from '@sallyport/linux/testing'
import type { Expression } from '../src/expr/index.ts'
import { counter, drop, ip, Nftables } from '../src/index.ts'
import { chainMessage, flowtableMessage, type KernelSet, ruleMessage, tableMessage } from '../src/messages/index.ts'
import { type MemoryKernel, memoryKernel, recorder, replayed } from '../src/testing/index.ts'
import * as uapi from '../src/testing/uapi.ts'
import { Batch, GenerationChanged, NftablesUnavailable, TransactionError } from '../src/transaction/index.ts'
import { op } from './support/ops.ts'
import { type Op, Twin } from './support/twin.ts'

const table = { family: 'inet', name: 't' } as const
const inTable = { family: 'inet', table: 't' } as const
const seen: KernelSet = { ...inTable, name: 'seen', flags: ['timeout'], keyType: 7, keyLen: 4, timeout: 5000n, id: 1 }
const key = (last: number): Uint8Array => Uint8Array.of(10, 0, 0, last)
const jump = (chain: string): Expression => ({ expr: 'immediate', dreg: 0, data: { verdict: { code: 'jump', chain } } })

function connect(kernel: MemoryKernel): Nftables {
  return new Nftables(new Connection(kernel.open()))
}

function failuresOf(commit: () => void): readonly { code: string; attribute?: string }[] {
  try {
    commit()
  } catch (error) {
    if (error instanceof TransactionError) return error.failures
    throw error
  }
  throw new Error('it was taken')
}

test('what was committed is read back, with handles, uses and what the kernel adds', () => {
  const nf = connect(memoryKernel())
  nf.commit(
    new Batch()
      .add('table', table)
      .add('chain', { ...inTable, name: 'to' })
      .add('chain', { ...inTable, name: 'in', type: 'filter', hook: { hook: 'input', priority: 0 }, policy: 'drop' })
      .add('rule', { ...inTable, chain: 'in', expressions: [{ expr: 'counter' }, jump('to')] }),
  )
  assert.deepEqual(nf.chains(), [
    { ...inTable, name: 'to', handle: 1n, use: 1 },
    {
      ...inTable,
      name: 'in',
      handle: 2n,
      use: 1,
      type: 'filter',
      hook: { hook: 'input', priority: 0 },
      policy: 'drop',
      flags: ['base'],
    },
  ])
  const counter = { expr: 'counter', packets: 0n, bytes: 0n }
  assert.deepEqual(nf.rules(), [{ ...inTable, chain: 'in', handle: 3n, expressions: [counter, jump('to')] }])
})

test('a batch with faults names each with its attribute, and changes nothing', () => {
  const nf = connect(memoryKernel())
  const batch = new Batch()
    .add('table', table)
    .add('rule', { ...inTable, chain: 'missing', expressions: [] })
    .add('chain', { ...inTable, name: 'c' })
    .create('chain', { ...inTable, name: 'c' })
    .delete('set', { ...inTable, name: 's' })
  const failures = failuresOf(() => nf.commit(batch))
  assert.deepEqual(
    failures.map(({ code, attribute }) => [code, attribute]),
    [
      ['ENOENT', 'NFTA_RULE_CHAIN'],
      ['EEXIST', 'NFTA_CHAIN_NAME'],
      ['ENOENT', 'NFTA_SET_NAME'],
    ],
  )
  assert.deepEqual(nf.tables(), [])
})

test('transactions as people write them run on it, and their rules know their handles', () => {
  const nf = connect(memoryKernel())
  const tx = nf.transaction()
  const filter = tx.table('inet', 'filter')
  const blocked = filter.set('blocked', { type: 'ipv4_addr', flags: ['interval'], elements: ['198.51.100.0/24'] })
  const input = filter.chain('input', { hook: 'input', policy: 'drop' })
  const rule = tx.append(input, ip.saddr.in(blocked), counter(), drop())
  tx.commit()
  assert.deepEqual(
    nf.rules().map(({ handle }) => handle),
    [rule.handle],
  )
  assert.equal(nf.elements({ family: 'inet', table: 'filter', name: 'blocked' }).length, 3, 'with the mark at zero')
  assert.throws(() => nf.transaction().delete(blocked).commit(), /EBUSY/)
  nf.transaction().delete(rule).delete(blocked).commit()
  assert.deepEqual([nf.rules(), nf.sets()], [[], []])
})

test('two writers that mind the generation lose no update', () => {
  const kernel = memoryKernel()
  const writers = [connect(kernel), connect(kernel)]
  writers[0]!.commit(new Batch().add('table', table).add('set', { ...seen, flags: [], timeout: undefined } as never))
  let overtaken = 0
  for (let round = 0; round < 100; round++) {
    const generations = writers.map((writer) => writer.generation())
    for (const [index, writer] of writers.entries()) {
      const element = { key: key(round * 2 + index) }
      const batch = new Batch().create('elements', { ...inTable, set: 'seen', elements: [element] })
      try {
        writer.commit(batch, { generation: generations[index] })
      } catch (error) {
        assert.ok(error instanceof GenerationChanged)
        overtaken += 1
        writer.commit(batch, { generation: writer.generation() })
      }
    }
  }
  assert.equal(overtaken, 100)
  assert.equal(writers[0]!.elements({ ...inTable, name: 'seen' }).length, 200)
})

test('elements die when their time has come, by a clock of the test', () => {
  const kernel = memoryKernel()
  const nf = connect(kernel)
  const elements = [{ key: key(1) }, { key: key(2), timeout: 9000n }]
  nf.commit(
    new Batch()
      .add('table', table)
      .add('set', seen)
      .add('elements', { ...inTable, set: 'seen', elements }),
  )
  const left = (): (bigint | undefined)[] =>
    nf.elements({ ...inTable, name: 'seen' }).map(({ expiration }) => expiration)
  kernel.advance(4000)
  assert.deepEqual(left(), [1000n, 5000n])
  kernel.advance(1000)
  assert.deepEqual(left(), [4000n])
  kernel.advance(4000)
  assert.deepEqual(left(), [])
})

test('the time may also come from elsewhere', () => {
  let now = 0
  const kernel = memoryKernel({ now: () => now })
  const nf = connect(kernel)
  const elements = [{ key: key(1) }]
  nf.commit(
    new Batch()
      .add('table', table)
      .add('set', seen)
      .add('elements', { ...inTable, set: 'seen', elements }),
  )
  now = 5000
  assert.deepEqual(nf.elements({ ...inTable, name: 'seen' }), [])
  assert.throws(() => kernel.advance(1), /the time comes from `now`/)
})

test('those who joined the group hear of every change, and then of the generation', async () => {
  const kernel = memoryKernel({ process: { pid: 7, name: 'writer' } })
  const monitor = kernel.open()
  monitor.join(NFNLGRP_NFTABLES)
  const waiting = monitor.wait()
  connect(kernel).commit(new Batch().add('table', table).add('chain', { ...inTable, name: 'c' }))
  assert.equal(await waiting, true)
  const types: number[] = []
  for (let datagram = monitor.receive(); datagram; datagram = monitor.receive()) {
    for (const message of parseMessages(datagram)) types.push(message.type & 0xff)
  }
  assert.deepEqual(types, [uapi.NFT_MSG.NEWTABLE, uapi.NFT_MSG.NEWCHAIN, uapi.NFT_MSG.NEWGEN])
  assert.equal(await monitor.wait(1), false, 'nothing more')
})

test('events beyond the receive buffer are lost, which is told once', () => {
  const kernel = memoryKernel()
  const monitor = kernel.open({ receiveBuffer: 300 })
  monitor.join(NFNLGRP_NFTABLES)
  const nf = connect(kernel)
  nf.commit(new Batch().add('table', table))
  for (const name of ['a', 'b', 'c', 'd']) nf.commit(new Batch().add('chain', { ...inTable, name }))
  assert.throws(
    () => monitor.receive(),
    (error) => error instanceof SystemError && error.code === 'ENOBUFS',
  )
  while (monitor.receive() !== undefined);
  nf.commit(new Batch().add('chain', { ...inTable, name: 'e' }))
  assert.ok(monitor.receive(), 'an empty queue takes events again')
})

test('a dump that was interrupted is taken again', () => {
  const kernel = memoryKernel()
  const nf = connect(kernel)
  nf.commit(new Batch().add('table', table))
  kernel.interruptDumps(3)
  assert.equal(nf.tables().length, 1)
  kernel.interruptDumps(1000)
  assert.throws(
    () => nf.tables(),
    (error) => error instanceof NetlinkError && error.code === 'EINTR',
  )
})

test('dumps in small pieces are read whole', () => {
  const nf = connect(memoryKernel({ datagramSize: 100 }))
  const batch = new Batch().add('table', table).add('chain', { ...inTable, name: 'c' })
  for (let index = 0; index < 20; index++)
    batch.add('rule', { ...inTable, chain: 'c', expressions: [{ expr: 'counter' }] })
  nf.commit(batch)
  assert.equal(nf.rules().length, 20)
})

test('kernels are imitated: no destroy, no place of the fault, doubled acknowledgements, no privilege', () => {
  const old = connect(memoryKernel({ version: '6.1' }))
  assert.deepEqual(
    failuresOf(() => old.commit(new Batch().destroy('table', table))).map(({ code }) => code),
    ['EINVAL'],
  )
  const terse = connect(memoryKernel({ extendedAcks: false }))
  const [failure] = failuresOf(() => terse.commit(new Batch().delete('table', table)))
  assert.equal(failure?.code, 'ENOENT')
  assert.equal(failure.attribute, undefined)
  const twice = connect(memoryKernel({ duplicateAcks: true }))
  twice.commit(new Batch().add('table', table))
  assert.equal(twice.tables().length, 1)
  assert.throws(
    () => connect(memoryKernel({ denied: true })).commit(new Batch().add('table', table)),
    NftablesUnavailable,
  )
})

test('before 6.11 the rule that closes a circle of jumps is ELOOP, later jumps are only too deep', () => {
  const circle = (): Batch =>
    new Batch()
      .add('table', table)
      .add('chain', { ...inTable, name: 'a' })
      .add('chain', { ...inTable, name: 'in', type: 'filter', hook: { hook: 'input', priority: 0 } })
      .add('rule', { ...inTable, chain: 'in', expressions: [jump('a')] })
      .add('rule', { ...inTable, chain: 'a', expressions: [jump('a')] })
  const codes = (version: string): string[] =>
    failuresOf(() => connect(memoryKernel({ version })).commit(circle())).map(({ code }) => code)
  assert.deepEqual(codes('6.1'), ['ELOOP'])
  assert.deepEqual(codes('6.18'), ['EMLINK'])
})

test('a table belongs to the socket that owns it, and goes with it', () => {
  const kernel = memoryKernel()
  const owner = connect(kernel)
  const other = connect(kernel)
  owner.commit(new Batch().add('table', { ...table, flags: ['owner'] }))
  const chain = new Batch().add('chain', { ...inTable, name: 'c' })
  assert.deepEqual(
    failuresOf(() => other.commit(chain)).map(({ code }) => code),
    ['EPERM'],
  )
  owner[Symbol.dispose]()
  assert.deepEqual(other.tables(), [])
})

test('names of more than 255 bytes are too long', () => {
  const batch = new Batch().add('table', { family: 'inet', name: 'x'.repeat(256) })
  assert.deepEqual(
    failuresOf(() => connect(memoryKernel()).commit(batch)).map(({ code }) => code),
    ['ERANGE'],
  )
})

test('flowtables have their devices to themselves, and stay while a rule offloads to them', () => {
  const kernel = memoryKernel()
  using twin = new Twin(() => kernel.open())
  const flowtable = (name: string, devices: string[]): Op =>
    op('newflowtable', NLM_F_CREATE, flowtableMessage, { ...inTable, name, hook: { num: 0, priority: 0, devices } })
  const forward = { type: 'filter', hook: { hook: 'forward', priority: 0 } }
  const expressions = [{ expr: 'flow_offload', tableName: 'fast' }]
  const refusals = (...batch: Op[]): unknown[] => [...twin.batch(batch).refusals]
  const first = [
    op('newtable', NLM_F_CREATE, tableMessage, table),
    op('newchain', NLM_F_CREATE, chainMessage, { ...inTable, name: 'c', ...forward }),
    flowtable('fast', ['eth0', 'eth1']),
    op('newrule', NLM_F_CREATE, ruleMessage, { ...inTable, chain: 'c', expressions }),
  ]
  assert.deepEqual(refusals(...first), [])
  assert.deepEqual(refusals(flowtable('other', ['eth1'])), [{ message: 0, errno: EEXIST, offset: undefined }])
  const removal = op('delflowtable', 0, flowtableMessage, { ...inTable, name: 'fast' })
  assert.deepEqual(refusals(removal), [{ message: 0, errno: EBUSY, offset: 28 }])
  const flush = op('delrule', 0, ruleMessage, { ...inTable, chain: 'c' })
  assert.deepEqual(refusals(flush, removal), [])
})

test('a recording is text, and answers as the kernel did', () => {
  const recorded = recorder(memoryKernel().open())
  const work = (nf: Nftables): unknown => {
    nf.commit(new Batch().add('table', table))
    return nf.snapshot()
  }
  const wanted = work(new Nftables(new Connection(recorded.transport)))
  const text = recorded.text()
  assert.match(text, /^\{"format":"sallyport-netlink-recording","version":1,"portId":\d+\}\n\{"send":"/)
  assert.deepEqual(work(new Nftables(new Connection(replayed(text)))), wanted)
  assert.throws(
    () => new Nftables(new Connection(replayed(text))).tables(),
    /replay, step 1 of \d+: the request differs/,
  )
})

test('text that is no recording is refused with its line', () => {
  assert.throws(() => replayed('{}'), /not a recording of version 1/)
  assert.throws(() => replayed(''), /line 1 of the recording is no JSON/)
  const head = '{"format":"sallyport-netlink-recording","version":1,"portId":1}'
  assert.throws(() => replayed(`${head}\n{"sned":""}`), /line 2 of the recording is no step/)
})

test('damaged messages are refused, never more', () => {
  const kernel = memoryKernel()
  const transport = kernel.open()
  const random = new Random(1)
  const batch = new Batch()
    .add('table', table)
    .add('chain', { ...inTable, name: 'c' })
    .add('set', seen)
    .add('elements', { ...inTable, set: 'seen', elements: [{ key: key(1) }] })
    .add('rule', { ...inTable, chain: 'c', expressions: [{ expr: 'counter' }, jump('c')] })
    .add('object', { ...inTable, name: 'o', data: { expr: 'counter' } })
  const whole = batch.encode(1)
  let answers = 0
  for (let round = 0; round < 20_000; round++) {
    const damaged = Uint8Array.from(whole)
    for (let times = random.below(6); times >= 0; times--) damaged[random.below(damaged.length)] = random.below(256)
    transport.send(damaged)
    while (transport.receive() !== undefined) answers += 1
  }
  assert.ok(answers > 1000)
})

const numbers = (prefix: string, table: Readonly<Record<string, number>>): Record<string, number> =>
  Object.fromEntries(Object.entries(table).map(([name, number]) => [`${prefix}_${name}`, number]))

assertUapi(
  'linux/netfilter/nf_tables.h',
  {
    ...numbers('NFT_MSG', uapi.NFT_MSG),
    ...numbers('NFTA_TABLE', uapi.NFTA_TABLE),
    ...numbers('NFTA_CHAIN', uapi.NFTA_CHAIN),
    ...numbers('NFTA_HOOK', uapi.NFTA_HOOK),
    ...numbers('NFTA_RULE', uapi.NFTA_RULE),
    ...numbers('NFTA_SET', uapi.NFTA_SET),
    ...numbers('NFTA_SET_DESC', uapi.NFTA_SET_DESC),
    ...numbers('NFTA_SET_ELEM', uapi.NFTA_SET_ELEM),
    ...numbers('NFTA_SET_ELEM_LIST', uapi.NFTA_SET_ELEM_LIST),
    ...numbers('NFTA_OBJ', uapi.NFTA_OBJ),
    ...numbers('NFTA_FLOWTABLE', uapi.NFTA_FLOWTABLE),
    ...numbers('NFTA_FLOWTABLE_HOOK', uapi.NFTA_FLOWTABLE_HOOK),
    ...numbers('NFTA_GEN', uapi.NFTA_GEN),
    ...numbers('NFTA_EXPR', uapi.NFTA_EXPR),
    ...numbers('NFTA_DATA', uapi.NFTA_DATA),
    ...numbers('NFTA_VERDICT', uapi.NFTA_VERDICT),
    ...numbers('NFT_SET', uapi.NFT_SET),
    ...numbers('NFT_CHAIN', uapi.NFT_CHAIN),
  },
  {
    newer: [
      ...['TABLE', 'CHAIN', 'RULE', 'SET', 'SETELEM', 'OBJ', 'FLOWTABLE'].map((name) => `NFT_MSG_DESTROY${name}`),
      'NFT_MSG_GETSETELEM_RESET',
      'NFTA_SET_TYPE',
      'NFTA_SET_COUNT',
      'NFT_MSG_GETRULE_RESET',
    ],
    about: 'the memory kernel',
  },
)
