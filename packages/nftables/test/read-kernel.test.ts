import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { Malformed, NetworkNamespace, sandbox } from '@sallyport/linux'
import { survivesRandomBytes } from '@sallyport/linux/testing'
import type { KernelRule } from '../src/messages/index.ts'
import { connect, type Nftables } from '../src/nftables.ts'
import { Cursor, SameText } from '../src/transaction/cursor.ts'
import { Batch } from '../src/transaction/index.ts'
import { skip } from './support/nft.ts'

await sandbox()

const inTable = { family: 'inet', table: 't' } as const
const table = { family: 'inet', name: 't' } as const

const ruleset = `
  table inet t {
    counter hits { packets 7 bytes 700; }
    quota q { over 10 bytes; }
    set s { type ipv4_addr; flags interval; counter; elements = { 10.0.0.0/8 comment "ten", 192.168.1.1 }; }
    set c { type ipv4_addr . inet_service; flags interval; elements = { 10.0.0.1-10.0.0.9 . 80-90 }; }
    set big { type ipv4_addr; }
    map m { type inet_service : verdict; elements = { 22 : accept, * : drop }; }
    chain one { counter packets 1 bytes 100 accept comment "first"
      ip saddr 1.2.3.4 drop
      counter packets 2 bytes 200 tcp dport 80 counter packets 3 bytes 300
      counter name hits }
    chain two { type filter hook input priority 0; ip daddr { 1.1.1.1, 2.2.2.2 } counter packets 5 bytes 500
    }
  }
  table ip u { counter other { packets 1 bytes 2; }
    chain one { accept
    }
  }
`.replaceAll(' }\n    chain', '\n    }\n    chain')

function loaded(act: (nftables: Nftables) => void): void {
  using namespace = NetworkNamespace.create()
  using nftables = connect({ namespace })
  const { status, stderr } = namespace.run(() => spawnSync('nft', ['-f', '-'], { input: ruleset, encoding: 'utf8' }))
  assert.equal(status, 0, stderr)
  act(nftables)
}

const keysOf = <T extends object>(list: readonly T[], ...keys: (keyof T)[]): object[] =>
  list.map((each) => Object.fromEntries(keys.filter((key) => key in each).map((key) => [key, each[key]])))

const nameOf = ({ family, table, chain, handle }: KernelRule): object => ({ family, table, chain, handle })

test('names and handles are those of the full reading', { skip }, () => {
  loaded((nftables) => {
    const full = {
      chain: nftables.chains(),
      set: nftables.sets(),
      object: nftables.objects(),
      flowtable: nftables.flowtables(),
    }
    for (const kind of ['chain', 'set', 'object', 'flowtable'] as const) {
      const named = keysOf<{ family: unknown; table: string; name: string; handle?: unknown }>(
        full[kind],
        'family',
        'table',
        'name',
        'handle',
      )
      assert.deepEqual(nftables.names(kind), named, kind)
      const ofOne = nftables.names(kind, table)
      assert.deepEqual(
        ofOne,
        named.filter((each) => (each as { table: string }).table === 't'),
      )
    }
    assert.deepEqual(
      nftables.names('table').map(({ family, name, handle }) => ({ family, name, handle })),
      keysOf(nftables.tables(), 'family', 'name', 'handle'),
    )
  })
})

test('rule handles and counters are those of the full reading, of all, one table, or one chain', { skip }, () => {
  loaded((nftables) => {
    assert.deepEqual(nftables.ruleHandles(), nftables.rules().map(nameOf))
    assert.deepEqual(nftables.ruleHandles(table), nftables.rules(table).map(nameOf))
    assert.deepEqual(nftables.ruleHandles(table, 'two'), nftables.rules(table, 'two').map(nameOf))
    assert.equal(nftables.rules(table, 'one').length, 4)
    const counted = (packets: bigint): object => ({ packets, bytes: packets * 100n })
    assert.deepEqual(
      nftables.ruleCounters(table).map(({ chain, counters }) => [chain, counters]),
      [
        ['one', [counted(1n)]],
        ['one', [counted(2n), counted(3n)]],
        ['two', [counted(5n)]],
      ],
    )
    assert.deepEqual(nftables.ruleCounters({ family: 'ip', name: 'u' }), [])
  })
})

test('named counters, of all tables and of one', { skip }, () => {
  loaded((nftables) => {
    const brief = nftables.counters().map(({ table, name, packets, bytes }) => [table, name, packets, bytes])
    assert.deepEqual(brief, [
      ['t', 'hits', 7n, 700n],
      ['u', 'other', 1n, 2n],
    ])
    assert.deepEqual(
      nftables.counters(table).map(({ name }) => name),
      ['hits'],
    )
    assert.deepEqual(nftables.counters({ family: 'ip', name: 'nil' }), [])
  })
})

