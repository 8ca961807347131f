import assert from 'node:assert/strict'
import test from 'node:test'
import { sandbox } from '@sallyport/linux'
import { type BehaviourOptions, behaviour, presets } from '../../src/nat/index.ts'
import type { Cell } from '../../src/punch/cell.ts'
import { type Matrix, type MatrixOptions, runMatrix } from '../../src/punch/matrix.ts'
import { explainTheory } from '../../src/punch/theory.ts'

await sandbox()

/** Attempts are short: a probe that gets in does so within a millisecond, here. */
const quick = { trials: 2, probes: 3, interval: 30, staggers: [0, 40], parallel: 6 } as const satisfies MatrixOptions

function cellOf({ cells }: Matrix, a: string, b: string, stagger = 0): Cell {
  const found = cells.find((cell) => cell.a === a && cell.b === b && cell.stagger === stagger)
  assert.ok(found, `${a} × ${b}, ${stagger} ms`)
  return found
}

function differing({ cells }: Matrix): string[] {
  return cells.flatMap(({ a, b, stagger, theory, observed, agrees, explanation }) =>
    agrees ? [] : [`${a} × ${b}, ${stagger} ms: ${observed}, theory ${theory}: ${explanation?.what}`],
  )
}

test('nine NATs, every pair: each cell is as theory says', async () => {
  const names = [
    'fullCone',
    'addressRestricted',
    'home',
    'symmetric',
    'linux',
    'cgnat',
    'cloud',
    'oneToOne',
    'udpBlocked',
  ]
  const matrix = await runMatrix({ ...quick, presets: names })
  assert.equal(matrix.cells.length, 90)
  assert.deepEqual(differing(matrix), [])
  assert.equal(matrix.ok, true)
})

test('published rules fail as they do in reality, and work with the drop that they leave out', async () => {
  const [published, corrected] = [presets.portRestrictedPublished, presets.portRestrictedCorrected]
  const symmetric = presets.symmetricPublished
  const matrix = await runMatrix({ ...quick, presets: [published, corrected, symmetric, presets.dmzPublished] })
  assert.deepEqual(differing(matrix), [])
  const opened = (a: string, b: string): number[] => quick.staggers.map((stagger) => cellOf(matrix, a, b, stagger).open)
  assert.deepEqual(opened(published.name, published.name), [0, 0])
  assert.deepEqual(opened(published.name, corrected.name), [1, 2])
  assert.deepEqual(opened(corrected.name, corrected.name), [2, 2])
  assert.deepEqual(opened(corrected.name, symmetric.name), [0, 0])
  assert.deepEqual(opened('dmz-published', 'dmz-published'), [2, 2])
})

test('probes that cross on the way open what early ones break', async () => {
  const matrix = await runMatrix({ ...quick, presets: ['linux'], delay: 20, staggers: [0, 60] })
  const opened = matrix.cells.map(({ open, theory }) => ({ open, theory }))
  assert.deepEqual(opened, [
    { open: 2, theory: 'direct' },
    { open: 0, theory: 'none' },
  ])
})

test('a theory that is wrong is noticed, and the packet named that it forgot', async () => {
  const matrix = await runMatrix({
    ...quick,
    presets: ['home', 'linux'],
    staggers: [40],
    theory: (a, b, order) => explainTheory({ ...a, unsolicited: 'drop' }, { ...b, unsolicited: 'drop' }, order),
  })
  assert.equal(matrix.ok, false)
  const cell = cellOf(matrix, 'home', 'linux', 40)
  assert.deepEqual([cell.theory, cell.observed, cell.agrees], ['direct', 'none', false])
  const kept =
    /^a's probe 1, (\S+) → (\S+), was kept by home-b as a flow to itself; b's own probes left as (\S+) instead of (\S+), and home-a did not let them in$/
  const [, , external, moved, advertised] = kept.exec(cell.explanation!.what) ?? []
  assert.ok(external, cell.explanation!.what)
  assert.equal(advertised, external)
  assert.notEqual(moved, advertised)
  assert.ok(
    cell.explanation!.packets.some(
      (packet) => packet.startsWith("a's probe 1, ") && packet.endsWith("lost in the peer's router"),
    ),
  )
  assert.ok(cell.explanation!.flows.b.some((flow) => flow.endsWith(`→ ${external}, unanswered`)))
})

test('a NAT without words has no theory: what happens is all there is', async () => {
  const { rules } = presets.portRestrictedCorrected
  const matrix = await runMatrix({
    ...quick,
    presets: ['home', { name: 'mine', nat: { rules: rules! } }],
    staggers: [0],
  })
  const { theory, observed, agrees } = cellOf(matrix, 'home', 'mine')
  assert.deepEqual([theory, observed, agrees], [undefined, 'direct', true])
})

test('words that no preset has are as theory says too', async () => {
  const words = {
    // May have no other port: where an early probe has taken this one's tuple, nothing leaves any more.
    'strict and remembering': { unsolicited: 'remember' },
    // Answers a flow that came in although an older one leads to the same peer.
    'open symmetric': { mapping: 'address-and-port-dependent', filtering: 'endpoint-independent', ports: 'random' },
    'half open symmetric': { mapping: 'address-dependent', filtering: 'address-dependent', ports: 'sequential' },
  } as const satisfies Record<string, BehaviourOptions>
  const chosen = Object.entries(words).map(([name, nat]) => ({ name, nat, behaviour: behaviour(nat) }))
  const matrix = await runMatrix({ ...quick, presets: [...chosen, 'home', 'fullCone'] })
  assert.deepEqual(differing(matrix), [])
  const opened = quick.staggers.map((stagger) => cellOf(matrix, 'strict and remembering', 'full-cone', stagger).open)
  assert.deepEqual(opened, [1, 2])
  assert.equal(cellOf(matrix, 'open symmetric', 'home').open, 2)
  assert.equal(cellOf(matrix, 'half open symmetric', 'half open symmetric').open, 0)
})

test('over TCP five NATs are as theory says, plain Linux with itself among them', async () => {
  const names = ['addressRestricted', 'home', 'symmetric', 'linux', 'linuxDropping']
  const matrix = await runMatrix({ ...quick, presets: names, protocol: 'tcp', parallel: 8 })
  assert.deepEqual(differing(matrix), [])
  assert.equal(cellOf(matrix, 'linux', 'linux').open, 0)
  assert.equal(cellOf(matrix, 'linux', 'linux-dropping', 40).open, 2)
})
