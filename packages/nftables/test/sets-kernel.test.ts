import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { NetlinkError, NetworkNamespace, sandbox } from '@sallyport/linux'
import fc from 'fast-check'
import {
  Batch,
  batchOf,
  compile,
  connect,
  diffElements,
  type KernelElement,
  listElements,
  type Nftables,
  Ruleset,
  type SetDefinition,
  type SetOptions,
  type Table,
} from '../src/index.ts'
import { bothWays, withoutNft } from './support/oracle.ts'

await sandbox()

const SET = { family: 'inet', table: 't', name: 's' } as const

const ends = <T>(value: fc.Arbitrary<T>, less: (a: T, b: T) => boolean): fc.Arbitrary<readonly [T, T]> =>
  fc.tuple(value, value).map(([a, b]) => (less(a, b) ? ([a, b] as const) : ([b, a] as const)))

const numbers = (max: number): fc.Arbitrary<readonly [number, number]> =>
  ends(fc.integer({ min: 0, max }), (a, b) => a < b)
const dotted = (n: number): string => [n >>> 24, (n >>> 16) & 255, (n >>> 8) & 255, n & 255].join('.')

/** Sets that nft and we are to make alike; what overlaps is merged, or is not made. */
const merged: SetOptions = { flags: ['interval'], autoMerge: true }
const few = { maxLength: 12 }
const sets: Readonly<Record<string, fc.Arbitrary<(table: Table) => void>>> = {
  'of addresses': fc
    .array(fc.ipV4().map(String), few)
    .map((elements) => (t) => void t.set('s', { type: 'ipv4_addr', elements })),
  'of ranges of addresses': fc
    .array(
      numbers(0xffffffff).map(([a, b]) => `${dotted(a)}-${dotted(b)}`),
      few,
    )
    .map((elements) => (t) => void t.set('s', { type: 'ipv4_addr', ...merged, elements })),
  'of prefixes': fc
    .array(
      fc
        .tuple(fc.nat(0xffffffff), fc.integer({ min: 1, max: 32 }))
        .map(([n, length]) => `${dotted((n & (-1 << (32 - length))) >>> 0)}/${length}`),
      few,
    )
    .map((elements) => (t) => void t.set('s', { type: 'ipv4_addr', ...merged, elements })),
  'of IPv6 addresses': fc
    .array(
      fc.ipV6().map((text) => String(text).replace(/:(\d+\.){3}\d+$/, ':1')),
      few,
    )
    .map((elements) => (t) => {
      const whole = elements.filter((text) => text.includes('::') || text.split(':').length === 8)
      t.set('s', { type: 'ipv6_addr', ...merged, elements: whole })
    }),
  'of ports': fc
    .array(
      numbers(65535).map(([a, b]) => `${a}-${b}` as const),
      few,
    )
    .map((elements) => (t) => void t.set('s', { type: 'inet_service', ...merged, elements })),
  'of marks': fc
    .array(
      numbers(300).map(([a, b]) => `${a}-${b}`),
      few,
    )
    .map((elements) => (t) => void t.set('s', { type: 'mark', ...merged, elements })),
  'of addresses and ranges of ports': fc
    .uniqueArray(fc.tuple(fc.nat(200), numbers(65535)), { ...few, selector: ([n]) => n })
    .map((list) => (t) => {
      const elements = list.map(([n, [a, b]]) => [dotted(n), `${a}-${b}`] as const)
      t.set('s', { type: ['ipv4_addr', 'inet_service'], flags: ['interval'], elements })
    }),
}

describe('random sets are made as nft makes them', { skip: withoutNft }, () => {
  for (const [name, arbitrary] of Object.entries(sets)) {
    it(name, () => {
      const property = fc.property(arbitrary, (define) => {
        const ruleset = new Ruleset()
        define(ruleset.table('inet', 't'))
        const { nft, netlink } = bothWays(ruleset)
        assert.deepEqual(netlink, nft)
      })
      fc.assert(property, { numRuns: 15 })
    })
  }
})

function ruleset(options: SetOptions, elements: Iterable<string>): { ruleset: Ruleset; set: SetDefinition } {
  const made = new Ruleset()
  const set = made.table('inet', 't').set('s', { type: 'ipv4_addr', ...options, elements })
  return { ruleset: made, set: set as unknown as SetDefinition }
}

const byKey = (a: KernelElement, b: KernelElement): number =>
  Buffer.compare(a.key!, b.key!) || (b.flags?.length ?? 0) - (a.flags?.length ?? 0)

