import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { type TestContext, test } from 'node:test'
import { NetlinkError, NetworkNamespace, sandbox } from '@sallyport/linux'
import type { Expression } from '../src/expr/index.ts'
import { commentOf, commentUserdata, type KernelElement, type KernelSet, setUserdata } from '../src/messages/index.ts'
import { connect, type Nftables } from '../src/nftables.ts'
import { Batch, GenerationChanged, TransactionError } from '../src/transaction/index.ts'
import { listing, skip } from './support/nft.ts'

await sandbox()

const table = { family: 'inet', name: 't' } as const
const inTable = { family: 'inet', table: 't' } as const
const drop: Expression = { expr: 'immediate', dreg: 0, data: { verdict: { code: 'drop' } } }
const addresses: KernelSet = { ...inTable, name: 'addresses', flags: [], keyType: 7, keyLen: 4, id: 1 }

function key(index: number): Uint8Array {
  return Uint8Array.of(10, index >> 16, (index >> 8) & 0xff, index & 0xff)
}

/** A namespace of its own with an empty ruleset. */
function fresh<T>(fn: (nftables: Nftables, namespace: NetworkNamespace) => T): T {
  using namespace = NetworkNamespace.create()
  using nftables = connect({ namespace })
  return fn(nftables, namespace)
}

function failuresOf(commit: () => void): TransactionError['failures'] {
  try {
    commit()
  } catch (error) {
    if (error instanceof TransactionError) return error.failures
    throw error
  }
  throw new Error('the kernel took it')
}

test('three faults in a batch of 1000 operations are exactly the three that are reported, each with its attribute', () => {
  fresh((nftables) => {
    const batch = new Batch().add('table', table).add('chain', { ...inTable, name: 'input' })
    while (batch.size < 1000) {
      const expressions: Expression[] = [{ expr: 'counter' }, drop]
      if (batch.size === 100) batch.add('rule', { ...inTable, chain: 'inputt', expressions })
      else if (batch.size === 500) {
        batch.add('rule', {
          ...inTable,
          chain: 'input',
          expressions: [
            { expr: 'meta', key: 'mark', dreg: 1 },
            { expr: 'lookup', set: 'nil', sreg: 1 },
          ],
        })
      } else if (batch.size === 900) batch.add('chain', { family: 'inet', table: 'tt', name: 'c' })
      else batch.add('rule', { ...inTable, chain: 'input', expressions })
    }
    const failures = failuresOf(() => nftables.commit(batch))
    assert.deepEqual(
      failures.map(({ index, message, code, attribute, hint }) => [index, message, code, attribute, hint]),
      [
        [100, 'newrule', 'ENOENT', 'NFTA_RULE_CHAIN', "no chain 'inputt' in table inet t"],
        [
          500,
          'newrule',
          'ENOENT',
          'NFTA_RULE_EXPRESSIONS.[1]',
          "no set 'nil' in table inet t, which expression 2 (lookup) of a rule refers to",
        ],
        [900, 'newchain', 'ENOENT', 'NFTA_CHAIN_TABLE', 'no table inet tt'],
      ],
    )
    assert.deepEqual(nftables.tables(), [], 'nothing of it was done')
  })
})

test('what exists already, what is in use and what is not there are told apart', () => {
  fresh((nftables) => {
    const jump: Expression = { expr: 'immediate', dreg: 0, data: { verdict: { code: 'jump', chain: 'to' } } }
    nftables.commit(
      new Batch()
        .add('table', table)
        .add('chain', { ...inTable, name: 'from' })
        .add('chain', { ...inTable, name: 'to' })
        .add('rule', { ...inTable, chain: 'from', expressions: [jump] })
        .add('set', addresses),
    )
    const faulty = new Batch()
      .create('chain', { ...inTable, name: 'from' })
      .delete('chain', { ...inTable, name: 'to' })
      .delete('rule', { ...inTable, chain: 'from', handle: 99n })
      .delete('set', { ...inTable, name: 'nil' })
      .delete('elements', { ...inTable, set: 'addresses', elements: [{ key: key(1) }] })
      .add('rule', {
        ...inTable,
        chain: 'to',
        expressions: [{ expr: 'immediate', dreg: 0, data: { verdict: { code: 'jump', chain: 'nil' } } }],
      })
    assert.deepEqual(
      failuresOf(() => nftables.commit(faulty)).map(({ message, code, hint }) => `${message} ${code}: ${hint}`),
      [
        'newchain EEXIST: chain from in table inet t exists already',
        'delchain EBUSY: chain to in table inet t is in use, and cannot be deleted or changed in this way',
        "delrule ENOENT: no rule with handle 99 in chain 'from' of table inet t",
        "delset ENOENT: no set 'nil' in table inet t",
        'delsetelem ENOENT: element 1 (key 0a000001) in 1 element of set addresses in table inet t does not exist',
        "newrule ENOENT: no chain 'nil' in table inet t, which expression 1 (immediate) of a rule refers to",
      ],
    )
  })
})

