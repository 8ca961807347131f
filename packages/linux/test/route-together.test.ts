import assert from 'node:assert/strict'
import test from 'node:test'
import { NetworkNamespace, Route, sandbox } from '@sallyport/linux'

await sandbox()

test('what is changed together has happened when the function has returned', () => {
  using namespace = NetworkNamespace.create()
  using route = Route.open({ namespace })
  route.together(() => {
    route.addVeth({ name: 'a', index: 10, up: true, peer: { name: 'b', index: 11 } })
    route.setLink(11, { up: true })
    route.addAddress(10, '10.0.0.1/24')
    route.addRoute({ to: '10.1.0.0/16', via: '10.0.0.2' })
  })
  assert.deepEqual(
    route.links().map(({ name, index }) => [name, index]),
    [
      ['lo', 1],
      ['a', 10],
      ['b', 11],
    ],
  )
  assert.ok(route.routes().some(({ to, via }) => to === '10.1.0.0/16' && via === '10.0.0.2'))
})

test('a question in between is asked after what stands before it', () => {
  using namespace = NetworkNamespace.create()
  using route = Route.open({ namespace })
  route.together(() => {
    route.addBridge({ name: 'bridge', index: 7 })
    assert.equal(route.link('bridge').index, 7)
    route.setLink('bridge', { up: true })
  })
  assert.equal(route.link('bridge').up, true)
})

test('the first refusal is thrown with its own name, and what stands behind it has happened', () => {
  using namespace = NetworkNamespace.create()
  using route = Route.open({ namespace })
  const attempt = (): void =>
    route.together(() => {
      route.addBridge({ name: 'one' })
      route.addAddress(99, '10.0.0.1/24')
      route.addBridge({ name: 'two' })
    })
  assert.throws(attempt, { code: 'ENODEV', operation: 'newaddr 10.0.0.1/24 on 99' })
  assert.deepEqual(
    route.links().map(({ name }) => name),
    ['lo', 'one', 'two'],
  )
  route.addBridge({ name: 'three' })
})

test('thousands are sent in as many datagrams as they need', () => {
  using namespace = NetworkNamespace.create()
  using route = Route.open({ namespace })
  route.setLink('lo', { up: true })
  route.together(() => {
    for (let n = 0; n < 1200; n += 1) route.addAddress(1, `10.0.${n >> 8}.${n & 255}/32`)
  })
  assert.equal(route.addresses().filter(({ address }) => address.startsWith('10.0.')).length, 1200)
})

test('what a function that throws has collected is not sent', () => {
  using namespace = NetworkNamespace.create()
  using route = Route.open({ namespace })
  assert.throws(() =>
    route.together(() => {
      route.addBridge({ name: 'one' })
      throw new Error('changed my mind')
    }),
  )
  assert.equal(route.links().length, 1)
})
