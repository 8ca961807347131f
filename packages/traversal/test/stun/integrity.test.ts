import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { test } from 'node:test'
import {
  attribute,
  checkIntegrity,
  decodeMessage,
  encodeMessage,
  HEADER_LENGTH,
  hasIntegrity,
  integrity,
  lifetime,
  methods,
  software,
} from '../../src/stun/index.ts'

const header = { class: 'request', method: methods.allocate, transaction: new Uint8Array(12) } as const
const key = Buffer.from('a key of thirty-two bytes, or so')

/** Sealed with SHA-256 that is cut to so many bytes, as RFC 8489 section 14.6 says. */
function cut(length: number): Uint8Array {
  const placeholder = attribute<true>(0x001c, 'MESSAGE-INTEGRITY-SHA256', {
    encode: () => new Uint8Array(length),
    decode: () => true,
  })
  const bytes = encodeMessage(header, [lifetime.of(600), placeholder.of(true)])
  const covered = bytes.subarray(0, HEADER_LENGTH + 8)
  bytes.set(createHmac('sha256', key).update(covered).digest().subarray(0, length), HEADER_LENGTH + 12)
  return bytes
}

const lengths = [0, 4, 12, 15, 16, 20, 24, 28, 32]

test('SHA-256 integrity is whole where nobody allowed to cut it', () => {
  const good = lengths.filter((length) => checkIntegrity(decodeMessage(cut(length))!, key, 'sha256'))
  assert.deepEqual(good, [32])
})

test('a usage may allow to cut it: to whole words, and never below sixteen bytes', () => {
  for (const [shortest, want] of [
    [24, [24, 28, 32]],
    [16, [16, 20, 24, 28, 32]],
    [0, [16, 20, 24, 28, 32]],
  ] as const) {
    const good = lengths.filter((length) => checkIntegrity(decodeMessage(cut(length))!, key, 'sha256', shortest))
    assert.deepEqual(good, want)
  }
})

test('behind SHA-256 an integrity of SHA-1 does not count, nor does a second one of either', () => {
  const both = [integrity(key, 'sha256'), integrity(key, 'sha1')]
  const wrongWay = decodeMessage(encodeMessage(header, [lifetime.of(600)], both))!
  assert.deepEqual([hasIntegrity(wrongWay, 'sha256'), hasIntegrity(wrongWay, 'sha1')], [true, false])
  const twice = [integrity(key, 'sha1'), integrity(Buffer.from('another'), 'sha1')]
  const message = decodeMessage(encodeMessage(header, [lifetime.of(600)], twice))!
  assert.equal(message.places.length, 2)
  assert.ok(checkIntegrity(message, key, 'sha1'))
})

test('what stands between the two integrities does not count', () => {
  const first = encodeMessage(header, [lifetime.of(600)], [integrity(key, 'sha1')])
  const between = Buffer.concat([first, encodeMessage(header, [software.of('x')]).subarray(HEADER_LENGTH)])
  between.writeUInt16BE(between.length - HEADER_LENGTH, 2)
  const message = decodeMessage(integrity(key, 'sha256')(between))!
  assert.equal(message.has(software), false)
  assert.ok(checkIntegrity(message, key, 'sha256') && checkIntegrity(message, key, 'sha1'))
})
