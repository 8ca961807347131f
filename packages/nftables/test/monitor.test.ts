import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Message, parseMessages, SystemError, type Transport } from '@sallyport/linux'
import { hex, survivesRandomBytes } from '@sallyport/linux/testing'
import type { KernelRule } from '../src/messages/index.ts'
import { Commits, isAfter } from '../src/monitor/commits.ts'
import { decodeChange } from '../src/monitor/decode.ts'
import { mirror, monitor } from '../src/monitor/index.ts'
import { RuleOrder } from '../src/monitor/order.ts'
import { View } from '../src/monitor/view.ts'
import type { Snapshot } from '../src/transaction/index.ts'
import { generation as generationAnswer, nothing as nothingDumped, scripted } from './support/kernel.ts'

const nothing: Snapshot = { generation: 6, tables: [], chains: [], sets: [], rules: [], objects: [], flowtables: [] }

// As Linux 6.18 sends them.
const newTable = hex`
  34 00 00 00  00 0a 00 00  01 00 00 00  08 00 00 00 | NFT_MSG_NEWTABLE, sequence 1, of port id 8
  01 00 00 02                                        | inet, generation 2
  06 00 01 00  74 00 00 00                           | NFTA_TABLE_NAME     t
  08 00 03 00  00 00 00 00                           | NFTA_TABLE_USE      0
  08 00 02 00  00 00 00 00                           | NFTA_TABLE_FLAGS    none
  08 00 07 00  00 00 00 08                           | NFTA_TABLE_OWNER    8
`
const newGeneration = hex`
  2c 00 00 00  0f 0a 00 00  01 00 00 00  08 00 00 00 | NFT_MSG_NEWGEN
  00 00 00 02
  08 00 01 00  00 00 00 02                           | NFTA_GEN_ID         2
  08 00 02 00  00 00 6d e4                           | NFTA_GEN_PROC_PID   28132
  08 00 03 00  6e 66 74 00                           | NFTA_GEN_PROC_NAME  nft
`
const detached = hex`
  44 00 00 00  18 0a 00 00  01 00 00 00  08 00 00 00 | NFT_MSG_DELFLOWTABLE
  01 00 00 03
  06 00 01 00  74 00 00 00                           | NFTA_FLOWTABLE_TABLE      t
  06 00 02 00  66 00 00 00                           | NFTA_FLOWTABLE_NAME       f
  20 00 03 80                                        | NFTA_FLOWTABLE_HOOK
    08 00 01 00  00 00 00 00                         | NFTA_FLOWTABLE_HOOK_NUM      ingress
    08 00 02 00  00 00 00 00                         | NFTA_FLOWTABLE_HOOK_PRIORITY 0
    0c 00 03 80  07 00 01 00  6c 6f 31 00            | NFTA_FLOWTABLE_HOOK_DEVS     lo1
`
const deleted = hex`
  24 00 00 00  18 0a 00 00  01 00 00 00  08 00 00 00 | NFT_MSG_DELFLOWTABLE
  01 00 00 03
  06 00 01 00  74 00 00 00                           | NFTA_FLOWTABLE_TABLE      t
  06 00 02 00  66 00 00 00                           | NFTA_FLOWTABLE_NAME       f
`

const messageOf = (bytes: Uint8Array): Message => [...parseMessages(bytes)][0]!
const generation = (id: number): Message => {
  const message = messageOf(Uint8Array.from(newGeneration))
  new DataView(message.body.buffer, message.body.byteOffset).setUint32(8, id)
  return message
}

test('what comes before NFT_MSG_NEWGEN is what that generation changed', () => {
  const commits = new Commits({}, () => nothing)
  assert.equal(commits.take(messageOf(newTable)), undefined)
  assert.deepEqual(commits.take(messageOf(newGeneration)), {
    type: 'commit',
    generation: 2,
    process: { pid: 28132, name: 'nft' },
    changes: [{ op: 'add', kind: 'table', object: { family: 'inet', name: 't', use: 0, flags: [], owner: 8 } }],
  })
  assert.deepEqual(commits.take(messageOf(newGeneration)), {
    type: 'commit',
    generation: 2,
    process: { pid: 28132, name: 'nft' },
    changes: [],
  })
})

