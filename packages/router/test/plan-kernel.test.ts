import assert from 'node:assert/strict'
import { test } from 'node:test'
import { NetworkNamespace, sandbox } from '@sallyport/linux'
import { Random } from '@sallyport/linux/testing'
import { Batch, connect, type Nftables, Ruleset, type Table } from '@sallyport/nftables'
import { desiredTable, presentTable } from '../src/plan/desired.ts'
import { diffTable } from '../src/plan/table.ts'

await sandbox()

const TABLE = { family: 'inet', name: 'sallyport' } as const

/** Makes the kernel's table the defined one, by the plan; returns how many messages that took. */
function become(nftables: Nftables, define: (table: Table) => void): number {
  const rules = new Ruleset()
  define(rules.table('inet', 'sallyport'))
  const snapshot = nftables.snapshot(TABLE, { elements: () => true })
  const batch = new Batch()
  for (const step of diffTable(presentTable(snapshot), desiredTable(rules), () => false)) step.write(batch)
  nftables.commit(batch, { generation: snapshot.generation })
  return batch.size
}

const span = (from: number, to: number): number | `${number}-${number}` => (from === to ? from : `${from}-${to}`)

/** Disjoint ranges of the numbers below 60, which often touch. */
function ranges(random: Random): [number, number][] {
  const found: [number, number][] = []
  for (let from = random.below(8); from < 60; ) {
    const to = Math.min(59, from + random.below(6))
    found.push([from, to])
    from = to + 1 + random.below(4)
  }
  return found
}

const keys = (nftables: Nftables, set: string): string[] =>
  nftables
    .elements({ family: TABLE.family, table: TABLE.name, name: set })
    .map(({ key = [], keyEnd = [], flags = [], data }) => {
      const value = data !== undefined && 'value' in data ? Buffer.from(data.value).toString('hex') : ''
      return `${Buffer.from(key).toString('hex')}-${Buffer.from(keyEnd).toString('hex')}/${flags}:${value}`
    })
    .sort()

test('120 random turns of ranges: the kernel has after each what it has of the last alone', () => {
  using nftables = connect()
  using elsewhere = NetworkNamespace.create()
  using alone = connect({ namespace: elsewhere })
  const random = new Random(1)
  for (let turn = 0; turn < 120; turn++) {
    const some = ranges(random)
    const values = some.map(() => random.below(3))
    const define = (table: Table): void => {
      table.set('nets', {
        type: 'ipv4_addr',
        flags: ['interval'],
        elements: some.map(([from, to]) => (from === to ? `10.0.0.${from}` : `10.0.0.${from}-10.0.0.${to}`)),
      })
      table.map('forwards', {
        type: ['inet_proto', 'inet_service'],
        value: 'ipv4_addr',
        flags: ['interval'],
        elements: some.map(([from, to], n) => [['tcp', span(from, to)] as const, `192.0.2.${values[n]!}`] as const),
      })
    }
    become(nftables, define)
    assert.equal(become(nftables, define), 0, `turn ${turn}: nothing left to do`)
    become(alone, define)
    for (const set of ['nets', 'forwards'])
      assert.deepEqual(keys(nftables, set), keys(alone, set), `turn ${turn}: ${set}`)
    alone.commit(new Batch().delete('table', TABLE))
  }
})