test('destroy does not mind what is not there', () => {
  fresh((nftables) => {
    nftables.commit(new Batch().destroy('table', table).add('table', table).destroy('table', table))
    assert.deepEqual(nftables.tables(), [])
  })
})

test('rules are appended, inserted, put behind another, replaced, deleted and flushed', () => {
  fresh((nftables) => {
    const rule = (comment: string) => ({
      ...inTable,
      chain: 'c',
      expressions: [drop],
      userdata: commentUserdata(comment)!,
    })
    const order = (): (string | undefined)[] => nftables.rules(table).map(commentOf)
    const handle = (comment: string): bigint =>
      nftables.rules(table).find((each) => commentOf(each) === comment)!.handle!
    nftables.commit(
      new Batch()
        .add('table', table)
        .add('chain', { ...inTable, name: 'c' })
        .add('rule', rule('a'))
        .add('rule', rule('b'))
        .insert('rule', rule('first')),
    )
    assert.deepEqual(order(), ['first', 'a', 'b'])
    nftables.commit(
      new Batch()
        .add('rule', { ...rule('behind a'), position: handle('a') })
        .insert('rule', { ...rule('before b'), position: handle('b') }),
    )
    assert.deepEqual(order(), ['first', 'a', 'behind a', 'before b', 'b'])
    nftables.commit(
      new Batch()
        .replace('rule', { ...rule('new a'), handle: handle('a') })
        .delete('rule', { ...inTable, chain: 'c', handle: handle('first') }),
    )
    assert.deepEqual(order(), ['new a', 'behind a', 'before b', 'b'])
    nftables.commit(new Batch().flush('chain', { ...inTable, name: 'c' }))
    assert.deepEqual(order(), [])
  })
})

test('a rule can stand behind one of the same batch', () => {
  fresh((nftables) => {
    const rule = (comment: string) => ({
      ...inTable,
      chain: 'c',
      expressions: [drop],
      userdata: commentUserdata(comment)!,
    })
    const batch = new Batch().add('table', table).add('chain', { ...inTable, name: 'c' })
    batch
      .add('rule', { ...rule('a'), id: 1 })
      .add('rule', rule('z'))
      .add('rule', { ...rule('behind a'), positionId: 1 })
    nftables.commit(batch)
    assert.deepEqual(nftables.rules(table).map(commentOf), ['a', 'behind a', 'z'])
  })
})

/** An ordinary user may send no more at once than net.core.wmem_max says, and cannot raise it from a namespace. */
function fits(commit: () => void, context: TestContext): boolean {
  try {
    commit()
    return true
  } catch (error) {
    if (!(error instanceof NetlinkError) || error.code !== 'EMSGSIZE') throw error
    context.skip(error.message)
    return false
  }
}

test('100,000 elements go in one batch, and come back', (context) => {
  fresh((nftables) => {
    const elements: KernelElement[] = Array.from({ length: 100_000 }, (_, index) => ({ key: key(index) }))
    const batch = new Batch()
      .add('table', table)
      .add('set', addresses)
      .add('elements', { ...inTable, set: 'addresses', elements })
    if (!fits(() => nftables.commit(batch), context)) return
    assert.ok(batch.size > 20, 'nla_len has 16 bits')
    const found = new Set(nftables.elements(addresses).map((element) => Buffer.from(element.key!).readUInt32BE()))
    assert.equal(found.size, 100_000)
    nftables.commit(new Batch().flush('set', addresses))
    assert.deepEqual(nftables.elements(addresses), [])
  })
})

