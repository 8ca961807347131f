import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'node:test'
import { NetworkNamespace, Route, sandbox } from '@sallyport/linux'
import { Random } from '@sallyport/linux/testing'
import type { Expression } from '../src/expr/index.ts'
import { commentUserdata, type KernelRule, type KernelSet } from '../src/messages/index.ts'
import { type Mirror, type MirrorOptions, mirror } from '../src/monitor/index.ts'
import { connect, type Nftables } from '../src/nftables.ts'
import { Batch } from '../src/transaction/index.ts'
import { comparable, contentOf } from './support/comparable.ts'
import { skip } from './support/nft.ts'

await sandbox()

const table = { family: 'inet', name: 't' } as const
const inTable = { family: 'inet', table: 't' } as const
const chains = ['a', 'b']
const drop: Expression = { expr: 'immediate', dreg: 0, data: { verdict: { code: 'drop' } } }
const numbers: KernelSet = { ...inTable, name: 'numbers', flags: [], keyType: 7, keyLen: 4, id: 1 }

function rule(chain: string, comment: string): KernelRule {
  return { ...inTable, chain, expressions: [drop], userdata: commentUserdata(comment)! }
}

function mirrored<T>(
  options: MirrorOptions,
  act: (view: Mirror, nftables: Nftables, namespace: NetworkNamespace) => T,
): T {
  using namespace = NetworkNamespace.create()
  using nftables = connect({ namespace })
  using view = mirror({ namespace, ...options })
  return act(view, nftables, namespace)
}

function runNft(namespace: NetworkNamespace, text: string): string {
  const nft = namespace.run(() => spawnSync('nft', ['-a', '-f', '-'], { input: text, encoding: 'utf8' }))
  assert.equal(nft.status, 0, nft.stderr)
  return nft.stdout
}

/** Every element and rule is as in the kernel, in its order. */
function assertSame(view: Mirror, nftables: Nftables, message?: string): void {
  assert.deepEqual(comparable(contentOf(view)), comparable(nftables.snapshot()), message)
  assert.equal(view.generation, nftables.generation())
}

/** Batches that do whatever is possible: several changes of the same chain each, which is what makes the order hard. */
class Storm {
  readonly #random: Random
  #count = 0

  constructor(seed: number) {
    this.#random = new Random(seed)
  }

