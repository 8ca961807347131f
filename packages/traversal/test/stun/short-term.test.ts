import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  type Attached,
  checkShortTerm,
  decodeMessage,
  encodeMessage,
  type IntegrityAlgorithm,
  integrity,
  methods,
  type Seal,
  shortTermKey,
  username,
} from '../../src/stun/index.ts'

const header = { class: 'request', method: methods.binding, transaction: new Uint8Array(12) } as const
const key = shortTermKey('secret')
const named = [username.of('alice:bob')]
const passwordOf = (name: string): string | undefined => (name === 'alice:bob' ? 'secret' : undefined)

function verdict(attributes: readonly Attached[], seals: readonly Seal[]): number | IntegrityAlgorithm {
  const found = checkShortTerm(decodeMessage(encodeMessage(header, attributes, seals))!, passwordOf)
  return found.ok ? found.algorithm : found.code
}

test('without a name or without integrity: 400', () => {
  assert.equal(verdict(named, []), 400)
  assert.equal(verdict([], [integrity(key)]), 400)
})

test('a name that nobody has, or a wrong password: 401', () => {
  assert.equal(verdict([username.of('mallory')], [integrity(key)]), 401)
  assert.equal(verdict(named, [integrity(shortTermKey('guessed'))]), 401)
  assert.equal(verdict(named, [integrity(shortTermKey('guessed'), 'sha256')]), 401)
})

test('the answer is sealed as the request is, by the stronger one of two', () => {
  const [weak, strong] = [integrity(key, 'sha1'), integrity(key, 'sha256')]
  assert.deepEqual([verdict(named, [weak]), verdict(named, [strong])], ['sha1', 'sha256'])
  assert.equal(verdict(named, [weak, strong]), 'sha256')
  assert.equal(verdict(named, [weak, integrity(shortTermKey('guessed'), 'sha256')]), 401)
})