test('messages of other protocols, and of traces, are no changes', () => {
  const commits = new Commits({}, () => nothing)
  assert.equal(commits.take({ ...messageOf(newTable), type: 0x0100 }), undefined)
  assert.equal(commits.take({ ...messageOf(newTable), type: 0x0a11 }), undefined)
  assert.equal(commits.take({ ...messageOf(newGeneration), type: 0x010f }), undefined)
})

test('a filter that lets nothing of a commit through lets the commit not through either', () => {
  const other = new Commits({ tables: [{ family: 'ip', name: 't' }] }, () => nothing)
  other.take(messageOf(newTable))
  assert.equal(other.take(messageOf(newGeneration)), undefined)
  const kinds = new Commits({ kinds: ['rule'] }, () => nothing)
  kinds.take(messageOf(newTable))
  assert.equal(kinds.take(messageOf(newGeneration)), undefined)
  const same = new Commits({ tables: [{ family: 'inet', name: 't' }], kinds: ['table'] }, () => nothing)
  same.take(messageOf(newTable))
  assert.equal(same.take(messageOf(newGeneration))?.changes.length, 1)
})

test('after a resync, what belongs to generations of the snapshot is not told again', () => {
  const commits = new Commits({}, () => nothing)
  commits.take(messageOf(newTable))
  assert.deepEqual(commits.resync(), { type: 'resync', snapshot: nothing })
  commits.take(messageOf(newTable)) // the rest of a commit whose beginning was lost
  assert.equal(commits.take(generation(6)), undefined)
  commits.take(messageOf(newTable))
  const event = commits.take(generation(7))
  assert.ok(event?.type === 'commit')
  assert.deepEqual([event.generation, event.changes.length], [7, 1])
})

test('generations are compared over the end of 32 bits', () => {
  assert.equal(isAfter(2, 1), true)
  assert.equal(isAfter(1, 1), false)
  assert.equal(isAfter(1, 0xffffffff), true)
  assert.equal(isAfter(0xffffffff, 1), false)
})

test('what a flowtable stops listening to is told apart from its end', () => {
  assert.deepEqual(decodeChange(messageOf(detached)), {
    op: 'detach',
    kind: 'flowtable',
    object: { family: 'inet', table: 't', name: 'f', hook: { num: 0, priority: 0, devices: ['lo1'] } },
  })
  assert.deepEqual(decodeChange(messageOf(deleted)), {
    op: 'delete',
    kind: 'flowtable',
    object: { family: 'inet', table: 't', name: 'f' },
  })
})

test('a view follows a flowtable that gains and loses interfaces', () => {
  const object = {
    family: 'inet',
    table: 't',
    name: 'f',
    hook: { num: 0, priority: 0, devices: ['lo1', 'lo2'] },
  } as const
  const flowtable = { ...object, hook: { ...object.hook, devices: [...object.hook.devices] } }
  const view = new View({ ...nothing, flowtables: [flowtable] }, () => true)
  const more = { ...flowtable, hook: { num: 0, priority: 0, devices: ['lo3'] } }
  assert.equal(view.apply([{ op: 'add', kind: 'flowtable', object: more }]), true)
  assert.deepEqual(view.flowtables()[0]?.hook?.devices, ['lo3', 'lo1', 'lo2'])
  view.apply([decodeChange(messageOf(detached))])
  assert.deepEqual(view.flowtables()[0]?.hook?.devices, ['lo3', 'lo2'])
  view.apply([decodeChange(messageOf(deleted))])
  assert.deepEqual(view.flowtables(), [])
})

