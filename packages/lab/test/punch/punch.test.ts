import assert from 'node:assert/strict'
import test from 'node:test'
import { sandbox } from '@sallyport/linux'
import { punch } from '../../src/punch/punch.ts'
import { internet } from './support.ts'

await sandbox()

test('two hosts behind home routers open a hole, and each reaches the other where the rendezvous saw it', async () => {
  await using net = await internet('home', 'home')
  const { ok, ms, a, b } = await punch({ ...net })
  assert.equal(ok, true)
  assert.ok(ms !== undefined && ms < 1000)
  assert.deepEqual(a.path, b.advertised)
  assert.deepEqual(b.path, a.advertised)
  assert.equal(a.same, true)
  assert.deepEqual(a.local, { address: net.a.address, port: 40000 })
})

test('a host behind a full cone answers a symmetric one where its probe came from, which no server ever saw', async () => {
  await using net = await internet('fullCone', 'symmetric')
  const { ok, a, b } = await punch({ ...net })
  assert.equal(ok, true)
  assert.equal(b.same, false)
  assert.equal(a.path?.address, b.advertised?.address)
  assert.notEqual(a.path?.port, b.advertised?.port)
})

test('a failure is believed because packets of the rendezvous come after the last probe', async () => {
  await using net = await internet('home', 'symmetric')
  const { ok, ms, controlled, a, b } = await punch({ ...net, probes: 3, interval: 20 })
  assert.deepEqual({ ok, ms, controlled }, { ok: false, ms: undefined, controlled: true })
  assert.deepEqual([a.heard, b.heard], [[], []])
  assert.deepEqual([a.sent, b.sent], [3, 3])
})

test('a host that UDP is blocked for is never seen, and nobody sends anything', async () => {
  await using net = await internet('home', 'udpBlocked')
  const { ok, controlled, a, b } = await punch({ ...net })
  assert.deepEqual({ ok, controlled }, { ok: false, controlled: true })
  assert.deepEqual([a.advertised?.port, b.advertised], [40000, undefined])
  assert.deepEqual([a.sent, b.sent], [0, 0])
})

test('whoever is first decides where one router remembers early probes', async () => {
  await using net = await internet('home', 'linux')
  const late = await punch({ ...net, first: 'a', port: 40001, probes: 3 })
  const early = await punch({ ...net, first: 'b', port: 40002 })
  assert.deepEqual([late.ok, early.ok], [false, true])
})

test('a silent rendezvous makes a failure one that is not believed', async () => {
  await using net = await internet('home', 'home')
  await net.rendezvous.first.close()
  const { ok, controlled } = await punch({ ...net })
  assert.deepEqual({ ok, controlled }, { ok: false, controlled: false })
})

test('over TCP two home routers let the SYNs of simultaneous open in, and both read each other', async () => {
  await using net = await internet('home', 'home')
  const { ok, a, b } = await punch({ ...net, protocol: 'tcp', stagger: 30 })
  assert.equal(ok, true)
  assert.deepEqual([a.path, b.path], [b.advertised, a.advertised])
})

test('over TCP a failure takes a repeated SYN, and is believed because the rendezvous is still reached', async () => {
  await using net = await internet('home', 'symmetric')
  const { ok, controlled, a, b } = await punch({ ...net, protocol: 'tcp' })
  assert.deepEqual({ ok, controlled, same: [a.same, b.same] }, { ok: false, controlled: true, same: [true, false] })
})
