import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  accept,
  Batch,
  type Chain,
  concat,
  counter,
  drop,
  iifname,
  ip,
  jump,
  meta,
  Ruleset,
  type Table,
  th,
} from '@sallyport/nftables'
import { type DesiredTable, desiredTable, type PresentTable } from '../src/plan/desired.ts'
import type { Step } from '../src/plan/steps.ts'
import { diffTable } from '../src/plan/table.ts'

function wanted(define: (table: Table) => void): DesiredTable {
  const rules = new Ruleset()
  define(rules.table('inet', 'sallyport'))
  return desiredTable(rules)
}

/** The same as the kernel would hold it: rules have handles. */
function kernel(define: (table: Table) => void): PresentTable {
  const { table, objects, sets, chains } = wanted(define)
  let handle = 0n
  return {
    table,
    objects,
    sets,
    chains: chains.map(({ chain, rules }) => ({ chain, rules: rules.map((rule) => ({ ...rule, handle: ++handle })) })),
  }
}

const never = (): boolean => false
const plan = (before: PresentTable | undefined, after: DesiredTable, forbidden = never): string[] =>
  lines(diffTable(before, after, forbidden))
const lines = (steps: readonly Step[]): string[] =>
  steps.flatMap(({ changes }) => changes.map(({ op, kind, name }) => `${op} ${kind} ${name}`))
const input = (table: Table): Chain => table.chain('in', { hook: 'input' })

describe('rules', () => {
  const three = (table: Table): unknown =>
    input(table).rule(ip.saddr.eq('192.0.2.1'), accept()).rule(counter()).rule(drop())

  test('the same ones, with counts and handles: nothing to do', () => {
    assert.deepEqual(plan(kernel(three), wanted(three)), [])
  })

  test('one in the middle: it is put before the one that follows, by nft text', () => {
    const four = wanted((table) =>
      input(table)
        .rule(ip.saddr.eq('192.0.2.1'), accept())
        .rule(iifname.eq('eth0'), drop())
        .rule(counter())
        .rule(drop()),
    )
    const steps = diffTable(kernel(three), four, never)
    assert.deepEqual(lines(steps), ['add rule in #2: iifname "eth0" drop'])
    const batch = new Batch()
    steps[0]!.write(batch)
    const operation = batch.operations[0]!
    assert.equal(operation.verb, 'insert')
    assert.equal((operation.value as { position?: bigint }).position, 2n)
  })

  test('another one in place of the last: out by its number, in at the end', () => {
    const other = wanted((table) =>
      input(table).rule(ip.saddr.eq('192.0.2.1'), accept()).rule(counter()).rule(accept()),
    )
    assert.deepEqual(plan(kernel(three), other), ['delete rule in #3', 'add rule in #3: accept'])
  })

  test('a set without a name cannot be kept, and is refused', () => {
    assert.throws(
      () => wanted((table) => input(table).rule(th.dport.in([1, 3, 5]), drop())),
      /rule of chain in .* name it/,
    )
  })
})

describe('sets', () => {
  const ports = (elements: readonly (readonly ['tcp', number])[], size?: number) => (table: Table) => {
    const set = table.set('ports', { type: ['inet_proto', 'inet_service'], elements, ...(size && { size }) })
    input(table).rule(concat(meta.l4proto, th.dport).in(set), accept()).rule(drop())
  }

  test('elements come and go, and nothing else', () => {
    const before = kernel(
      ports([
        ['tcp', 22],
        ['tcp', 80],
      ]),
    )
    assert.deepEqual(
      plan(
        before,
        wanted(
          ports([
            ['tcp', 80],
            ['tcp', 443],
          ]),
        ),
      ),
      ['delete element ports { tcp . 22 }', 'add element ports { tcp . 443 }'],
    )
  })

  test('another size: the set and its rules anew, rules out first and in last', () => {
    assert.deepEqual(plan(kernel(ports([['tcp', 22]])), wanted(ports([['tcp', 22]], 64))), [
      'delete rule in #1',
      'delete set ports',
      'add set ports',
      'add element ports { tcp . 22 }',
      'add rule in #1: meta l4proto . th dport @ports accept',
    ])
  })

  test('a map with another value: the element is taken out first, for an existing one is never changed', () => {
    const map = (address: string) => (table: Table) =>
      table.map('to', { type: 'inet_service', value: 'ipv4_addr', elements: [[80, address]] })
    assert.deepEqual(plan(kernel(map('192.0.2.1')), wanted(map('192.0.2.2'))), [
      'delete element to { 80 }',
      'add element to { 80 }',
    ])
  })

  test('ranges are compared as wholes, and named as such', () => {
    const nets =
      (...elements: `${string}/${number}`[]) =>
      (table: Table) =>
        table.set('nets', { type: 'ipv4_addr', flags: ['interval'], elements })
    assert.deepEqual(plan(kernel(nets('10.0.0.0/8', '192.0.2.0/24')), wanted(nets('10.0.0.0/9', '192.0.2.0/24'))), [
      'delete element nets { 10.0.0.0-10.255.255.255 }',
      'add element nets { 10.0.0.0-10.127.255.255 }',
    ])
  })
})