test('the fault of an element is found in whichever message it went', () => {
  fresh((nftables) => {
    const elements: KernelElement[] = Array.from({ length: 10_000 }, (_, index) => ({ key: key(index) }))
    elements[7777] = { key: Uint8Array.of(1, 2, 3) }
    const batch = new Batch()
      .add('table', table)
      .add('set', addresses)
      .add('elements', { ...inTable, set: 'addresses', elements })
    const [failure, ...others] = failuresOf(() => nftables.commit(batch))
    assert.deepEqual(others, [])
    assert.equal(failure?.index, 2)
    assert.match(failure?.hint ?? '', /element 7778 \(key 010203\)/)
  })
})

test('of two writers that read the same generation one is refused, and nothing is lost when it reads again', () => {
  fresh((first, namespace) => {
    using second = connect({ namespace })
    first.commit(new Batch().add('table', table).add('set', addresses))
    const write = (nftables: Nftables, generation: number, index: number): void => {
      nftables.commit(
        new Batch().create('elements', { ...inTable, set: 'addresses', elements: [{ key: key(index) }] }),
        { generation },
      )
    }
    for (let round = 0; round < 1000; round += 1) {
      const [mine, theirs] = [first.generation(), second.generation()]
      assert.equal(mine, theirs)
      write(first, mine, round * 2)
      assert.throws(
        () => write(second, theirs, round * 2 + 1),
        (error) => error instanceof GenerationChanged && error.expected === theirs,
      )
      write(second, second.generation(), round * 2 + 1)
    }
    assert.equal(first.elements(addresses).length, 2000)
  })
})

test('commit returns the generation that a next commit can build on', () => {
  fresh((nftables) => {
    let generation = nftables.commit(new Batch().add('table', table), { generation: nftables.generation() })
    assert.equal(generation, nftables.generation())
    generation = nftables.commit(new Batch().add('table', table), { generation })
    generation = nftables.commit(new Batch().add('chain', { ...inTable, name: 'c' }), { generation })
    assert.equal(generation, nftables.generation())
  })
})

/** Everything that a table can have. */
function furnished(): Batch {
  const concatenated = { ...inTable, keyType: (12 << 6) | 13, keyLen: 8 }
  return new Batch()
    .add('table', { ...table, userdata: commentUserdata('ours')! })
    .add('object', {
      ...inTable,
      name: 'hits',
      data: { expr: 'counter', packets: 3n, bytes: 300n },
      userdata: commentUserdata('an object')!,
    })
    .add('object', { ...inTable, name: 'most', data: { expr: 'quota', bytes: 5000n, flags: ['inv'] } })
    .add('object', { ...inTable, name: 'rate', data: { expr: 'limit', rate: 5n, unit: 60n, burst: 7, type: 'pkts' } })
    .add('set', {
      ...concatenated,
      name: 'forwards',
      flags: ['map'],
      id: 1,
      dataType: (7 << 6) | 13,
      dataLen: 8,
      userdata: setUserdata({ keyByteorder: 'none', dataByteorder: 'none', dataInterval: false, comment: 'a map' }),
    })
    .add('set', { ...concatenated, name: 'learned', flags: ['timeout', 'eval'], id: 2, timeout: 5000n, size: 65536 })
    .add('set', { ...concatenated, name: 'ranges', flags: ['interval', 'concat'], id: 3, fields: [1, 2] })
    .add('set', {
      ...addresses,
      name: 'counted',
      flags: ['timeout'],
      id: 4,
      expressions: [{ expr: 'counter' }, { expr: 'quota', bytes: 1000n }],
      policy: 'memory',
      gcInterval: 10_000,
    })
    .add('chain', { ...inTable, name: 'pre', type: 'nat', hook: { hook: 'prerouting', priority: -100 } })
    .add('chain', {
      ...inTable,
      name: 'in',
      type: 'filter',
      hook: { hook: 'input', priority: 0 },
      policy: 'drop',
      userdata: commentUserdata('a chain')!,
    })
    .add('chain', { ...inTable, name: 'sub' })
    .add('elements', {
      ...inTable,
      set: 'forwards',
      elements: [
        {
          key: Uint8Array.of(6, 0, 0, 0, 0, 80, 0, 0),
          data: { value: Uint8Array.of(192, 168, 1, 1, 31, 144, 0, 0) },
          userdata: commentUserdata('web')!,
        },
      ],
    })
    .add('elements', {
      ...inTable,
      set: 'ranges',
      elements: [{ key: Uint8Array.of(17, 0, 0, 0, 0, 80, 0, 0), keyEnd: Uint8Array.of(17, 0, 0, 0, 0, 90, 0, 0) }],
    })
    .add('elements', { ...inTable, set: 'counted', elements: [{ key: key(1) }, { flags: ['catchall'] }] })
    .add('elements', {
      ...inTable,
      set: 'learned',
      elements: [{ key: Uint8Array.of(17, 0, 0, 0, 0, 80, 0, 0), timeout: 60_000n }],
    })
    .add('rule', {
      ...inTable,
      chain: 'in',
      expressions: [{ expr: 'counter' }, drop],
      userdata: commentUserdata('ssh')!,
    })
}

