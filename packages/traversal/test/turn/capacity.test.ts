import assert from 'node:assert/strict'
import { test } from 'node:test'
import { channelNumber, methods, requestedTransport, xorPeerAddress } from '../../src/stun/index.ts'
import { bytesInUse } from '../abuse/support/gc.ts'
import { Lodging } from './support/lodging.ts'

const COUNT = 10_000

test(`${COUNT} allocations in one server, and the memory back when they have ended`, (context) => {
  const lodging = new Lodging(COUNT)
  const fill = (): void => {
    for (let index = 0; index < COUNT; index += 1) {
      lodging.ask(index, methods.allocate, [requestedTransport.of(17)])
      const peer = xorPeerAddress.of({ address: `192.0.2.${1 + (index % 250)}`, port: 7 })
      lodging.ask(index, methods.channelBind, [channelNumber.of(0x4000), peer])
    }
  }
  fill() // code that is compiled and tables that have grown stay, once
  lodging.pass(600)
  assert.deepEqual([lodging.server.table.size, lodging.open.size], [0, 0])
  const empty = bytesInUse()
  fill()
  assert.deepEqual([lodging.server.table.size, lodging.open.size, lodging.refused], [COUNT, COUNT, 0])
  const full = bytesInUse()
  lodging.pass(600)
  assert.deepEqual([lodging.server.table.size, lodging.open.size], [0, 0])
  const after = bytesInUse()
  context.diagnostic(`${Math.round((full - empty) / COUNT)} bytes for each; ${after - empty} left of ${full - empty}`)
  assert.ok(after - empty < (full - empty) * 0.05, `${after - empty} of ${full - empty} bytes are left`)
})

test('one more than the server may have is refused, and has its turn when one has ended', () => {
  const lodging = new Lodging(10)
  for (let index = 0; index < 11; index += 1) lodging.ask(index, methods.allocate, [requestedTransport.of(17)])
  assert.deepEqual([lodging.server.table.size, lodging.refused], [10, 1])
  lodging.pass(600)
  lodging.ask(10, methods.allocate, [requestedTransport.of(17)])
  assert.equal(lodging.server.table.size, 1)
})