test('what cannot be decoded is handed over as it is, and makes a view uncertain', () => {
  const newer = { ...messageOf(newTable), type: 0x0aff }
  const change = decodeChange(newer)
  assert.deepEqual(change, { op: 'unknown', kind: 'unknown', message: 0xff, body: newer.body.slice() })
  assert.equal(new View(nothing, () => true).apply([change]), false)
  const broken = decodeChange({ ...messageOf(newTable), body: Uint8Array.of(99, 0, 0, 0) })
  assert.ok(broken.kind === 'unknown')
  assert.match(broken.reason!, /99 is none of/)
})

function rule(handle: bigint, position?: bigint): KernelRule {
  return { family: 'ip', table: 't', chain: 'c', expressions: [], handle, ...(position !== undefined && { position }) }
}

test('a rule behind one that is told of later waits for it', () => {
  const order = new RuleOrder([rule(1n), rule(2n)])
  const handles = (): bigint[] => order.rules.map(({ handle }) => handle!)
  order.apply({ op: 'add', kind: 'rule', object: rule(5n, 4n) })
  order.apply({ op: 'add', kind: 'rule', object: rule(4n, 3n) })
  assert.deepEqual([handles(), order.settled], [[1n, 2n], false])
  order.apply({ op: 'add', kind: 'rule', object: rule(3n, 1n) })
  assert.deepEqual([handles(), order.settled], [[1n, 3n, 4n, 5n, 2n], true])
})

test('a change of a chain that nobody told of makes a view uncertain', () => {
  const view = new View(nothing, () => true)
  assert.equal(view.apply([{ op: 'add', kind: 'rule', object: rule(1n) }]), false)
  assert.equal(view.apply([]), true)
})

/** A socket with these things queued, which is closed when they are read. */
function socketWith(...queue: (Uint8Array | SystemError)[]): Transport & { joined: number[] } {
  const joined: number[] = []
  return {
    portId: 1,
    joined,
    send: () => {},
    receive: () => {
      const next = queue.shift()
      if (next instanceof SystemError) throw next
      return next
    },
    wait: async () => queue.length > 0,
    join: (group) => joined.push(group),
    [Symbol.dispose]: () => {},
  }
}

/** A kernel with an empty ruleset at generation 5. */
const emptyKernel = (): Transport =>
  scripted(([about]) => ((about!.type & 0xff) === 16 ? generationAnswer(about!, 5) : [nothingDumped(about!)]))
    .connection.transport

test('sockets may be another kernel’s: events in their order, and behind what was queued a resync', async () => {
  const lost = new SystemError('recv', 105)
  const socket = socketWith(newTable, newGeneration, lost, newTable, newGeneration)
  const sockets = [socket, emptyKernel()]
  const seen: unknown[] = []
  for await (const event of monitor({ open: () => sockets.shift()! })) {
    seen.push(event.type === 'resync' ? ['resync', event.snapshot.generation] : [event.type, event.changes.length])
  }
  assert.deepEqual(seen, [
    ['commit', 1],
    ['commit', 1],
    ['resync', 5],
  ])
  assert.deepEqual(socket.joined, [7])
})

test('a mirror without a kernel', () => {
  const sockets = [socketWith(newTable, new SystemError('recv', 105)), emptyKernel()]
  using view = mirror({ open: () => sockets.shift()! })
  assert.deepEqual([view.generation, view.tables(), view.resyncs], [5, [], 1])
})

const types = [0, 2, 3, 5, 6, 8, 9, 11, 12, 14, 15, 18, 20, 22, 24, 31, 32, 99]
survivesRandomBytes(
  'changes',
  (bytes) => {
    const commits = new Commits({ tables: [{ family: 'inet', name: 't' }] }, () => nothing)
    const type = 0x0a00 + types[(bytes[0] ?? 0) % types.length]!
    const message: Message = { type, flags: 0, sequence: 1, portId: 1, body: bytes.subarray(1) }
    decodeChange(message)
    commits.take(message)
  },
  { golden: [newTable, newGeneration, detached].map((bytes) => bytes.subarray(15)) },
)
