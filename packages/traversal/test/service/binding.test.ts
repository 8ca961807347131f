import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AnswerCells } from '../../src/datapath/index.ts'
import { answerBinding } from '../../src/service/binding.ts'
import {
  type Attached,
  checkFingerprint,
  decodeMessage,
  encodeMessage,
  errorCode,
  fingerprint,
  type Message,
  nonce,
  realm,
  unknownAttributes,
  userhash,
  username,
  xorMappedAddress,
} from '../../src/stun/index.ts'

const remote = { address: '192.0.2.7', port: 4711 }
const client = { transport: 'tcp', remote, local: { address: '192.0.2.1', port: 3478 } } as const

function ask(method: 1 | 3, attributes: Attached[] = [], seals: Parameters<typeof encodeMessage>[2] = []) {
  const header = { class: 'request', method, transaction: new Uint8Array(12) } as const
  const request = decodeMessage(encodeMessage(header, attributes, seals)) as Message
  const answer = answerBinding(request, client, new AnswerCells())
  return answer && decodeMessage(answer)
}

test('a binding by a stream is answered with where it came from, and with a fingerprint if it had one', () => {
  assert.deepEqual(ask(1)?.get(xorMappedAddress), remote)
  assert.equal(checkFingerprint(ask(1)!), 'absent')
  assert.equal(checkFingerprint(ask(1, [], [fingerprint])!), 'right')
})

test('credentials are let through unread', () => {
  const credentials = [username.of('alice'), userhash.of(new Uint8Array(32)), realm.of('r'), nonce.of('n')]
  assert.equal(ask(1, credentials)?.class, 'success')
})

test('an attribute that has to be understood and is not is refused: 420, by its number', () => {
  const answer = ask(1, [xorMappedAddress.of(remote)])
  assert.deepEqual([answer?.get(errorCode)?.code, answer?.get(unknownAttributes)], [420, [xorMappedAddress.type]])
})

test('another method gets no answer (RFC 8489 section 6.3)', () => {
  assert.equal(ask(3), undefined)
})