  batch(nftables: Nftables): Batch {
    const batch = new Batch()
    const rules = nftables.rules(table)
    const gone = new Set<bigint>()
    for (let left = 1 + this.#random.below(8); left > 0; left--) this.#operation(batch, rules, gone)
    this.#elements(batch, nftables)
    return batch
  }

  #operation(batch: Batch, rules: readonly KernelRule[], gone: Set<bigint>): void {
    const made = rule(chains[this.#random.below(2)]!, `rule ${this.#count++}`)
    const other = rules.filter(({ handle }) => !gone.has(handle!))[this.#random.below(rules.length || 1)]
    const kind = this.#random.below(6)
    if (kind === 0 || other === undefined) batch.add('rule', made)
    else if (kind === 1) batch.insert('rule', made)
    else {
      const { chain, handle } = { chain: other.chain, handle: other.handle! }
      const there = { ...made, chain }
      if (kind === 2) batch.add('rule', { ...there, position: handle })
      if (kind === 3) batch.insert('rule', { ...there, position: handle })
      if (kind >= 4) gone.add(handle)
      if (kind === 4) batch.replace('rule', { ...there, handle })
      if (kind === 5) batch.delete('rule', { ...inTable, chain, handle })
    }
  }

  #elements(batch: Batch, nftables: Nftables): void {
    const known = nftables.elements({ ...inTable, name: 'numbers' })
    const key = Uint8Array.of(0, 0, this.#random.below(4), this.#random.below(8))
    const isThere = known.some((each) => Buffer.compare(each.key!, key) === 0)
    const elements = { ...inTable, set: 'numbers', elements: [{ key }] }
    if (isThere) batch.delete('elements', elements)
    else batch.add('elements', elements)
  }
}

const beginning = (): Batch => {
  const batch = new Batch().add('table', table).add('set', numbers)
  for (const name of chains) batch.add('chain', { ...inTable, name })
  return batch
}

test('after any commit the mirror has what the kernel has, rules in their order, without reading it again', () => {
  mirrored({}, (view, nftables) => {
    nftables.commit(beginning())
    const storm = new Storm(1)
    for (let round = 0; round < 200; round++) {
      nftables.commit(storm.batch(nftables))
      assertSame(view, nftables, `round ${round}`)
    }
    assert.equal(view.resyncs, 0)
    assert.ok(view.rules(table).length > 20)
  })
})

test('a mirror of a tiny buffer loses events, reads anew, and is right again', () => {
  mirrored({ receiveBuffer: 4096 }, (view, nftables) => {
    nftables.commit(beginning())
    const storm = new Storm(2)
    for (let burst = 0; burst < 10; burst++) {
      for (let round = 0; round < 60; round++) nftables.commit(storm.batch(nftables))
      assertSame(view, nftables, `burst ${burst}`)
    }
    assert.ok(view.resyncs >= 5, `${view.resyncs} resyncs`)
  })
})

const writer = `
  import { connect, Batch } from ${JSON.stringify(new URL('../src/index.ts', import.meta.url).href)}
  using nftables = connect()
  const inTable = { family: 'inet', table: 't' }
  for (let round = 0; round < 1500; round++) {
    const key = Uint8Array.of(10, 0, round >> 8, round & 255)
    const batch = new Batch().add('elements', { ...inTable, set: 'numbers', elements: [{ key }] })
    batch.insert('rule', { ...inTable, chain: 'a', expressions: [{ expr: 'counter' }] })
    if (round % 3 === 0) batch.flush('chain', { ...inTable, name: 'a' })
    nftables.commit(batch)
  }
`

test('a mirror that is read while another process commits all the time is right in the end', async ({ signal }) => {
  using namespace = NetworkNamespace.create()
  using nftables = connect({ namespace })
  nftables.commit(beginning())
  using view = mirror({ namespace, receiveBuffer: 4096, signal })
  const child = namespace.run(() =>
    spawn(process.execPath, ['--input-type=module', '-e', writer], { stdio: ['ignore', 'inherit', 'inherit'], signal }),
  )
  const ended = once(child, 'exit')
  const reading = (async (): Promise<void> => {
    while (await view.changed()) if (view.elements({ ...inTable, name: 'numbers' }).length === 1500) return
  })()
  assert.deepEqual(await ended, [0, null])
  await reading
  assertSame(view, nftables)
})

test('interval sets, maps, anonymous sets and anonymous chains come and go as in the kernel', { skip }, () => {
  mirrored({}, (view, nftables, namespace) => {
    const steps = [
      'add table inet t; add chain inet t c; add chain inet t d { type filter hook input priority 0; }',
      'add set inet t s { type ipv4_addr; flags interval; elements = { 10.0.0.0/8, 192.168.1.1-192.168.1.9 } }',
      'add map inet t m { type inet_service : ipv4_addr; elements = { 80 : 10.0.0.1, 81 : 10.0.0.2 } }',
      'add rule inet t c ip saddr { 1.1.1.1, 1.1.1.2 } jump { counter; drop; }',
      'add rule inet t c tcp dport vmap { 22 : accept, 23 : drop }',
      'delete element inet t s { 10.0.0.0/8 }; add element inet t s { 10.1.0.0/16 }',
      'delete element inet t m { 80 }; add element inet t m { 443 : 10.0.0.3 }',
      'add counter inet t hits { comment "x"; }; add quota inet t q { over 10 bytes; }',
      'add chain inet t d { policy drop; }',
      'rename chain inet t c e',
      'add rule inet t e counter name hits',
      'flush set inet t s',
      'flush chain inet t e',
      'delete counter inet t hits; delete map inet t m',
      'add table inet t { flags dormant; }',
      'add table ip u; add chain ip u c; add rule ip u c jump { drop; }; delete table inet t',
      'delete table ip u',
    ]
    for (const step of steps) {
      runNft(namespace, `${step.replaceAll(/; (?=add|delete)/g, '\n')}\n`)
      assertSame(view, nftables, step)
    }
    assert.equal(view.resyncs, 0)
  })
})

test('interfaces that an ingress chain gains and loses', { skip }, () => {
  mirrored({}, (view, nftables, namespace) => {
    using route = Route.open({ namespace })
    for (const name of ['one', 'two', 'three']) route.addBridge({ name })
    runNft(
      namespace,
      'add table netdev n; add chain netdev n c { type filter hook ingress devices = { one, two } priority 0; }\n'.replace(
        '; add chain',
        '\nadd chain',
      ),
    )
    assertSame(view, nftables)
    runNft(namespace, 'add chain netdev n c { type filter hook ingress devices = { three } priority 0; }\n')
    assertSame(view, nftables, 'one more')
    route.deleteLink('one')
    assertSame(view, nftables, 'its interface is gone')
  })
})

test('a mirror of some tables does not notice the others', () => {
  mirrored({ tables: [table] }, (view, nftables) => {
    nftables.commit(beginning().add('table', { family: 'ip', name: 'other' }))
    nftables.commit(new Batch().add('rule', rule('a', 'x')))
    nftables.commit(new Batch().add('chain', { family: 'ip', table: 'other', name: 'c' }))
    assert.deepEqual(
      view.tables().map(({ name }) => name),
      ['t'],
    )
    assert.deepEqual(comparable(contentOf(view)), comparable(nftables.snapshot(table)))
    assert.equal(view.generation, nftables.generation() - 1)
  })
})

test('a table that goes with its owner, which the kernel does not announce, is gone', () => {
  mirrored({}, (view, nftables, namespace) => {
    const owner = connect({ namespace })
    owner.commit(new Batch().add('table', { ...table, flags: ['owner'] }).add('chain', { ...inTable, name: 'c' }))
    assert.equal(view.chains(table).length, 1)
    owner[Symbol.dispose]()
    assert.deepEqual(view.chains(table), [])
    assertSame(view, nftables)
  })
})

test('elements that time passes or packets change are read from the kernel when they are asked for', () => {
  mirrored({}, (view, nftables) => {
    const timed: KernelSet = { ...numbers, name: 'timed', flags: ['timeout'] }
    const elements = [{ key: Uint8Array.of(1, 2, 3, 4), timeout: 60_000n }]
    nftables.commit(
      beginning()
        .add('set', { ...timed, id: 2 })
        .add('elements', { ...inTable, set: 'timed', elements }),
    )
    assert.equal(view.sets(table).find(({ name }) => name === 'timed')?.elements, undefined)
    assert.equal(view.elements({ ...inTable, name: 'timed' }).length, 1)
  })
})

test('waiting for a change ends when the mirror is disposed of, or its signal aborts', async () => {
  using namespace = NetworkNamespace.create()
  const abort = new AbortController()
  const view = mirror({ namespace, signal: abort.signal })
  const waiting = view.changed()
  abort.abort()
  assert.equal(await waiting, false)
  assert.equal(await view.changed(), false)
})
