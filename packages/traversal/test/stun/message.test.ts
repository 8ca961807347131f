import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  type Attached,
  decodeMessage,
  encodeMessage,
  fingerprint,
  HEADER_LENGTH,
  lifetime,
  methods,
} from '../../src/stun/index.ts'

const header = { class: 'request', method: methods.allocate, transaction: new Uint8Array(12) } as const

function strange(type: number, length = 0): Attached {
  return { type, name: 'STRANGE', write: () => new Uint8Array(length).fill(7) }
}

test('what has to be understood has a number below 0x8000; each one that is not is named once', () => {
  const attributes = [0x7fff, 0x8000, 0x7fff, 0x0001, 0xffff].map((type) => strange(type))
  const message = decodeMessage(encodeMessage(header, [...attributes, lifetime.of(1)]))!
  assert.deepEqual(message.unknown(new Set([lifetime.type])), [0x7fff, 0x0001])
})

test('padding is written as zeros and read as whatever it is', () => {
  for (const length of [1, 2, 3, 4, 5]) {
    const bytes = encodeMessage(header, [strange(0x8000, length), lifetime.of(1)])
    const end = HEADER_LENGTH + 4 + length
    const next = HEADER_LENGTH + 4 + ((length + 3) & ~3)
    assert.deepEqual(bytes.subarray(end, next), new Uint8Array(next - end))
    bytes.fill(0xff, end, next)
    const message = decodeMessage(bytes)!
    assert.equal(message.places[0]?.length, length)
    assert.equal(message.get(lifetime), 1)
  }
})

test('a fingerprint that is not the last attribute makes a message none', () => {
  const bytes = encodeMessage(header, [], [fingerprint])
  assert.ok(decodeMessage(bytes))
  const longer = Buffer.concat([bytes, encodeMessage(header, [lifetime.of(1)]).subarray(HEADER_LENGTH)])
  longer.writeUInt16BE(longer.length - HEADER_LENGTH, 2)
  assert.equal(decodeMessage(longer), undefined)
})
