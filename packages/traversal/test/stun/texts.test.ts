import assert from 'node:assert/strict'
import { test } from 'node:test'
import { addressErrorCode, alternateDomain, nonce, realm, software, username } from '../../src/stun/index.ts'

const transaction = new Uint8Array(12)

test('texts are written as RFC 8489 bounds them, and read as RFC 5389 did', () => {
  for (const [attribute, most] of [
    [username, 508],
    [realm, 509],
    [nonce, 509],
    [software, 509],
  ] as const) {
    const { name } = attribute
    assert.equal(attribute.encode('a'.repeat(most), transaction).length, most, name)
    assert.throws(() => attribute.encode('a'.repeat(most + 1), transaction), RangeError, name)
    assert.equal(attribute.decode(Buffer.alloc(763, 'a'), transaction), 'a'.repeat(763), name)
    assert.equal(attribute.decode(Buffer.alloc(764, 'a'), transaction), undefined, name)
  }
  assert.equal(alternateDomain.decode(Buffer.alloc(256, 'a'), transaction), undefined)
})

test('an error about an address is one that an error may be, of one of two families', () => {
  const error = { family: 6, code: 440, reason: 'Address Family not Supported' } as const
  const bytes = addressErrorCode.encode(error, transaction)
  assert.deepEqual(addressErrorCode.decode(bytes, transaction), error)
  for (const [at, byte] of [
    [0, 3],
    [2, 7],
    [3, 100],
  ] as const) {
    const wrong = Uint8Array.from(bytes)
    wrong[at] = byte
    assert.equal(addressErrorCode.decode(wrong, transaction), undefined, `byte ${at}`)
  }
})
