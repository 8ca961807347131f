import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ackDetails, isAck, parseAck } from '../src/netlink/ack.ts'
import { parseMessages } from '../src/netlink/header.ts'
import { assertUapi, codecTests, hex, survivesRandomBytes } from '../src/testing/index.ts'

const one = (datagram: Uint8Array): ReturnType<typeof parseAck> => parseAck([...parseMessages(datagram)][0]!)

const success = hex`
  24 00 00 00  02 00 00 01  05 00 00 00  d2 04 00 00 | NLMSG_ERROR, CAPPED, sequence 5
  00 00 00 00                                        | error 0
  20 00 00 00  10 00 05 00  05 00 00 00  00 00 00 00 | the request's header: 32 bytes, RTM_NEWLINK
`

const refused = hex`
  3c 00 00 00  02 00 00 03  05 00 00 00  d2 04 00 00 | NLMSG_ERROR, CAPPED and ACK_TLVS
  fe ff ff ff                                        | error -2: ENOENT
  20 00 00 00  06 0a 05 00  05 00 00 00  00 00 00 00 | the request's header: NFT_MSG_NEWRULE
  0d 00 01 00  6e 6f 20 63 68 61 69 6e 00 00 00 00   | NLMSGERR_ATTR_MSG   'no chain'
  08 00 02 00  1c 00 00 00                           | NLMSGERR_ATTR_OFFS  28
`

const echoed = hex`
  34 00 00 00  02 00 00 02  05 00 00 00  d2 04 00 00 | NLMSG_ERROR, ACK_TLVS without CAPPED
  ea ff ff ff                                        | error -22: EINVAL
  16 00 00 00  10 00 05 00  05 00 00 00  00 00 00 00 | the request's header: 22 bytes
  01 02 03 04 05 06 00 00                            | the request's body, padded
  08 00 05 00  03 00 00 00                           | NLMSGERR_ATTR_MISS_TYPE  3
`

const done = hex`
  14 00 00 00  03 00 02 00  06 00 00 00  d2 04 00 00 | NLMSG_DONE, MULTI
  f0 ff ff ff                                        | status -16: EBUSY
`

test('an acknowledgement says that nothing is wrong', () => {
  assert.deepEqual(one(success), { sequence: 5, errno: 0, requestType: 16 })
})

test('a refusal carries errno, the kernel’s words and where the attribute is', () => {
  assert.deepEqual(one(refused), { sequence: 5, errno: 2, requestType: 0x0a06, message: 'no chain', offset: 28 })
})

test('an echoed request stands between the error and its details', () => {
  assert.deepEqual(one(echoed), { sequence: 5, errno: 22, requestType: 16, missingType: 3 })
})

test('the end of a dump may be a refusal, too', () => {
  assert.deepEqual(one(done), { sequence: 6, errno: 16 })
})

test('only NLMSG_ERROR and NLMSG_DONE are acknowledgements', () => {
  const types = [1, 2, 3, 4, 16].filter((type) =>
    isAck({ type, flags: 0, sequence: 1, portId: 0, body: new Uint8Array() }),
  )
  assert.deepEqual(types, [2, 3])
})

codecTests(ackDetails, {
  examples: [
    {
      value: { message: 'no', offset: 28, cookie: Uint8Array.of(1), missingType: 4, missingNest: 20 },
      bytes: hex`
        07 00 01 00  6e 6f 00 00 | NLMSGERR_ATTR_MSG        'no'
        08 00 02 00  1c 00 00 00 | NLMSGERR_ATTR_OFFS       28
        05 00 03 00  01 00 00 00 | NLMSGERR_ATTR_COOKIE
        08 00 05 00  04 00 00 00 | NLMSGERR_ATTR_MISS_TYPE  4
        08 00 06 00  14 00 00 00 | NLMSGERR_ATTR_MISS_NEST  20
      `,
    },
  ],
})

assertUapi('linux/netlink.h', ackDetails.macros)

survivesRandomBytes('NLMSG_ERROR', (body) => parseAck({ type: 2, flags: 0x200, sequence: 1, portId: 0, body }), {
  golden: [success, refused, echoed].map((datagram) => datagram.subarray(16)),
})
survivesRandomBytes('NLMSG_DONE', (body) => parseAck({ type: 3, flags: 0x200, sequence: 1, portId: 0, body }), {
  golden: [done.subarray(16)],
})
