import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'node:test'
import { NetworkNamespace, sandbox } from '@sallyport/linux'
import type { Expression } from '../src/expr/index.ts'
import { commentOf, commentUserdata, type KernelRule, type KernelSet } from '../src/messages/index.ts'
import { type Change, type CommitEvent, type MonitorEvent, type MonitorOptions, monitor } from '../src/monitor/index.ts'
import { connect, type Nftables } from '../src/nftables.ts'
import { Batch } from '../src/transaction/index.ts'
import { skip } from './support/nft.ts'

await sandbox()

const table = { family: 'inet', name: 't' } as const
const inTable = { family: 'inet', table: 't' } as const
const drop: Expression = { expr: 'immediate', dreg: 0, data: { verdict: { code: 'drop' } } }
const numbers: KernelSet = { ...inTable, name: 'numbers', flags: [], keyType: 7, keyLen: 4, id: 1 }
const base = (): Batch => new Batch().add('table', table).add('chain', { ...inTable, name: 'c' })

function rule(comment: string): KernelRule {
  return { ...inTable, chain: 'c', expressions: [drop], userdata: commentUserdata(comment)! }
}

interface Scene {
  readonly namespace: NetworkNamespace
  readonly nftables: Nftables
  /** What is reported next. */
  next(): Promise<MonitorEvent>
}

/** A namespace of its own, watched. */
async function watching(signal: AbortSignal, options: MonitorOptions, act: (scene: Scene) => Promise<void>) {
  using namespace = NetworkNamespace.create()
  using nftables = connect({ namespace })
  using events = monitor({ namespace, signal, ...options })
  const next = async (): Promise<MonitorEvent> => {
    const { value } = await events.next()
    assert.ok(value, 'the stream is over')
    return value
  }
  await act({ namespace, nftables, next })
}

function commitOf(event: MonitorEvent): CommitEvent {
  assert.equal(event.type, 'commit')
  return event as CommitEvent
}

function brief(change: Change): string {
  if (change.kind === 'unknown') return 'unknown'
  if (change.kind === 'rule') return `${change.op} rule ${commentOf(change.object) ?? change.object.handle}`
  if (change.kind === 'elements')
    return `${change.op} ${change.object.elements.length} elements of ${change.object.set}`
  return `${change.op} ${change.kind} ${change.object.name}`
}

const briefly = (event: MonitorEvent): string[] => commitOf(event).changes.map(brief)

function runNft(namespace: NetworkNamespace, text: string): void {
  const { status, stderr } = namespace.run(() => spawnSync('nft', ['-f', '-'], { input: text, encoding: 'utf8' }))
  assert.equal(status, 0, stderr)
}

test('a commit is one event, with its generation, who made it, and all of its changes in order', async ({ signal }) => {
  await watching(signal, {}, async ({ nftables, next }) => {
    const batch = new Batch()
      .add('table', table)
      .add('chain', { ...inTable, name: 'c' })
      .add('rule', rule('first'))
      .add('set', numbers)
      .add('elements', {
        ...inTable,
        set: 'numbers',
        elements: [1, 2, 3].map((n) => ({ key: Uint8Array.of(0, 0, 0, n) })),
      })
      .add('object', { ...inTable, name: 'count', data: { expr: 'counter' } })
    nftables.commit(batch)
    const event = commitOf(await next())
    assert.deepEqual(event.changes.map(brief), [
      'add table t',
      'add chain c',
      'add rule first',
      'add set numbers',
      'add 3 elements of numbers',
      'add object count',
    ])
    assert.equal(event.generation, nftables.generation())
    assert.match(event.process?.name ?? '', /^(node|MainThread)/)
    assert.ok((event.process?.pid ?? 0) > 0)
  })
})

test('what is added is told as it is dumped', async ({ signal }) => {
  await watching(signal, {}, async ({ nftables, next }) => {
    nftables.commit(base())
    nftables.commit(new Batch().add('rule', rule('one')))
    await next()
    const [change] = commitOf(await next()).changes
    assert.deepEqual(change, { op: 'add', kind: 'rule', object: nftables.rules()[0] })
  })
})

test('rules that are inserted, replaced and deleted are told apart', async ({ signal }) => {
  await watching(signal, {}, async ({ nftables, next }) => {
    nftables.commit(base())
    nftables.commit(new Batch().add('rule', rule('a')).add('rule', rule('b')).insert('rule', rule('first')))
    await next()
    assert.deepEqual(briefly(await next()), ['add rule a', 'add rule b', 'insert rule first'])
    const handle = nftables.rules().find((each) => commentOf(each) === 'a')!.handle!
    nftables.commit(new Batch().replace('rule', { ...rule('new a'), handle }))
    const [replaced, ...others] = commitOf(await next()).changes
    assert.deepEqual(others, [])
    assert.ok(replaced?.op === 'replace')
    assert.deepEqual([commentOf(replaced.object), commentOf(replaced.previous)], ['new a', 'a'])
    nftables.commit(new Batch().delete('rule', { ...inTable, chain: 'c', handle: nftables.rules()[0]!.handle! }))
    assert.deepEqual(briefly(await next()), ['delete rule first'])
  })
})

test('what is deleted is told by its name, whichever way it goes', async ({ signal }) => {
  await watching(signal, {}, async ({ nftables, next }) => {
    nftables.commit(
      new Batch()
        .add('table', table)
        .add('set', numbers)
        .add('chain', { ...inTable, name: 'c' }),
    )
    nftables.commit(new Batch().add('object', { ...inTable, name: 'count', data: { expr: 'counter' } }))
    nftables.commit(new Batch().destroy('set', { ...inTable, name: 'numbers' }))
    nftables.commit(new Batch().delete('table', table))
    await next()
    await next()
    const [gone] = commitOf(await next()).changes
    assert.deepEqual(
      { ...gone, object: { ...(gone as { object: object }).object, handle: 0n } },
      {
        op: 'delete',
        kind: 'set',
        object: { ...inTable, name: 'numbers', handle: 0n },
      },
    )
    const last = commitOf(await next())
    assert.deepEqual(last.changes.map(brief), ['delete object count', 'delete chain c', 'delete table t'])
    assert.equal((last.changes[0] as { object: { type: string } }).object.type, 'counter')
  })
})

