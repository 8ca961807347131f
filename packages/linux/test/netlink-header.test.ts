import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Malformed, Writer } from '../src/bytes/index.ts'
import * as header from '../src/netlink/header.ts'
import { encodeMessage, parseMessages, writeMessage } from '../src/netlink/header.ts'
import { assertBytes, assertUapi, hex, survivesRandomBytes } from '../src/testing/index.ts'

const two = hex`
  15 00 00 00              | nlmsg_len    21: header and five bytes
  10 00                    | nlmsg_type   RTM_NEWLINK
  05 06                    | nlmsg_flags  REQUEST ACK CREATE EXCL
  07 00 00 00              | nlmsg_seq    7
  00 00 00 00              | nlmsg_pid
  01 02 03 04 05 00 00 00  | body, padded
  10 00 00 00              | nlmsg_len    16: nothing but the header
  03 00  02 00             | nlmsg_type   NLMSG_DONE, nlmsg_flags MULTI
  08 00 00 00  d2 04 00 00 | nlmsg_seq 8, nlmsg_pid 1234
`

test('messages are written one behind the other, each padded to four bytes', () => {
  const out = new Writer()
  writeMessage(out, { type: 16, flags: 0x605, sequence: 7, body: Uint8Array.of(1, 2, 3, 4, 5) })
  writeMessage(out, { type: 3, flags: 2, sequence: 8, portId: 1234, body: () => {} })
  assertBytes(out.finish(), two)
})

test('a body can be written in place, and counts into the length', () => {
  const body = Uint8Array.of(9, 8, 7)
  const message = { type: 20, flags: 1, sequence: 3 }
  assertBytes(encodeMessage({ ...message, body: (out) => out.bytes(body) }), encodeMessage({ ...message, body }))
})

test('the messages of a datagram are read with their headers, and bodies without the padding', () => {
  assert.deepEqual(
    [...parseMessages(two)],
    [
      { type: 16, flags: 0x605, sequence: 7, portId: 0, body: Uint8Array.of(1, 2, 3, 4, 5) },
      { type: 3, flags: 2, sequence: 8, portId: 1234, body: new Uint8Array() },
    ],
  )
})

test('lengths that do not add up are refused, wherever the datagram is cut', () => {
  const whole = [21, 22, 23, 24] // the first message with some of its padding
  for (let length = 1; length < two.length; length++) {
    const read = (): unknown => [...parseMessages(two.subarray(0, length))]
    if (whole.includes(length)) assert.doesNotThrow(read)
    else assert.throws(read, Malformed, `${length} bytes`)
  }
})

test('a message shorter than its header is refused instead of being read for ever', () => {
  const bytes = Uint8Array.from(two)
  bytes[0] = 0
  assert.throws(() => [...parseMessages(bytes)], /claims 0 of 40 bytes/)
})

survivesRandomBytes('nlmsghdr', (bytes) => [...parseMessages(bytes)], { golden: [two] })

const { NLMSG_HDRLEN, ...constants } = header
const numbers = Object.entries(constants).flatMap(([name, value]) => (typeof value === 'number' ? [[name, value]] : []))

assertUapi('linux/netlink.h', Object.fromEntries(numbers))

test('the header has the size of struct nlmsghdr', () => {
  assert.equal(encodeMessage({ type: 1, flags: 0, sequence: 0, body: () => {} }).length, NLMSG_HDRLEN)
})