describe('a set that becomes another one', () => {
  const places = fc.uniqueArray(numbers(60), { maxLength: 15, selector: ([a]) => a })
  const texts = (list: readonly (readonly [number, number])[]): string[] =>
    list.map(([a, b]) => `10.0.${a}.0-10.0.${b}.${a}`)

  it('has the same elements as one made anew, and what stays is not touched', () => {
    using namespace = NetworkNamespace.create()
    using nft = connect({ namespace })
    const property = fc.property(places, places, (before, after) => {
      using _ = { [Symbol.dispose]: () => nft.commit(new Batch().delete('table', { family: 'inet', name: 't' })) }
      nft.commit(batchOf(ruleset(merged, texts(before)).ruleset))
      const wanted = compile(ruleset(merged, texts(after)).ruleset).tables[0]!.sets[0]!
      const present = nft.elements(SET)
      const { removed, added } = diffElements(wanted.set, present, wanted.elements)
      change(nft, removed, added)
      assert.deepEqual(nft.elements(SET).sort(byKey), [...wanted.elements].sort(byKey))
      const again = diffElements(wanted.set, nft.elements(SET), wanted.elements)
      assert.deepEqual(again, { removed: [], added: [] })
    })
    fc.assert(property, { numRuns: 30 })
  })

  it('takes as many elements as there are changes, however many there are', () => {
    using namespace = NetworkNamespace.create()
    using nft = connect({ namespace })
    const list = Array.from({ length: 20_000 }, (_, n) => `10.1.${n >> 8}.${n & 255}`)
    nft.commit(batchOf(ruleset({}, list).ruleset))
    const wanted = compile(ruleset({}, [...list.slice(3), '192.0.2.1']).ruleset).tables[0]!.sets[0]!
    const { removed, added } = diffElements(wanted.set, nft.elements(SET), wanted.packed)
    assert.deepEqual([removed.length, added.length], [3, 1])
    change(nft, removed, added)
    assert.equal(nft.elements(SET).length, 19_998)
  })

  function change(nft: Nftables, removed: readonly KernelElement[], added: readonly KernelElement[]): void {
    const list = { family: SET.family, table: SET.table, set: SET.name }
    const batch = new Batch().delete('elements', { ...list, elements: [...removed] })
    nft.commit(batch.add('elements', { ...list, elements: [...added] }))
  }
})

describe('an element', () => {
  it('is read back with its comment, its timeout and what it has counted', () => {
    using namespace = NetworkNamespace.create()
    using nft = connect({ namespace })
    const made = new Ruleset()
    const set = made.table('inet', 't').set('s', {
      type: 'ipv4_addr',
      flags: ['interval', 'timeout'],
      counter: true,
      elements: [
        { key: '10.0.0.0/8', comment: 'ours', counter: { packets: 3n, bytes: 180n } },
        { key: '192.0.2.1', timeout: '1h' },
      ],
    })
    nft.commit(batchOf(made))
    const [net, address] = listElements(set, nft.elements(SET))
    assert.deepEqual(
      [net!.text, net!.comment, net!.counter, net!.timeout],
      ['10.0.0.0/8', 'ours', { packets: 3n, bytes: 180n }, undefined],
    )
    assert.deepEqual([address!.text, address!.counter], ['192.0.2.1', { packets: 0n, bytes: 0n }])
    assert.equal(address!.timeout, 3_600_000)
    assert.ok(address!.expires! > 3_500_000 && address!.expires! <= 3_600_000)
  })
})

describe('a million elements', () => {
  it('are one transaction, or what the host would have to allow is said', () => {
    using namespace = NetworkNamespace.create()
    using nft = connect({ namespace })
    const keys = new Uint32Array(1_000_000).map((_, n) => Math.imul(n, 2_654_435_761))
    const made = new Ruleset()
    made.table('inet', 't').set('s', { type: 'ipv4_addr', size: keys.length, elements: keys })
    const before = nft.generation()
    try {
      assert.equal(nft.commit(batchOf(made)), before + 1)
    } catch (error) {
      assert.ok(error instanceof NetlinkError, String(error))
      assert.match(error.message, /EMSGSIZE.*net\.core\.wmem_max/)
      assert.deepEqual(nft.tables(), [])
      return
    }
    const [set] = nft.sets()
    assert.equal(set!.count ?? nft.elements(SET).length, keys.length) // kernels before 6.17 do not count
  })
})
