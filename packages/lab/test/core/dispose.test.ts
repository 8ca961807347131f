import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import { Lab, sandbox } from '../../src/index.ts'

await sandbox()

test('a lab ends although one of its connections cannot, since its other end is behind a link that is gone', async () => {
  const lab = await Lab.create()
  const [one, two] = [lab.server('one'), lab.server('two')]
  const listener = await two.tcpListen({ port: 80 })
  const accepted = once(listener, 'connection')
  await one.tcpConnect({ to: { address: two.address, port: 80 } })
  await accepted
  await one.linkDown()
  const begin = performance.now()
  await lab[Symbol.asyncDispose]()
  assert.ok(performance.now() - begin < 5000)
})
