import assert from 'node:assert/strict'
import { closeSync } from 'node:fs'
import { test } from 'node:test'
import { decodeCard, encodeCard, MAGIC } from '../../src/registry/card.ts'
import { findNode, NotRunning, Registration, type RunningLab, runningLabs } from '../../src/registry/index.ts'
import { namelessFile } from '../../src/registry/nameless.ts'
import { ownPid } from '../../src/registry/proc.ts'

const own = (): RunningLab[] => runningLabs().filter(({ pid }) => pid === ownPid())

test('a lab is found while it is registered, with the nodes it has at the time', async () => {
  const nodes = [{ name: 'alice', fd: 17 }]
  {
    using registration = new Registration('house', () => nodes)
    assert.deepEqual(own(), [{ name: 'house', nodes: [{ name: 'alice', fd: 17 }], pid: ownPid() }])
    assert.equal(registration.id, `house@${ownPid()}`)
    nodes.push({ name: 'bob', fd: 18 })
    registration.changed()
    registration.changed()
    await Promise.resolve()
    assert.deepEqual(
      own().map((lab) => lab.nodes.map(({ name }) => name)),
      [['alice', 'bob']],
    )
  }
  assert.deepEqual(own(), [])
})

test('what changed just before the end does not bring a lab back', async () => {
  const registration = new Registration('house', () => [])
  registration.changed()
  registration[Symbol.dispose]()
  registration[Symbol.dispose]()
  await Promise.resolve()
  assert.deepEqual(own(), [])
})

test('two labs of one process are two', () => {
  using _one = new Registration('one', () => [])
  using _two = new Registration('two', () => [])
  assert.deepEqual(
    own().map(({ name }) => name),
    ['one', 'two'],
  )
})

test('other nameless files are not labs, whatever is in them', () => {
  const wrong = [
    '',
    'x',
    MAGIC,
    `${MAGIC}{`,
    `${MAGIC}null`,
    `${MAGIC}{"name":"x"}`,
    `${MAGIC}{"name":"x","nodes":[{}]}`,
  ]
  const files = wrong.map(namelessFile)
  assert.deepEqual(own(), [])
  files.forEach(closeSync)
})

test('a card is read as it was written', () => {
  const card = { name: 'house "1"\n', nodes: [{ name: '東京', fd: 3 }] }
  assert.deepEqual(decodeCard(encodeCard(card)), card)
})

const lab = (name: string, pid: number, ...nodes: string[]): RunningLab => ({
  name,
  pid,
  nodes: nodes.map((node, index) => ({ name: node, fd: index })),
})
const labs = [lab('house', 10, 'alice', 'bob'), lab('hotel', 20, 'bob'), lab('hotel', 30, 'carol', 'bob')]

test('a node is found by its name alone where one lab has it, and with the name, process or both of its lab', () => {
  assert.equal(findNode(labs, 'alice').pid, 10)
  assert.equal(findNode(labs, 'carol', 'hotel').pid, 30)
  assert.equal(findNode(labs, 'bob', 'house').pid, 10)
  assert.equal(findNode(labs, 'bob', '20').pid, 20)
  assert.equal(findNode(labs, 'bob', 'hotel@30').pid, 30)
})

/** What is asked, and what is said. */
const notFound: readonly (readonly [args: Parameters<typeof findNode>, says: RegExp])[] = [
  [[[], 'alice'], /no lab is running; start one with: sallyport lab run TOPOLOGY/],
  [[labs, 'bob'], /3 labs have a node 'bob'; say which: --lab house@10 or hotel@20 or hotel@30/],
  [[labs, 'alice', 'motel'], /no lab 'motel' is running; running: house@10, hotel@20, hotel@30/],
  [[labs, 'alice', 'hotel'], /there is no node 'alice'; there are\nhotel@20: bob\nhotel@30: carol, bob/],
]

for (const [args, says] of notFound) {
  test(`what is not there is told with what is: ${says.source}`, () => {
    assert.throws(
      () => findNode(...args),
      (error: unknown) => error instanceof NotRunning && says.test(error.message),
    )
  })
}
