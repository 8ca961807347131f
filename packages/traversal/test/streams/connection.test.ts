import assert from 'node:assert/strict'
import { test } from 'node:test'
import { closeDescriptor, sendBytes, streamPair } from '@sallyport/linux'
import fc from 'fast-check'
import { type Audience, Connection } from '../../src/streams/connection.ts'
import { Inbox } from '../../src/streams/inbox.ts'
import { Watch } from '../../src/streams/watch.ts'
import { encodeMessage, HEADER_LENGTH, LONGEST_FRAME } from '../../src/stun/index.ts'

const at = { address: '127.0.0.1', port: 1 }

/** What one connection tells of the pieces that are written to its other end. */
function told(pieces: readonly Uint8Array[]): { frames: Buffer[]; broken: number; ended: number } {
  using watch = new Watch(() => 0)
  const [client, fd] = streamPair()
  const seen = { frames: [] as Buffer[], broken: 0, ended: 0 }
  const audience: Audience = {
    inbox: new Inbox(),
    frame: (_, begin, length) =>
      seen.frames.push(Buffer.from(audience.inbox.buffer.bytes.slice(begin, begin + length))),
    told: () => {},
    broken: ({ stream }) => {
      seen.broken += 1
      stream.close()
    },
    ended: () => {
      seen.ended += 1
    },
  }
  new Connection({ transport: 'tcp', remote: at, local: at, fd }, watch, audience, 1 << 16, 0)
  for (const piece of pieces) {
    if (seen.ended === 0) sendBytes(client, piece)
    watch.turn(0)
    watch.turn(0)
  }
  closeDescriptor(client)
  for (let turn = 0; turn < 4; turn += 1) watch.turn(0)
  return seen
}

/** Cuts bytes where it is told to; no piece is more than the inbox takes at once. */
function cut(bytes: Uint8Array, places: readonly number[]): Uint8Array[] {
  const cuts = [...new Set(places.map((place) => place % (bytes.length + 1)))].sort((a, b) => a - b)
  const pieces = [0, ...cuts].map((begin, index) => bytes.subarray(begin, cuts[index] ?? bytes.length))
  return pieces.flatMap((piece) =>
    Array.from({ length: Math.ceil(piece.length / 60_000) }, (_, n) => piece.subarray(n * 60_000, (n + 1) * 60_000)),
  )
}

function channelData(length: number): Buffer {
  const bytes = Buffer.alloc(4 + length, length)
  bytes.writeUInt16BE(0x4000 + (length % 0x1000))
  bytes.writeUInt16BE(length, 2)
  return bytes
}

function message(words: number): Buffer {
  const bytes = Buffer.alloc(HEADER_LENGTH + 4 * words, words)
  Buffer.from(encodeMessage({ class: 'request', method: 1, transaction: new Uint8Array(12) }, [])).copy(bytes)
  bytes.writeUInt16BE(4 * words, 2)
  return bytes
}

const frame = fc.oneof(
  { weight: 8, arbitrary: fc.nat(300).map(channelData) },
  { weight: 4, arbitrary: fc.nat(70).map(message) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(channelData(65_535), channelData(65_534), message((LONGEST_FRAME - 20) / 4)),
  },
)
const padded = (bytes: Buffer): Buffer => Buffer.concat([bytes, Buffer.alloc(-bytes.length & 3)])

test('messages and channel data of any length, cut anywhere, are told of one by one and whole', () => {
  fc.assert(
    fc.property(fc.array(frame, { maxLength: 30 }), fc.array(fc.nat(1 << 20), { maxLength: 40 }), (frames, places) => {
      const { frames: got, broken, ended } = told(cut(Buffer.concat(frames.map(padded)), places))
      assert.deepEqual([got.length, broken, ended], [frames.length, 0, 1])
      for (const [index, each] of frames.entries()) assert.ok(each.equals(got[index]!))
    }),
    { numRuns: 200 },
  )
})

test('what begins no message breaks the stream, wherever it is cut, and what came before is told', () => {
  const nonsense = fc.constantFrom('80000000', '0001000121 12a442', '00010000000000000000', 'c0000000', '16030102')
  fc.assert(
    fc.property(fc.array(frame, { maxLength: 5 }), nonsense, fc.array(fc.nat(1 << 20)), (frames, hex, places) => {
      const bad = Buffer.from(hex.replaceAll(' ', ''), 'hex')
      const { frames: got, broken, ended } = told(cut(Buffer.concat([...frames.map(padded), bad]), places))
      assert.deepEqual([got.length, broken, ended], [frames.length, 1, 1])
    }),
    { numRuns: 200 },
  )
})

test('the longest message in pieces of one byte is a message', () => {
  const bytes = message((LONGEST_FRAME - 20) / 4)
  const { frames } = told(Array.from(bytes, (byte) => Uint8Array.of(byte)))
  assert.ok(frames.length === 1 && frames[0]!.equals(bytes))
})