describe('what was learned', () => {
  const learned =
    (timeout: number, size = 10) =>
    (table: Table) => {
      table.set('known', { type: 'inet_service', flags: ['dynamic', 'timeout'], timeout, size })
    }
  const port = (number: number): Uint8Array => Uint8Array.of(number >> 8, number & 255)
  /** The kernel with open ports: `[port, milliseconds left]`. */
  function holding(ports: readonly (readonly [number, number])[], table: (table: Table) => void): PresentTable {
    const before = kernel(table)
    const elements = ports.map(([number, left]) => ({ key: port(number), expiration: BigInt(left) }))
    return { ...before, sets: before.sets.map((one) => ({ ...one, elements })) }
  }
  function written(steps: readonly Step[]): readonly { key?: Uint8Array; expiration?: bigint }[] {
    const batch = new Batch()
    for (const step of steps) step.write(batch)
    const last = batch.operations.at(-1)!
    return (last.value as unknown as { elements: readonly { key?: Uint8Array; expiration?: bigint }[] }).elements
  }

  test('stays as it is', () => {
    assert.deepEqual(plan(holding([[80, 5]], learned(1000)), wanted(learned(1000))), [])
  })

  test('goes where the config speaks against it', () => {
    const forbidden = (_: unknown, element: { key?: Uint8Array }): boolean => element.key?.[1] === 80
    assert.deepEqual(
      plan(
        holding(
          [
            [80, 5],
            [81, 5],
          ],
          learned(1000),
        ),
        wanted(learned(1000)),
        forbidden as never,
      ),
      ['delete mapping known { 80 }'],
    )
  })

  test('moves to the new set with the time it had left, at most the new time; dead ones stay behind', () => {
    const steps = diffTable(
      holding(
        [
          [80, 400],
          [81, 900],
          [82, 0],
        ],
        learned(1000),
      ),
      wanted(learned(500)),
      never,
    )
    assert.deepEqual(lines(steps).slice(0, 2), ['delete set known', 'add set known'])
    assert.deepEqual(written(steps), [
      { key: port(81), expiration: 500n },
      { key: port(80), expiration: 400n },
    ])
  })

  test('those used last move when the new set has less room', () => {
    const steps = diffTable(
      holding(
        [
          [80, 400],
          [81, 900],
          [82, 700],
        ],
        learned(1000),
      ),
      wanted(learned(1000, 2)),
      never,
    )
    assert.deepEqual(
      written(steps).map(({ key }) => key),
      [port(81), port(82)],
    )
  })

  test('does not move to a set of another kind', () => {
    const other = wanted((table) => {
      table.set('known', { type: 'mark', flags: ['dynamic', 'timeout'], timeout: 1000, size: 10 })
    })
    assert.deepEqual(plan(holding([[80, 400]], learned(1000)), other), ['delete set known', 'add set known'])
  })
})

describe('chains', () => {
  const host =
    (...names: string[]) =>
    (table: Table) => {
      for (const name of names) table.chain(name).rule(accept())
      const map = table.map('hosts', {
        type: 'ipv4_addr',
        value: 'verdict',
        elements: names.map((name, index) => [`192.0.2.${index + 1}`, jump(name)] as const),
      })
      input(table).rule(ip.saddr.vmap(map))
    }

  test('a verdict lets go of its chain before the chain goes, and holds it after it came', () => {
    assert.deepEqual(plan(kernel(host('one', 'two')), wanted(host('one'))), [
      'delete rule two #1',
      'delete element hosts { 192.0.2.2 }',
      'delete chain two',
    ])
    assert.deepEqual(plan(kernel(host('one')), wanted(host('one', 'two'))), [
      'add chain two',
      'add element hosts { 192.0.2.2 }',
      'add rule two #1: accept',
    ])
  })

  test('another policy is changed in place; another priority makes it another chain', () => {
    const base = (policy: 'accept' | 'drop', priority: number) => (table: Table) =>
      table.chain('in', { hook: 'input', policy, priority }).rule(accept())
    assert.deepEqual(plan(kernel(base('accept', 0)), wanted(base('drop', 0))), ['change chain in'])
    assert.deepEqual(plan(kernel(base('accept', 0)), wanted(base('accept', 5))), [
      'delete rule in #1',
      'delete chain in',
      'add chain in',
      'add rule in #1: accept',
    ])
  })

  test('a chain that has to hang elsewhere lets go of rules and verdicts that lead to it', () => {
    const twice = (based: boolean) => (table: Table) => {
      host('one')(table)
      table.chain('two', based ? { hook: 'forward' } : {}).rule(accept())
      table.chain('other').rule(jump('one'))
    }
    const before = kernel(twice(false))
    const moved = wanted(twice(false))
    const based = { ...moved, chains: moved.chains.map((one) => (one.chain.name === 'one' ? asBase(one) : one)) }
    assert.deepEqual(plan(before, based), [
      'delete rule one #1',
      'delete rule other #1',
      'delete element hosts { 192.0.2.1 }',
      'delete chain one',
      'add chain one',
      'add element hosts { 192.0.2.1 }',
      'add rule one #1: accept',
      'add rule other #1: jump one',
    ])
  })
})

function asBase(one: DesiredTable['chains'][number]): DesiredTable['chains'][number] {
  return { ...one, chain: { ...one.chain, type: 'filter', hook: { hook: 'forward', priority: 3 } } }
}

describe('tables and counters', () => {
  const refused = (table: Table): void => {
    table.counter('refused')
  }

  test('everything of a new table, what is referred to first', () => {
    const rules = wanted((table) => {
      const refused = table.counter('refused')
      input(table).rule(counter(refused), drop())
    })
    assert.deepEqual(plan(undefined, rules), [
      'add table inet sallyport',
      'add object refused',
      'add chain in',
      'add rule in #1: counter name "refused" drop',
    ])
  })

  test('a counter comes and goes', () => {
    assert.deepEqual(
      plan(
        kernel(refused),
        wanted(() => {}),
      ),
      ['delete object refused'],
    )
    assert.deepEqual(
      plan(
        kernel(() => {}),
        wanted(refused),
      ),
      ['add object refused'],
    )
  })
})
