import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Lab, runningLabs, sandbox } from '../../src/index.ts'

await sandbox()

const found = (name: string): string[] | undefined =>
  runningLabs()
    .find((lab) => lab.name === name)
    ?.nodes.map((node) => node.name)

test('a lab with a name is found from outside, with nodes that came later, until it is disposed of', async () => {
  {
    await using lab = await Lab.create({ name: 'orchard' })
    lab.router('home').host('alice')
    await lab.ready()
    assert.deepEqual(found('orchard'), ['home', 'alice'])
    lab.server('late')
    await lab.ready()
    assert.deepEqual(found('orchard'), ['home', 'alice', 'late'])
  }
  assert.equal(found('orchard'), undefined)
})

test('a lab without a name is nobody’s business', async () => {
  await using lab = await Lab.create()
  lab.server('lonely')
  await lab.ready()
  assert.ok(!runningLabs().some(({ nodes }) => nodes.some(({ name }) => name === 'lonely')))
})