test('only what passes the filters is told, and a commit without it is not', async ({ signal }) => {
  const other = { family: 'ip', name: 't' } as const
  await watching(signal, { tables: [table], kinds: ['rule', 'set'] }, async ({ nftables, next }) => {
    nftables.commit(new Batch().add('table', other).add('chain', { family: 'ip', table: 't', name: 'c' }))
    nftables.commit(new Batch().add('rule', { ...rule('elsewhere'), family: 'ip' }))
    nftables.commit(base())
    nftables.commit(new Batch().add('table', { family: 'inet', name: 'tt' }))
    nftables.commit(
      new Batch()
        .add('rule', rule('here'))
        .add('rule', { ...rule('there'), family: 'ip' })
        .add('set', numbers),
    )
    assert.deepEqual(briefly(await next()), ['add rule here', 'add set numbers'])
  })
})

test('a quota that packets use up is told although nobody committed anything', { skip }, async ({ signal }) => {
  await watching(signal, {}, async ({ namespace, nftables, next }) => {
    runNft(
      namespace,
      `table ip t { quota q { over 1 bytes; }\n chain o { type filter hook output priority 0; quota name "q" drop; }\n}`,
    )
    await next()
    namespace.run(() => spawnSync('ip', ['link', 'set', 'lo', 'up']))
    namespace.run(() => spawnSync('ping', ['-c', '1', '-W', '1', '127.0.0.1']))
    const event = await next()
    assert.ok(event.type === 'kernel')
    assert.deepEqual(event.changes.map(brief), ['add object q'])
    assert.equal(nftables.tables().length, 1)
  })
})

test('lost events become a resync, and the stream goes on from it without a gap', async ({ signal }) => {
  await watching(signal, { receiveBuffer: 4096 }, async ({ nftables, next }) => {
    nftables.commit(base())
    for (let index = 0; index < 200; index++) nftables.commit(new Batch().add('rule', rule(`r${index}`)))
    let seen = 0
    let event = await next()
    for (; event.type === 'commit'; event = await next()) seen += 1
    assert.ok(seen < 201, 'the buffer was large enough for all of it')
    assert.ok(event.type === 'resync')
    assert.equal(event.snapshot.generation, nftables.generation())
    assert.equal(event.snapshot.rules.length, 200)
    nftables.commit(new Batch().add('rule', rule('after')))
    const after = commitOf(await next())
    assert.deepEqual(after.changes.map(brief), ['add rule after'])
    assert.equal(after.generation, event.snapshot.generation + 1)
  })
})

test('of a resync, too, only what passes the filters is told', async ({ signal }) => {
  const tables = [table, { family: 'ip', name: 'mine' }] as const
  await watching(signal, { tables, receiveBuffer: 4096 }, async ({ nftables, next }) => {
    nftables.commit(base().add('table', { family: 'ip', name: 'other' }).add('table', { family: 'ip', name: 'mine' }))
    for (let index = 0; index < 200; index++) nftables.commit(new Batch().add('rule', rule(`r${index}`)))
    let event = await next()
    while (event.type === 'commit') event = await next()
    assert.ok(event.type === 'resync')
    assert.deepEqual(event.snapshot.tables.map(({ name }) => name).sort(), ['mine', 't'])
  })
})

test('the stream ends with its signal, with a loop that is left, and when it is disposed of', async () => {
  using namespace = NetworkNamespace.create()
  const abort = new AbortController()
  const aborted = monitor({ namespace, signal: abort.signal })
  const pending = aborted.next()
  abort.abort()
  assert.deepEqual(await pending, { done: true, value: undefined })
  const disposed = monitor({ namespace })
  const waiting = disposed.next()
  disposed[Symbol.dispose]()
  assert.deepEqual(await waiting, { done: true, value: undefined })
})

test('nft monitor tells of the same changes', { skip }, async ({ signal }) => {
  await watching(signal, {}, async ({ namespace, nftables, next }) => {
    const child = namespace.run(() => spawn('nft', ['monitor'], { stdio: ['ignore', 'pipe', 'inherit'], signal }))
    child.on('error', () => {}) // the signal's
    let text = ''
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk
    })
    const generations = (): number => text.match(/# new generation/g)?.length ?? 0
    // It says nothing when it is ready: a first commit is made until it tells of one.
    for (let attempt = 0; generations() === 0; attempt++) {
      nftables.commit(new Batch().add('table', { family: 'ip', name: `probe${attempt}` }))
      await next()
      await Promise.race([once(child.stdout, 'data'), new Promise((resolve) => setTimeout(resolve, 50))])
    }
    while (!text.includes(`generation ${nftables.generation()} `)) await once(child.stdout, 'data')
    text = ''
    nftables.commit(base().add('rule', rule('x')).add('set', numbers))
    const event = commitOf(await next())
    while (generations() === 0) await once(child.stdout, 'data')
    child.kill()
    const told = text.split('\n').filter((line) => line !== '' && !line.includes('probe'))
    assert.deepEqual(
      told.map((line) => line.split(' ').slice(0, 2).join(' ')),
      [...event.changes.map(({ op, kind }) => `${op} ${kind}`), '# new'],
    )
    assert.match(told.at(-1)!, new RegExp(`# new generation ${event.generation} by process ${event.process!.pid} `))
  })
})
