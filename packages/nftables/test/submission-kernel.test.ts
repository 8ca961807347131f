import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Connection, EPERM, NetworkNamespace, sandbox, type Transport } from '@sallyport/linux'
import {
  Batch,
  batchOf,
  connect,
  jump,
  Nftables,
  NftablesUnavailable,
  Ruleset,
  Submission,
  submit,
  TransactionError,
} from '../src/index.ts'
import { memoryKernel } from '../src/testing/index.ts'
import { scripted, verdict } from './support/kernel.ts'

await sandbox()

const table = (name: string): Batch => new Batch().add('table', { family: 'inet', name })

function tables(namespace: NetworkNamespace): string[] {
  using nftables = connect({ namespace })
  return nftables.tables().map(({ name }) => name)
}

/** A chain that packets come to cannot be jumped to: two rules that the kernel refuses. */
function refused(): Batch {
  const rules = new Ruleset()
  const t = rules.table('inet', 't')
  t.chain('a', { type: 'nat', hook: 'input' })
  t.chain('b').rule(jump('a')).rule(jump('a'))
  return batchOf(rules)
}

function errorOf(fn: () => void): Error {
  try {
    fn()
  } catch (error) {
    return error as Error
  }
  throw new Error('nothing was thrown')
}

test('batches for many namespaces are all there when they are settled, in any order', async () => {
  const namespaces = Array.from({ length: 10 }, () => NetworkNamespace.create())
  const submissions = namespaces.map((namespace, n) => submit(table(`t${n}`), { namespace }))
  for (const submission of submissions.toReversed()) submission.settle()
  assert.deepEqual(
    namespaces.map(tables),
    namespaces.map((_, n) => [`t${n}`]),
  )
  for (const namespace of namespaces) namespace[Symbol.dispose]()
})

test('what the kernel refuses is the error of a commit, every time, and nothing is changed', () => {
  using namespace = NetworkNamespace.create()
  using nftables = connect({ namespace })
  const batch = refused()
  const committed = errorOf(() => nftables.commitQuietly(batch)) as TransactionError
  const submission = submit(batch, { namespace })
  submission.wait()
  for (const again of [1, 2]) {
    const error = errorOf(() => submission.settle()) as TransactionError
    assert.ok(error instanceof TransactionError, `${again}`)
    assert.equal(error.failures.length, 2)
    assert.deepEqual(error.failures, committed.failures)
  }
  assert.deepEqual(nftables.tables(), [])
})

test('a batch that nobody waits for is committed all the same', async () => {
  using namespace = NetworkNamespace.create()
  await submit(table('t'), { namespace })[Symbol.asyncDispose]()
  assert.deepEqual(tables(namespace), ['t'])
})

test('an empty batch is settled at once', () => {
  using namespace = NetworkNamespace.create()
  submit(new Batch(), { namespace }).settle()
  assert.deepEqual(tables(namespace), [])
})

test('a batch that is larger than the send buffer makes room for itself', () => {
  using namespace = NetworkNamespace.create()
  const batch = table('t')
  for (let n = 0; n < 8000; n += 1) batch.add('chain', { family: 'inet', table: 't', name: `chain${n}` })
  submit(batch, { namespace }).settle()
  using nftables = connect({ namespace })
  assert.equal(nftables.chains().length, 8000)
})

/** Answers come when somebody waits, in pieces of one, and there is an end to patience. */
function slowly(transport: Transport): Transport {
  let waited = 0
  return {
    ...transport,
    receive: () => (waited-- > 0 ? transport.receive() : undefined),
    sendAside: async (datagram) => transport.send(datagram),
    waitHere: () => {
      waited = 1
      return true
    },
  }
}

test('refusals that come one by one are all told', () => {
  const { connection } = scripted((messages) => messages.slice(1, -1).map((message) => verdict(message, 2)))
  const batch = table('a').add('table', { family: 'inet', name: 'b' })
  const submission = new Submission(new Connection(slowly(connection.transport)), batch)
  assert.equal((errorOf(() => submission.settle()) as TransactionError).failures.length, 2)
})

test('a kernel that refuses the whole batch says nothing about its messages', () => {
  const { connection } = scripted(([begin]) => [verdict(begin!, EPERM)])
  const submission = new Submission(new Connection(slowly(connection.transport)), table('t'))
  assert.throws(() => submission.settle(), NftablesUnavailable)
})

test('a kernel that never answers is an error, not a wait without an end', () => {
  const { connection } = scripted(() => [])
  const silent: Transport = { ...slowly(connection.transport), waitHere: () => false }
  assert.throws(() => new Submission(new Connection(silent), table('t')).settle(), /EIO.*not answered/)
})

test('a kernel in memory has no thread of its own, and is not asked for one', () => {
  const kernel = memoryKernel()
  new Submission(new Connection(kernel.open()), table('t')).settle()
  using nftables = new Nftables(new Connection(kernel.open()))
  assert.deepEqual(
    nftables.tables().map(({ name }) => name),
    ['t'],
  )
})
