import assert from 'node:assert/strict'
import test from 'node:test'
import { sandbox } from '@sallyport/linux'
import { Lab } from '../../src/lab.ts'
import { report } from '../../src/traffic/index.ts'
import { seenFrom } from './seen.ts'

await sandbox()

test('a router gets another NAT while it runs', async () => {
  await using lab = await Lab.create()
  const server = lab.server('server')
  const router = lab.router('home', { nat: 'port-restricted' })
  const host = router.host('alice')
  assert.equal((await seenFrom(host, server, { port: 4001 })).port, 4001)
  await router.setNat({ mapping: 'address-and-port-dependent', ports: { range: [30000, 30010] } })
  const { port } = await seenFrom(host, server, { port: 4002 })
  assert.ok(port >= 30000 && port <= 30010, `${port}`)
  await router.setNat('none')
  await using listening = await server.mailbox({ port: 5000 })
  await using box = await host.mailbox()
  await box.send('plain', { address: server.address, port: 5000 })
  assert.equal((await listening.receive()).from.address, host.address)
})

test('a NAT that is no NAT is refused, and the one before stays', async () => {
  await using lab = await Lab.create()
  const server = lab.server('server')
  const router = lab.router('home')
  const host = router.host('alice')
  await assert.rejects(router.setNat('none-such'), /no NAT preset 'none-such'/)
  assert.equal(router.nat, 'home')
  assert.equal((await seenFrom(host, server)).address, router.external[0])
})

test('a flushed NAT has forgotten its mapping', async () => {
  await using lab = await Lab.create()
  const server = lab.server('server')
  const router = lab.router('home', { nat: { mapping: 'address-and-port-dependent', ports: 'random' } })
  const host = router.host('alice')
  await using reflector = await server.reflector({ port: 3478 })
  await using box = await host.mailbox({ port: 4000 })
  const ports: number[] = []
  for (let round = 0; round < 4; round += 1) {
    ports.push((await report(box, reflector.endpoint)).source.port)
    ports.push((await report(box, reflector.endpoint)).source.port)
    await router.flush()
  }
  const pairs = [0, 2, 4, 6].map((at) => [ports[at], ports[at + 1]])
  for (const [first, second] of pairs) assert.equal(first, second, 'without a flush it is the same mapping')
  assert.ok(new Set(pairs.map(([first]) => first)).size > 1, `${ports}`)
})

test('a NAT that knows its hosts learns of a new one', async () => {
  await using lab = await Lab.create()
  const server = lab.server('server')
  const router = lab.router('home', { nat: 'dmz' })
  const host = router.host('alice')
  await using listening = await host.mailbox({ port: 5000 })
  await using box = await server.mailbox()
  await box.send('to the DMZ', { address: router.external[0]!, port: 5000 })
  assert.equal((await listening.receive()).payload.toString(), 'to the DMZ')
})
