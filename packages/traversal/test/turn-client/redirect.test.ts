import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  alternateDomain,
  alternateServer,
  type Endpoint,
  failure,
  lifetime,
  longTermKey,
  nonce,
  realm,
  username,
  xorRelayedAddress,
} from '../../src/stun/index.ts'
import type { TurnClientOptions } from '../../src/turn/client/index.ts'
import { Dialog } from './support/dialog.ts'
import { SERVER } from './support/net.ts'

const key = longTermKey({ username: 'alice', realm: 'r', password: 'secret' }, 'md5')
const other: Endpoint = { address: '203.0.113.2', port: 3478 }
const elsewhere = [failure(300), alternateServer.of(other)]

function challenged(options: Partial<TurnClientOptions> = {}): Dialog {
  const dialog = new Dialog(options)
  dialog.answer(dialog.next(), 'error', [failure(401), realm.of('r'), nonce.of('n')])
  return dialog
}

test('a redirection that is sealed is followed, from the beginning and with the same user', () => {
  const dialog = challenged()
  dialog.answer(dialog.next(), 'error', elsewhere, { key })
  assert.deepEqual(dialog.events, [{ type: 'redirected', server: other, domain: undefined }])
  dialog.machine.restart(other, dialog.now)
  dialog.poll()
  assert.deepEqual(dialog.said[0]?.to, other)
  const first = dialog.next()
  assert.equal(first.has(username), false)
  const challenge = [failure(401), realm.of('r'), nonce.of('m')]
  dialog.answer(first, 'error', challenge)
  assert.equal(dialog.said.length, 0, 'the first server is not listened to any more')
  dialog.speaker = other
  dialog.answer(first, 'error', challenge)
  dialog.answer(dialog.next(), 'success', [xorRelayedAddress.of({ ...other, port: 5 }), lifetime.of(600)], { key })
  assert.equal(dialog.machine.state, 'alive')
})

test('a redirection that nobody sealed is not followed, unless over TLS or when that is allowed', () => {
  for (const [options, followed] of [
    [{}, false],
    [{ transport: 'tcp' }, false],
    [{ transport: 'tls' }, true],
    [{ redirects: { unproven: true } }, true],
  ] as const) {
    const dialog = new Dialog(options)
    dialog.answer(dialog.next(), 'error', elsewhere)
    assert.equal(dialog.machine.state, followed ? 'redirected' : 'closed')
    assert.equal(dialog.closed?.error?.code, followed ? undefined : 300)
  }
})

test('over UDP, an unsealed redirection of a request that was sealed is as if it had never come', () => {
  const dialog = challenged()
  dialog.answer(dialog.next(), 'error', elsewhere)
  assert.equal(dialog.machine.state, 'allocating')
})

test('the caller decides about where it goes, and hears what the certificate has to be for', () => {
  const asked: unknown[] = []
  const allows = (server: Endpoint, domain: string | undefined): boolean => {
    asked.push([server, domain])
    return false
  }
  const dialog = new Dialog({ transport: 'tls', redirects: { allows } })
  dialog.answer(dialog.next(), 'error', [...elsewhere, alternateDomain.of('turn.example')])
  assert.deepEqual(asked, [[other, 'turn.example']])
  assert.deepEqual([dialog.machine.state, dialog.closed?.error?.code], ['closed', 300])
})

test('a server that was asked within five minutes is not asked again', () => {
  const dialog = new Dialog({ transport: 'tls' })
  dialog.answer(dialog.next(), 'error', [failure(300), alternateServer.of(SERVER)])
  assert.deepEqual([dialog.machine.state, dialog.closed?.error?.code], ['closed', 300])
})
