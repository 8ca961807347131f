import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  additionalAddressFamily,
  data,
  dontFragment,
  requestedTransport,
  xorPeerAddress,
} from '../../src/stun/index.ts'
import type { Client } from '../../src/turn/server/index.ts'
import { alice, overTcp, World } from './support/world.ts'

const four = { address: '192.0.2.1', port: 7 }
const six = { address: '2001:db8::7', port: 7 }
const fromSix: Client = { ...alice, remote: { address: '2001:db8::5', port: 5000 } }
const overTcpFromSix: Client = { ...fromSix, transport: 'tcp' }

/** Whether what goes to an IPv4 and to an IPv6 peer has DF, when the client wants it. */
function forbidden(from: Client, wanted: readonly (typeof flag)[] = [flag]): boolean[] {
  const world = new World()
  world.ask('allocate', [requestedTransport.of(17), additionalAddressFamily.of(6)], { from })
  for (const peer of [four, six]) {
    world.ask('createPermission', [xorPeerAddress.of(peer)], { from })
    world.indicate('send', [xorPeerAddress.of(peer), ...wanted, data.of(new Uint8Array(3))], from)
  }
  return world.relays.sent.map((each) => each.dontFragment)
}

const flag = dontFragment.of(true)

test('from UDP, DONT-FRAGMENT counts where both sides are IPv4; from a stream it always does', () => {
  assert.deepEqual(forbidden(alice), [true, false])
  assert.deepEqual(forbidden(fromSix), [false, false])
  assert.deepEqual(forbidden(overTcp), [true, true])
  assert.deepEqual(forbidden(overTcpFromSix), [true, true])
})

test('who does not ask for it gets datagrams that may be cut up', () => {
  for (const from of [alice, fromSix, overTcp]) assert.deepEqual(forbidden(from, []), [false, false])
})
