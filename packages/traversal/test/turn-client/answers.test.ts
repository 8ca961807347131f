import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  attribute,
  channelNumber,
  data,
  encodeMessage,
  failure,
  lifetime,
  longTermKey,
  type Message,
  methods,
  nonce,
  realm,
  xorPeerAddress,
  xorRelayedAddress,
} from '../../src/stun/index.ts'
import type { TurnClientOptions } from '../../src/turn/client/index.ts'
import { Dialog } from './support/dialog.ts'
import { peerA, SERVER } from './support/net.ts'

const key = longTermKey({ username: 'alice', realm: 'r', password: 'secret' }, 'md5')
const granted = [xorRelayedAddress.of({ address: '203.0.113.1', port: 5 }), lifetime.of(600)]

/** A client that was asked for its password, and its request with it. */
function asked(options: Partial<TurnClientOptions> = {}): { dialog: Dialog; request: Message } {
  const dialog = new Dialog(options)
  dialog.answer(dialog.next(), 'error', [failure(401), realm.of('r'), nonce.of('n')])
  return { dialog, request: dialog.next() }
}

function alive(options: Partial<TurnClientOptions> = {}): Dialog {
  const { dialog, request } = asked(options)
  dialog.answer(request, 'success', granted, { key })
  return dialog
}

test('an answer to a sealed request counts when its seal is right, and is dropped else', () => {
  const { dialog, request } = asked()
  dialog.answer(request, 'success', granted)
  dialog.answer(request, 'success', granted, { key: key.map((byte) => byte ^ 1) })
  dialog.answer(request, 'success', granted, { key, algorithm: 'sha256' })
  dialog.answer(request, 'error', [failure(403)])
  dialog.answer(request, 'error', [failure(400)])
  assert.deepEqual([dialog.machine.state, dialog.machine.dropped], ['allocating', 5])
  dialog.answer(request, 'success', granted, { key })
  assert.equal(dialog.machine.state, 'alive')
})

test('over a stream an answer without the seal is the end, since no other one is coming', () => {
  const { dialog, request } = asked({ transport: 'tcp' })
  dialog.answer(request, 'success', granted)
  assert.equal(dialog.closed?.error?.trouble, 'integrity')
})

test('nothing counts that comes from elsewhere, twice, or for another request', () => {
  const { dialog, request } = asked()
  const header = { class: 'success', method: methods.allocate, transaction: request.transaction } as const
  const good = dialog.answer({ ...request, transaction: new Uint8Array(12) } as Message, 'success', granted, { key })
  dialog.hear(good, SERVER)
  dialog.hear(encodeMessage(header, granted), { ...SERVER, port: 3479 })
  dialog.hear(encodeMessage(header, granted), { ...SERVER, address: '203.0.113.2' })
  dialog.answer({ ...request, method: methods.refresh } as Message, 'success', granted, { key })
  assert.equal(dialog.machine.state, 'allocating')
  const right = dialog.answer(request, 'success', granted, { key })
  const { dropped } = dialog.machine
  dialog.hear(right)
  assert.equal(dialog.machine.dropped, dropped + 1)
  assert.equal(dialog.events.filter(({ type }) => type === 'allocated').length, 1)
})

test('a request over UDP is repeated with growing pauses, and given up after 39.5 seconds', () => {
  const dialog = new Dialog()
  const times: number[] = []
  for (let step = 0; step < 800; step += 1) {
    times.push(...dialog.said.splice(0).map(() => dialog.now - 1000))
    dialog.wait(50)
  }
  assert.deepEqual(times, [0, 500, 1500, 3500, 7500, 15_500, 31_500])
  assert.deepEqual([dialog.closed?.why, dialog.closed?.error?.trouble], ['refused', 'timeout'])
})

test('over a stream nothing is repeated', () => {
  const dialog = new Dialog({ transport: 'tls' })
  dialog.wait(60_000)
  assert.equal(dialog.said.length, 1)
  assert.equal(dialog.closed?.error?.trouble, 'timeout')
})

test('an answer with something in it that has to be understood and is not is a failure', () => {
  const { dialog, request } = asked()
  const strange = attribute<Uint8Array>(0x7abc, 'STRANGE', { encode: (bytes) => bytes, decode: (bytes) => bytes })
  dialog.answer(request, 'success', [...granted, strange.of(new Uint8Array(4))], { key })
  assert.equal(dialog.closed?.error?.trouble, 'malformed')
})

test('data of peers that nobody asked to hear of is dropped', () => {
  const dialog = alive()
  const header = { class: 'indication', method: methods.data, transaction: new Uint8Array(12) } as const
  dialog.hear(encodeMessage(header, [xorPeerAddress.of(peerA), data.of(Uint8Array.of(1))]))
  dialog.hear(Uint8Array.of(0x40, 0, 0, 1, 7)) // a channel that is not bound
  dialog.hear(Uint8Array.of(0x40, 0, 0, 9, 7)) // longer than it is
  assert.deepEqual([dialog.events.some(({ type }) => type === 'data'), dialog.machine.dropped], [false, 3])
})