test('streams give what the full reading gives', { skip }, () => {
  loaded((nftables) => {
    assert.deepEqual([...nftables.streamRules()], nftables.rules())
    assert.deepEqual([...nftables.streamRules(table, 'two')], nftables.rules(table, 'two'))
    for (const name of ['s', 'c', 'm']) {
      const elements = nftables.elements({ ...inTable, name })
      assert.deepEqual([...nftables.streamElements({ ...inTable, name })], elements)
      assert.deepEqual([...nftables.streamKeys({ ...inTable, name })], keysOf(elements, 'key', 'keyEnd', 'flags'))
    }
  })
})

test('a stream of many elements takes them piece by piece', () => {
  using namespace = NetworkNamespace.create()
  using nftables = connect({ namespace })
  const elements = Array.from({ length: 20_000 }, (_, n) => ({ key: Uint8Array.of(10, n >> 16, n >> 8, n) }))
  nftables.commit(
    new Batch()
      .add('table', table)
      .add('set', { ...inTable, name: 'big', flags: [], keyType: 7, keyLen: 4, size: 20_000, id: 1 })
      .add('elements', { ...inTable, set: 'big', elements }),
  )
  let count = 0
  for (const { key } of nftables.streamKeys({ ...inTable, name: 'big' })) {
    assert.equal(key?.[0], 10)
    if (++count === 100) break
  }
  assert.equal(nftables.tables().length, 1, 'leaving it does not spoil the next answer')
  assert.equal([...nftables.streamKeys({ ...inTable, name: 'big' })].length, 20_000)
})

test('one rule, chain, set or element is found, and nothing where there is none', { skip }, () => {
  loaded((nftables) => {
    const [, rule] = nftables.rules(table)
    assert.deepEqual(
      keysOf([nftables.findRule({ ...rule!, handle: rule!.handle! })!], 'chain', 'expressions', 'handle'),
      [{ chain: 'one', expressions: rule!.expressions, handle: rule!.handle }],
    )
    assert.equal(nftables.findRule({ ...inTable, chain: 'one', handle: 999n }), undefined)
    assert.equal(nftables.findChain({ ...inTable, name: 'two' })?.hook?.hook, 'input')
    assert.equal(nftables.findChain({ ...inTable, name: 'nil' }), undefined)
    assert.equal(nftables.findSet({ ...inTable, name: 's' })?.keyLen, 4)
    assert.equal(nftables.findSet({ ...inTable, name: 'nil' }), undefined)
    const inside = nftables.findElement({ ...inTable, name: 's' }, { key: Uint8Array.of(10, 1, 2, 3) })
    assert.deepEqual(inside?.key, Uint8Array.of(10, 0, 0, 0))
    assert.equal(nftables.findElement({ ...inTable, name: 's' }, { key: Uint8Array.of(11, 0, 0, 1) }), undefined)
  })
})

test('connect gives monitor, mirror and trace of its own namespace, by path too', async ({ signal }) => {
  using namespace = NetworkNamespace.create()
  using nftables = connect({ netns: namespace.path })
  using events = nftables.monitor({ signal })
  using view = nftables.mirror()
  using packets = nftables.trace({ signal })
  nftables.commit(new Batch().add('table', table))
  const { value } = await events.next()
  assert.ok(value?.type === 'commit')
  assert.deepEqual(
    view.tables().map(({ name }) => name),
    ['t'],
  )
  packets[Symbol.dispose]()
  assert.equal((await packets.next()).done, true)
})

test('a cursor refuses lengths that do not add up', () => {
  const over = new Cursor(Uint8Array.of(9, 0, 1, 0, 1, 2, 3, 4))
  assert.throws(() => over.next(), Malformed)
  const short = new Cursor(Uint8Array.of(3, 0, 1, 0))
  assert.throws(() => short.next(), Malformed)
  const rest = new Cursor(Uint8Array.of(4, 0, 1, 0, 1))
  assert.equal(rest.next(), true)
  assert.throws(() => rest.next(), Malformed)
})

test('a text that is the beginning of another is not taken for it', () => {
  const cursorOf = (text: string): Cursor => {
    const bytes = Buffer.from(`\0\0\0\0${text}\0`, 'latin1')
    bytes.writeUInt16LE(bytes.length)
    bytes.writeUInt16LE(1, 2)
    const cursor = new Cursor(bytes)
    cursor.next()
    return cursor
  }
  const texts = new SameText()
  const given = ['a', 'a', 'ab', 'abc', 'ab', '', 'x']
  assert.deepEqual(
    given.map((text) => texts.of(cursorOf(text))),
    given,
  )
})

survivesRandomBytes('cursor', (bytes) => {
  const cursor = new Cursor(bytes)
  while (cursor.next()) {
    if (cursor.type % 3 === 0) cursor.text()
    else if (cursor.type % 3 === 1) cursor.u64be()
    else for (const inner = cursor.inside(); inner.next(); ) inner.u32be()
  }
})
