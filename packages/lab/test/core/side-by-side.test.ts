import assert from 'node:assert/strict'
import test from 'node:test'
import { sandbox } from '@sallyport/linux'
import { Lab } from '../../src/lab.ts'
import { seenFrom } from './seen.ts'

await sandbox()

test('eight labs side by side have the same addresses, and do not hear each other', async () => {
  await using labs = new AsyncDisposableStack()
  const rigs = await Promise.all(
    Array.from({ length: 8 }, async (_, n) => {
      const lab = labs.use(await Lab.create())
      const server = lab.server('server')
      const router = lab.router('home', { nat: n % 2 === 0 ? 'home' : 'full-cone' })
      return { server, router, host: router.host('alice') }
    }),
  )
  const addresses = rigs.map(({ server, router, host }) => [server.address, router.external[0], host.address].join())
  assert.equal(new Set(addresses).size, 1)
  const boxes = await Promise.all(rigs.map(({ server }) => server.mailbox({ port: 6000 })))
  const sender = await rigs[3]!.host.mailbox()
  await sender.send('to the fourth', { address: rigs[3]!.server.address, port: 6000 })
  await boxes[3]!.receive()
  await Promise.all(boxes.filter((_, n) => n !== 3).map((box) => box.expectNothing({ within: 50 })))
  const seen = await Promise.all(rigs.map(({ host, server }) => seenFrom(host, server)))
  assert.ok(seen.every(({ address }) => address === rigs[0]!.router.external[0]))
})