test('a snapshot has everything, typed as it was written', () => {
  fresh((nftables) => {
    // nft 1.0.6 ends with an assertion when it is to list one of these.
    const connections = { ...inTable, name: 'conns', data: { expr: 'connlimit', count: 9, flags: ['inv'] } } as const
    nftables.commit(furnished().add('object', { ...connections, data: { ...connections.data, flags: ['inv'] } }))
    const { generation, tables, chains, sets, rules, objects } = nftables.snapshot(table)
    assert.equal(generation, nftables.generation())
    assert.deepEqual(
      tables.map(({ name, userdata }) => [name, commentOf({ userdata })]),
      [['t', 'ours']],
    )
    assert.deepEqual(
      chains.map(({ name, type, hook, policy, flags }) => ({ name, type, hook, policy, flags })),
      [
        { name: 'pre', type: 'nat', hook: { hook: 'prerouting', priority: -100 }, policy: 'accept', flags: ['base'] },
        { name: 'in', type: 'filter', hook: { hook: 'input', priority: 0 }, policy: 'drop', flags: ['base'] },
        { name: 'sub', type: undefined, hook: undefined, policy: undefined, flags: undefined },
      ],
    )
    assert.deepEqual(rules.map(commentOf), ['ssh'])
    assert.deepEqual(
      new Map(objects.map(({ name, data }) => [name, data])),
      new Map<string, object>([
        ['hits', { expr: 'counter', packets: 3n, bytes: 300n }],
        ['most', { expr: 'quota', bytes: 5000n, flags: ['inv'], consumed: 0n }],
        ['rate', { expr: 'limit', rate: 5n, unit: 60n, burst: 7, type: 'pkts', flags: [] }],
        ['conns', { expr: 'connlimit', count: 9, flags: ['inv'] }],
      ]),
    )
    const wanted = furnished()
      .operations.filter(({ kind }) => kind === 'set')
      .map(({ value }) => value as KernelSet)
    for (const { id: _, expressions, ...set } of wanted) {
      const found = sets.find(({ name }) => name === set.name)!
      const told = Object.keys(set).map((property) => [property, found[property as keyof KernelSet]])
      assert.deepEqual(Object.fromEntries(told), set)
      const kinds = (list: KernelSet['expressions']): string[] | undefined => list?.map(({ expr }) => expr)
      assert.deepEqual(kinds(found.expressions), kinds(expressions))
    }
  })
})

