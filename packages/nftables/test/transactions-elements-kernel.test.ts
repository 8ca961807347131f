import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { NetworkNamespace, Route, sandbox, udpSocket } from '@sallyport/linux'
import { accept, connect, counter, ip, jump, type KernelElement, type KernelRule, udp } from '../src/index.ts'
import { skip } from './support/nft.ts'
import { apply, fresh } from './support/transactions.ts'

await sandbox()

describe('elements', () => {
  test('are added, created, deleted, destroyed, replaced and flushed', { skip }, () =>
    fresh((nf, list) => {
      const tx = nf.transaction()
      const t = tx.table('inet', 't')
      const set = t.set('s', { type: 'ipv4_addr', flags: ['timeout'], elements: ['192.0.2.1'] })
      const map = t.map('m', { type: 'inet_service', value: 'ipv4_addr', elements: [[80, '192.0.2.1']] })
      tx.commit()
      apply(nf, (later) =>
        later.add(set, ['192.0.2.2', { key: '192.0.2.3', comment: 'third' }]).add(map, [[81, '192.0.2.2']]),
      )
      const elements = (name: string): string =>
        new RegExp(`(?:set|map) ${name} \\{[^}]*?elements = \\{([^}]*)\\}`)
          .exec(list())?.[1]
          ?.replaceAll(/\s+/g, ' ')
          .trim() ?? ''
      assert.deepEqual(elements('s').split(', ').toSorted(), ['192.0.2.1', '192.0.2.2', '192.0.2.3 comment "third"'])
      assert.throws(() => apply(nf, (later) => later.create(set, ['192.0.2.2'])), /EEXIST/)
      assert.throws(() => apply(nf, (later) => later.delete(set, ['192.0.2.9'])), /ENOENT/)
      apply(nf, (later) => later.destroy(set, ['192.0.2.9', '192.0.2.2']).delete(map, [80]))
      apply(nf, (later) =>
        later.replace(map, [
          [81, '192.0.2.7'],
          [82, '192.0.2.8'],
        ]),
      )
      apply(nf, (later) => later.replace(set, [{ key: '192.0.2.1', timeout: '1h' }]))
      assert.deepEqual(elements('m').split(', ').toSorted(), ['81 : 192.0.2.7', '82 : 192.0.2.8'])
      assert.match(elements('s'), /192\.0\.2\.1 timeout 1h expires/)
      apply(nf, (later) => later.flush(set).flush(map))
      assert.equal(elements('s') + elements('m'), '')
    }),
  )

  test('that are undefined by mistake do not delete the set', () =>
    fresh((nf) => {
      const tx = nf.transaction()
      const set = tx.table('inet', 't').set('s', { type: 'ipv4_addr' })
      tx.commit()
      assert.throws(() => nf.transaction().delete(set, undefined as never), /there are no elements/)
    }))
})

describe('an open table', () => {
  test('gives what is there to rules and transactions, with its types', () =>
    fresh((nf) => {
      apply(nf, (tx) => {
        const t = tx.table('inet', 't')
        t.set('addresses', { type: 'ipv4_addr', flags: ['interval'] })
        t.map('ports', { type: ['inet_proto', 'inet_service'], value: 'ipv4_addr' })
        t.counter('hits')
        t.chain('c', { hook: 'input' })
      })
      const t = nf.table('inet', 't')
      assert.deepEqual(t.chains, ['c'])
      assert.deepEqual(t.sets.toSorted(), ['addresses', 'ports'])
      const addresses = t.set('addresses', 'ipv4_addr')
      assert.deepEqual(t.map('ports').type, ['inet_proto', 'inet_service'])
      assert.throws(() => t.set('addresses', 'ipv6_addr'), /is of ipv4_addr, not of ipv6_addr/)
      assert.throws(() => t.set('nil'), /there is no set 'nil'; there is /)
      assert.throws(() => t.chain('nil'), /there is no chain 'nil'; there is c/)
      apply(nf, (tx) => {
        tx.append(t.chain('c'), ip.saddr.in(addresses), counter(t.counter('hits')), jump('new'))
        tx.table(t).chain('new').rule(accept())
        tx.add(addresses, ['192.0.2.0/24'])
      })
      assert.deepEqual(
        nf.rules().map(({ chain }) => chain),
        ['c', 'new'],
      )
      assert.throws(() => nf.table('inet', 'nil'), /ENOENT.*no table inet nil/)
    }))
})

describe('resetting', () => {
  /** One packet of 1 byte, 29 with its headers, from and to this namespace. */
  async function knock(namespace: NetworkNamespace, port: number): Promise<void> {
    const socket = await udpSocket({ namespace, address: '127.0.0.1' })
    await new Promise((resolve) => socket.send('x', port, '127.0.0.1', resolve))
    socket.close()
  }

  test('gives what was counted, and begins again at zero', async () => {
    using namespace = NetworkNamespace.create()
    using route = Route.open({ namespace })
    route.setLink('lo', { up: true })
    await using nf = await connect({ namespace })
    const tx = nf.transaction()
    const t = tx.table('inet', 't')
    const hits = t.counter('hits')
    const ports = t.set('ports', { type: 'inet_service', counter: true, elements: [7001, 7002] })
    const chain = t.chain('input', { hook: 'input' })
    const one = tx.append(chain, udp.dport.eq(7001), counter())
    tx.append(chain, udp.dport.in(ports), counter(hits))
    tx.commit()
    const generation = nf.generation()
    for (const port of [7001, 7001, 7002]) await knock(namespace, port)

    assert.deepEqual(nf.read(hits), { expr: 'counter', bytes: 87n, packets: 3n })
    assert.deepEqual(nf.reset(hits), { expr: 'counter', bytes: 87n, packets: 3n })
    assert.deepEqual(nf.read(hits), { expr: 'counter', bytes: 0n, packets: 0n })

    const counted = (rules: KernelRule[]): (bigint | undefined)[] =>
      rules.map(({ expressions }) => expressions.flatMap((each) => (each.expr === 'counter' ? [each.packets] : []))[0])
    assert.deepEqual(counted(nf.reset(one)), [2n])
    assert.deepEqual(counted(nf.rules()), [0n, undefined])
    await knock(namespace, 7001)
    assert.deepEqual(counted(nf.reset(chain)), [1n, undefined])
    assert.deepEqual(counted(nf.reset(t)), [0n, undefined])

    const packets = (elements: KernelElement[]): (bigint | undefined)[] =>
      elements.map(({ expressions }) => (expressions?.[0]?.expr === 'counter' ? expressions[0].packets : undefined))
    assert.deepEqual(packets(nf.reset(ports, [7001])), [3n])
    assert.deepEqual(packets(nf.reset(ports)).toSorted(), [0n, 1n])
    assert.deepEqual(packets(nf.reset(ports)), [0n, 0n])
    assert.equal(nf.generation(), generation, 'no change of the ruleset')
    assert.throws(() => nf.read({ ...hits }), /belongs to no table/)
  })
})
