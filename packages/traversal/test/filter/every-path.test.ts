import assert from 'node:assert/strict'
import { test } from 'node:test'
import { canonical } from '../../src/filter/index.ts'
import {
  additionalAddressFamily,
  alternateServer,
  channelNumber,
  data,
  decodeMessage,
  encodeMessage,
  errorCode,
  methods,
  requestedTransport,
  xorPeerAddress,
} from '../../src/stun/index.ts'
import { Redirector } from '../../src/turn/client/redirect.ts'
import type { Allocation } from '../../src/turn/server/index.ts'
import { alice, overTcp, World } from '../turn/support/world.ts'
import { forbidden, OWN4, OWN6 } from './forbidden.ts'

/** A server that was told nothing but its own addresses, and a client with relays of both families. */
function relayed(transport: 'udp' | 'tcp', filter = {}): { world: World; allocation: Allocation } {
  const world = new World({ filter: { allow: [], own: [OWN4, OWN6], ...filter } })
  const from = transport === 'udp' ? alice : overTcp
  const wants = [requestedTransport.of(transport === 'udp' ? 17 : 6), additionalAddressFamily.of(6)]
  assert.equal(world.ask('allocate', wants, { from })?.class, 'success')
  return { world, allocation: world.server.table.of(from)! }
}

/** A public server points at another one, under our own seal. */
function redirected(address: string): boolean {
  const server = { address: '8.8.4.4', port: 3478 }
  const options = { server, username: 'alice', password: 'x', random: (bytes: number) => new Uint8Array(bytes) }
  const header = { class: 'error', method: methods.allocate, transaction: new Uint8Array(12) } as const
  const message = decodeMessage(encodeMessage(header, [alternateServer.of({ address, port: 3478 })]))!
  return new Redirector(options).follow({ message, sealed: true }, 0) !== undefined
}

/** What a method makes of a peer: a code, or whether anything went through. Permissions are there, by whatever mistake. */
const paths: Record<string, (address: string) => unknown> = {
  CreatePermission: (address) => {
    const { world } = relayed('udp')
    return world.ask('createPermission', [xorPeerAddress.of({ address, port: 80 })])?.get(errorCode)?.code
  },
  'CreatePermission behind a good one': (address) => {
    const { world, allocation } = relayed('udp')
    const peers = ['8.8.8.8', address].map((each) => xorPeerAddress.of({ address: each, port: 80 }))
    const code = world.ask('createPermission', peers)?.get(errorCode)?.code
    assert.equal(allocation.permissions.size, code === undefined ? new Set(['8.8.8.8', canonical(address)]).size : 0)
    return code
  },
  ChannelBind: (address) => {
    const { world } = relayed('udp')
    const attributes = [channelNumber.of(0x4000), xorPeerAddress.of({ address, port: 80 })]
    return world.ask('channelBind', attributes)?.get(errorCode)?.code
  },
  Connect: (address) => {
    const { world } = relayed('tcp')
    const answer = world.ask('connect', [xorPeerAddress.of({ address, port: 80 })], { from: overTcp })
    const code = answer?.get(errorCode)?.code
    assert.equal(world.relays.connecting.length, code === 403 ? 0 : 1)
    return code
  },
  Send: (address) => {
    const { world, allocation } = relayed('udp')
    allocation.permit(canonical(address), world.now)
    world.indicate('send', [xorPeerAddress.of({ address, port: 80 }), data.of(new Uint8Array(1))])
    return world.relays.sent.length === 0 ? 403 : 'sent'
  },
  'what comes from a peer': (address) => {
    const { world, allocation } = relayed('udp')
    allocation.permit(canonical(address), world.now)
    const peer = { address, port: 80 }
    return world.server.fromPeer(allocation, peer, new Uint8Array(1), world.now) ? 'passed' : 403
  },
  'a connection that comes from a peer': (address) => {
    const { world, allocation } = relayed('tcp')
    allocation.permit(canonical(address), world.now)
    return world.server.attempted(allocation, { address, port: 80 }, world.now) === undefined ? 403 : 'passed'
  },
  'a redirection of our client': (address) => {
    if (address.includes(OWN4) || address === OWN6) return 403 // of the server, which is somebody else here
    return redirected(address) ? 'followed' : 403
  },
  'an ICMP error about a peer': (address) => {
    const { world, allocation } = relayed('udp')
    allocation.permit(canonical(address), world.now)
    const error = { type: 3, code: 3, data: 0 }
    return world.server.icmpFromPeer(allocation, { address, port: 80 }, error, world.now) ? 'passed' : 403
  },
}

test('there are many ways to write what is forbidden', () => {
  assert.ok(new Set(forbidden.map(([address]) => address)).size >= 60)
})

for (const [name, code] of Object.entries(paths)) {
  test(`${name}: every forbidden address is refused without a word of configuration`, () => {
    for (const [address, what] of forbidden) assert.equal(code(address), 403, `${address} (${what})`)
  })

  test(`${name}: public addresses of both families are let through`, () => {
    for (const address of ['8.8.8.8', '2a00:1450:4001::1', '64:ff9b::8.8.8.8', '::ffff:8.8.8.8']) {
      assert.notEqual(code(address), 403, address)
    }
  })
}

test('two clients of one server reach each other, and nothing else on its relay address', () => {
  const relays = [{ address: OWN4, min: 49_152, max: 65_535 }]
  const { world } = relayed('udp', { relays, listening: [{ address: OWN4, port: 50_001 }] })
  const bind = (port: number, number: number): number | undefined => {
    const attributes = [channelNumber.of(number), xorPeerAddress.of({ address: OWN4, port })]
    return world.ask('channelBind', attributes)?.get(errorCode)?.code
  }
  assert.equal(bind(49_152, 0x4000), undefined)
  assert.equal(bind(22, 0x4001), 403)
  assert.equal(bind(50_001, 0x4002), 403)
  assert.equal(world.ask('createPermission', [xorPeerAddress.of({ address: OWN4, port: 0 })])?.class, 'success')
  for (const port of [22, 49_151, 49_152, 65_535, 50_001]) {
    world.indicate('send', [xorPeerAddress.of({ address: OWN4, port }), data.of(new Uint8Array(1))])
  }
  assert.deepEqual(
    world.relays.sent.map(({ peer }) => peer.port),
    [49_152, 65_535],
  )
})