test('a snapshot has the elements of the sets that packets do not change, or of those asked for', () => {
  fresh((nftables) => {
    nftables.commit(furnished())
    const counts = (snapshot = nftables.snapshot(table)) =>
      Object.fromEntries(snapshot.sets.map(({ name, elements }) => [name, elements?.length]))
    assert.deepEqual(counts(), { forwards: 1, learned: undefined, ranges: 1, counted: 2 })
    const only = nftables.snapshot(table, { elements: ({ name }) => name === 'learned' })
    assert.deepEqual(counts(only), { forwards: undefined, learned: 1, ranges: undefined, counted: undefined })
    const [element] = only.sets.find(({ name }) => name === 'learned')!.elements!
    assert.equal(element?.timeout, 60_000n)
    assert.ok(element.expiration! <= 60_000n)
  })
})

test('a snapshot of a table that is not there is empty, and one of all has every family', () => {
  fresh((nftables) => {
    nftables.commit(
      new Batch()
        .add('table', table)
        .add('table', { family: 'ip6', name: 't' })
        .add('chain', { family: 'ip6', table: 't', name: 'c' }),
    )
    assert.deepEqual(nftables.snapshot({ family: 'ip', name: 't' }).tables, [])
    assert.deepEqual(nftables.snapshot(table).chains, [], 'that of ip6 is not ours')
    assert.deepEqual(
      nftables.snapshot().tables.map(({ family }) => family),
      ['inet', 'ip6'],
    )
  })
})

test('nft lists what was written as what was meant', { skip }, () => {
  const text = fresh((nftables, namespace) => {
    nftables.commit(furnished())
    return namespace.run(listing)
  })
  const expected = [
    'comment "ours"',
    'quota most {\n\t\tover 5000 bytes',
    'map forwards {\n\t\ttype inet_proto . inet_service : ipv4_addr . inet_service\n\t\tcomment "a map"\n\t\telements = { tcp . 80 comment "web" : 192.168.1.1 . 8080 }',
    'set learned {\n\t\ttype inet_proto . inet_service\n\t\tsize 65536\n\t\tflags dynamic,timeout\n\t\ttimeout 5s',
    'set ranges {\n\t\ttype inet_proto . inet_service\n\t\tflags interval\n\t\telements = { udp . 80-90 }',
    'chain in {\n\t\tcomment "a chain"\n\t\ttype filter hook input priority filter; policy drop;\n\t\tcounter packets 0 bytes 0 drop comment "ssh"',
  ]
  for (const part of expected) assert.ok(text.includes(part), `${part}\nis not in\n${text}`)
})

test('without the privilege, connect says what is missing and how to run it', () => {
  const here = new URL('../src/nftables.ts', import.meta.url).href
  const program = `import { connect } from '${here}'; try { connect() } catch (error) { console.log(error.name, error.message) }`
  const drop = [
    '--bounding-set=-net_admin',
    '--inh-caps=-net_admin',
    '--',
    process.execPath,
    '--input-type=module',
    '-e',
    program,
  ]
  const { stdout, stderr } = spawnSync('setpriv', drop, { encoding: 'utf8' })
  assert.match(stdout, /^NftablesUnavailable nftables: EPERM: this process lacks CAP_NET_ADMIN .*sudo/, stderr)
})

test('a quiet commit makes the change, names what is refused, and keeps to its generation', () => {
  fresh((nftables) => {
    nftables.commitQuietly(new Batch().add('table', table).add('set', addresses))
    const generation = nftables.generation()
    nftables.commitQuietly(new Batch().add('elements', { ...inTable, set: 'addresses', elements: [{ key: key(1) }] }), {
      generation,
    })
    assert.equal(nftables.elements({ ...inTable, name: 'addresses' }).length, 1)

    const wrong = new Batch().add('elements', { ...inTable, set: 'addresess', elements: [{ key: key(2) }] })
    assert.deepEqual(
      failuresOf(() => nftables.commitQuietly(wrong)).map(({ code, attribute }) => [code, attribute]),
      [['ENOENT', 'NFTA_SET_ELEM_LIST_SET']],
    )
    const late = new Batch().add('elements', { ...inTable, set: 'addresses', elements: [{ key: key(3) }] })
    assert.throws(() => nftables.commitQuietly(late, { generation }), GenerationChanged)
    assert.equal(nftables.elements({ ...inTable, name: 'addresses' }).length, 1)
  })
})