test('data in a channel whose answer was lost is not lost: the server may have bound it already', () => {
  const dialog = alive()
  dialog.machine.channel(peerA, dialog.now)
  dialog.poll()
  const number = dialog.next().get(channelNumber)!
  dialog.hear(Uint8Array.of(number >> 8, number & 0xff, 0, 1, 7))
  const got = dialog.events.find((event) => event.type === 'data')
  assert.deepEqual([got?.peer, got?.bytes], [peerA, Uint8Array.of(7)])
})

test('a peer that had a channel gets the same number again, and nobody else does', () => {
  const dialog = alive()
  const numberFor = (port: number): number | undefined => {
    dialog.machine.channel({ ...peerA, port }, dialog.now)
    dialog.poll()
    const request = dialog.next()
    dialog.answer(request, 'success', [], { key })
    return request.get(channelNumber)
  }
  const first = numberFor(1)
  dialog.machine.unbind({ ...peerA, port: 1 }, dialog.now)
  dialog.wait(1000)
  assert.notEqual(numberFor(2), first)
  assert.equal(numberFor(1), first)
})

test('ChannelData is padded to four bytes over a stream, and not over UDP', () => {
  for (const [transport, length] of [
    ['tcp', 12],
    ['udp', 9],
  ] as const) {
    const dialog = alive({ transport })
    dialog.machine.channel(peerA, dialog.now)
    dialog.poll()
    dialog.answer(dialog.next(), 'success', [], { key })
    dialog.machine.send(new Uint8Array(5), peerA, dialog.now)
    dialog.poll()
    assert.deepEqual(
      dialog.said.map(({ bytes }) => [bytes.length, bytes[3]]),
      [[length, 5]],
    )
  }
})

test('what waits for a permission is bounded, and what was refused is no more', () => {
  const dialog = alive()
  const sent = Array.from({ length: 30 }, () => dialog.machine.send(Uint8Array.of(1), peerA, dialog.now))
  assert.equal(sent.filter(Boolean).length, 16)
  dialog.poll()
  dialog.answer(dialog.next(), 'error', [failure(403)], { key })
  const forbidden = dialog.events.find((event) => event.type === 'forbidden')
  assert.deepEqual([forbidden?.address, forbidden?.error.code], [peerA.address, 403])
  assert.equal(dialog.said.length, 0)
  assert.equal(dialog.machine.send(Uint8Array.of(1), peerA, dialog.now), false, 'not asked again at once')
  dialog.wait(6000)
  assert.equal(dialog.machine.send(Uint8Array.of(1), peerA, dialog.now), true)
})

test('one forbidden address does not take the others with it', () => {
  const dialog = alive()
  const addresses = ['192.0.2.1', '192.0.2.2', '192.0.2.3']
  dialog.machine.permit(addresses, dialog.now)
  dialog.poll()
  dialog.answer(dialog.next(), 'error', [failure(403)], { key })
  const alone = dialog.said.splice(0).map(({ message }) => message!)
  assert.equal(alone.length, 3)
  for (const request of alone) {
    const isBad = request.get(xorPeerAddress)?.address === '192.0.2.2'
    dialog.answer(request, isBad ? 'error' : 'success', isBad ? [failure(403)] : [], { key })
  }
  const said = dialog.events.flatMap((event) => ('address' in event ? [`${event.type} ${event.address}`] : []))
  assert.deepEqual(said.sort(), ['forbidden 192.0.2.2', 'permitted 192.0.2.1', 'permitted 192.0.2.3'])
})

test('an allocation that is left from before is given back first, once', () => {
  const { dialog, request } = asked()
  dialog.answer(request, 'error', [failure(437)], { key })
  const refresh = dialog.next()
  assert.deepEqual([refresh.method, refresh.get(lifetime)], [methods.refresh, 0])
  dialog.answer(refresh, 'success', [lifetime.of(0)], { key })
  const again = dialog.next()
  assert.equal(again.method, methods.allocate)
  dialog.answer(again, 'error', [failure(437)], { key })
  assert.equal(dialog.closed?.error?.code, 437)
})

test('quotas are said with what they mean', () => {
  for (const [code, words] of [
    [486, /this user has as many relays as one may have/],
    [508, /the server has nothing left/],
  ] as const) {
    const { dialog, request } = asked()
    dialog.answer(request, 'error', [failure(code)], { key })
    assert.deepEqual([dialog.closed?.why, dialog.closed?.error?.code], ['refused', code])
    assert.match(dialog.closed?.error?.message ?? '', words)
  }
})

test('release gives the allocation back, and is done when the server says so or says nothing', () => {
  const polite = alive()
  polite.machine.release(polite.now)
  polite.poll()
  const request = polite.next()
  assert.equal(request.get(lifetime), 0)
  polite.answer(request, 'success', [lifetime.of(0)], { key })
  assert.equal(polite.closed?.why, 'released')
  const silent = alive()
  silent.machine.release(silent.now)
  silent.wait(40_000)
  assert.equal(silent.closed?.why, 'released')
})
