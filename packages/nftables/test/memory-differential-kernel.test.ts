import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { NETLINK_NETFILTER, NetworkNamespace, openNetlink, sandbox } from '@sallyport/linux'
import fc from 'fast-check'
import { tableMessage } from '../src/messages/index.ts'
import { memoryKernel } from '../src/testing/index.ts'
import { cases, counting, questions } from './support/cases.ts'
import { filling, furnished, jumping, op, operations, probe, small } from './support/ops.ts'
import { type Op, Twin } from './support/twin.ts'

// The kernel in memory against the real one: the same batches go to both, and all that both say has to be the same.
// Offsets of faulty attributes, flags, handles, use counts, order of rules and of events included.

await sandbox()

/** More of them: DIFFERENTIAL_RUNS=1000 DIFFERENTIAL_SEED=7 node --test … */
const runs = (usual: number): number => Number(process.env.DIFFERENTIAL_RUNS ?? usual)
const seed = Number(process.env.DIFFERENTIAL_SEED ?? 1)

const namespace = NetworkNamespace.create()
after(() => namespace[Symbol.dispose]())

const open = (): Twin => new Twin(() => openNetlink(NETLINK_NETFILTER, { namespace }))

const clear: readonly Op[] = [
  op('destroytable', 0, tableMessage, { family: 'inet', name: 't' }),
  op('destroytable', 0, tableMessage, { family: 'ip', name: 't' }),
  op('destroytable', 0, tableMessage, { family: 'inet', name: 'missing' }),
  op('destroytable', 0, tableMessage, { family: 'inet', name: 'x'.repeat(255) }),
]

/** How many messages were compared, and how many of them were refused. */
interface Tally {
  messages: number
  refusals: number
}

function compare(batches: readonly (readonly Op[])[], tally: Tally): void {
  const kernel = memoryKernel()
  using real = open()
  using memory = new Twin(() => kernel.open())
  real.batch(clear)
  for (const batch of batches) {
    const wanted = real.batch(batch)
    assert.deepEqual(memory.batch(batch), wanted)
    assert.deepEqual(memory.content(), real.content())
    tally.messages += batch.length
    tally.refusals += wanted.refusals.length
  }
}

/** Compares random sequences of batches that begin with `first`; of those compared, some have to be refused. */
function agree(first: readonly (readonly Op[])[], batch: fc.Arbitrary<Op[]>, numRuns: number): void {
  const tally: Tally = { messages: 0, refusals: 0 }
  const batches = fc.array(batch, { minLength: 1, maxLength: 12 })
  fc.assert(
    fc.property(batches, (more) => compare([...first, ...more], tally)),
    { numRuns, seed },
  )
  assert.ok(tally.refusals > 0 && tally.refusals < tally.messages)
}

test('random changes of everything', () => {
  using real = open()
  const withFlowtables = real.batch(probe).refusals.length === 0
  agree([furnished], operations(withFlowtables), runs(60))
})

test('random changes where little is there yet', () => agree([], operations(false), runs(40)))

test('jumps that go too deep', () => agree([furnished], jumping, runs(50)))

test('elements that clash, overlap and find no room', () => agree([furnished, small], filling, runs(50)))

for (const [name, batches] of Object.entries(cases)) {
  test(`in particular: ${name}`, () => compare(batches, { messages: 0, refusals: 0 }))
}

test('a batch without an end, and one for another generation, change nothing', () => {
  const kernel = memoryKernel()
  using real = open()
  using memory = new Twin(() => kernel.open())
  real.batch(clear)
  for (const options of [{ complete: false }, { generation: 4_000_000_000 }]) {
    const wanted = real.batch(furnished, options)
    assert.deepEqual(memory.batch(furnished, options), wanted)
    assert.deepEqual(memory.content(), real.content())
  }
})

test('questions about one thing, and resets', () => {
  const kernel = memoryKernel()
  using real = open()
  using memory = new Twin(() => kernel.open())
  real.batch([...clear, ...furnished, ...counting])
  memory.batch([...furnished, ...counting])
  for (const question of questions) assert.deepEqual(memory.ask(question), real.ask(question), question.says)
  assert.deepEqual(memory.content(), real.content())
})
