import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { Malformed, unknown } from '../src/bytes/index.ts'
import {
  COPY_MODES,
  configMessage,
  LOG_COMMANDS,
  LOG_FLAGS,
  type LogFlag,
  logConfig,
  NFULNL_MSG_CONFIG,
  NFULNL_MSG_PACKET,
} from '../src/nflog/config.ts'
import { CONNTRACK_INFO, decodePacket, type PacketAttributes, packetAttributes } from '../src/nflog/packet.ts'
import { packetTuple } from '../src/nflog/payload.ts'
import { assertUapi, codecTests, hex, survivesRandomBytes } from '../src/testing/index.ts'

describe('configuration', () => {
  codecTests(configMessage, {
    examples: [
      {
        name: 'a group is bound',
        value: {
          family: 0,
          version: 0,
          resourceId: 7,
          command: 'bind',
          mode: { range: 128, copy: 'packet' },
          bufferSize: 65536,
          timeout: 1,
          queueThreshold: 1,
          flags: new Set<LogFlag>(['sequence', 'conntrack']),
        },
        bytes: hex`
          00 00 00 07                              | nfgenmsg            AF_UNSPEC, group 7
          05 00 01 00  01 00 00 00                 | NFULA_CFG_CMD       NFULNL_CFG_CMD_BIND
          0a 00 02 00  00 00 00 80  02 00 00 00    | NFULA_CFG_MODE      128 bytes, NFULNL_COPY_PACKET
          08 00 03 00  00 01 00 00                 | NFULA_CFG_NLBUFSIZ  65536
          08 00 04 00  00 00 00 01                 | NFULA_CFG_TIMEOUT   10 ms
          08 00 05 00  00 00 00 01                 | NFULA_CFG_QTHRESH   1
          06 00 06 00  00 05 00 00                 | NFULA_CFG_FLAGS     NFULNL_CFG_F_SEQ, NFULNL_CFG_F_CONNTRACK
        `,
      },
    ],
  })
})

const payload = hex`
  45 00 00 1e  11 31 40 00  40 11 2b 9c  | IPv4, 30 bytes, udp
  7f 00 00 01  7f 00 00 01               | 127.0.0.1 → 127.0.0.1
  13 89 13 8a  00 0a fe 1d  68 69        | 5001 → 5002, "hi"
`

const known = hex`
  08 00 01 00  08 00 01 00               | NFULA_PACKET_HDR      IPv4, NF_INET_LOCAL_IN
  07 00 0a 00  78 20 00 00               | NFULA_PREFIX          "x "
  08 00 04 00  00 00 00 01               | NFULA_IFINDEX_INDEV   1
  08 00 02 00  00 00 00 2a               | NFULA_MARK            42
  10 00 08 00  00 06 00 00  02 00 00 00 00 01 00 00  | NFULA_HWADDR  6 bytes
  06 00 0f 00  03 04 00 00               | NFULA_HWTYPE          ARPHRD_LOOPBACK
  06 00 11 00  00 0e 00 00               | NFULA_HWLEN           14
  12 00 10 00  00 00 00 00 00 00  00 00 00 00 00 00  08 00 00 00  | NFULA_HWHEADER
  14 00 03 00  00 00 00 00 6b 00 ce 53  00 00 00 00 00 04 af 65   | NFULA_TIMESTAMP  s, µs
  08 00 0b 00  00 00 03 e8               | NFULA_UID             1000
  08 00 0e 00  00 00 03 e8               | NFULA_GID             1000
  08 00 0c 00  00 00 00 05               | NFULA_SEQ             5
  4c 00 12 80                            | NFULA_CT
    34 00 01 80                          |   CTA_TUPLE_ORIG
      14 00 01 80                        |     CTA_TUPLE_IP
        08 00 01 00  7f 00 00 01         |       CTA_IP_V4_SRC
        08 00 02 00  7f 00 00 01         |       CTA_IP_V4_DST
      1c 00 02 80                        |     CTA_TUPLE_PROTO
        05 00 01 00  11 00 00 00         |       CTA_PROTO_NUM       udp
        06 00 02 00  13 89 00 00         |       CTA_PROTO_SRC_PORT  5001
        06 00 03 00  13 8a 00 00         |       CTA_PROTO_DST_PORT  5002
    08 00 03 00  00 00 00 08             |   CTA_STATUS  confirmed
    0c 00 14 80  08 00 1e 00  00 00 00 01 |  CTA_TIMESTAMP with an attribute to come
  08 00 13 00  00 00 00 02               | NFULA_CT_INFO         IP_CT_NEW
  22 00 09 00                            | NFULA_PAYLOAD
    ${payload} 00 00
`

const tuple = {
  family: 'ipv4',
  source: '127.0.0.1',
  destination: '127.0.0.1',
  protocol: 'udp',
  sourcePort: 5001,
  destinationPort: 5002,
} as const

const values: PacketAttributes = {
  header: { etherType: 0x0800, hook: 1 },
  prefix: 'x ',
  inputInterface: 1,
  mark: 42,
  hardwareAddress: Uint8Array.of(2, 0, 0, 0, 0, 1),
  hardwareType: 772,
  hardwareHeaderLength: 14,
  hardwareHeader: Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 8, 0),
  timestamp: 1_795_214_931_307_045n,
  uid: 1000,
  gid: 1000,
  sequence: 5,
  conntrack: {
    original: tuple,
    status: new Set(['confirmed' as const]),
    times: { [unknown]: [{ type: 30, nested: false, bytes: Uint8Array.of(0, 0, 0, 1) }] },
  },
  conntrackInfo: 'new',
  payload,
}

describe('packets', () => {
  const u32 = fc.integer({ min: 0, max: 0xffffffff })
  const bytes = (maxLength: number): fc.Arbitrary<Uint8Array> => fc.uint8Array({ maxLength })

  codecTests(packetAttributes, {
    examples: [
      { name: 'all that a packet may carry', value: values, bytes: known },
      {
        name: 'an attribute without a name',
        value: { prefix: '', [unknown]: [{ type: 20, nested: true, bytes: hex`06 00 01 00 81 00 00 00` }] },
        bytes: hex`
          05 00 0a 00  00 00 00 00      | NFULA_PREFIX  ""
          0c 00 14 80                   | NFULA_VLAN
            06 00 01 00  81 00 00 00    |   NFULA_VLAN_PROTO
        `,
      },
    ],
    arbitrary: fc.record(
      {
        header: fc.record(
          { etherType: fc.integer({ min: 0, max: 0xffff }), hook: fc.integer({ min: 0, max: 255 }) },
          { noNullPrototype: true },
        ),
        mark: u32,
        timestamp: fc.bigInt({ min: 0n, max: 2n ** 50n }),
        inputInterface: u32,
        hardwareAddress: bytes(8),
        prefix: fc.string({ maxLength: 64 }).filter((prefix) => !prefix.includes('\0')),
        payload: bytes(100),
        conntrackInfo: fc.constantFrom(...(Object.keys(CONNTRACK_INFO) as (keyof typeof CONNTRACK_INFO)[])),
      },
      { requiredKeys: [], noNullPrototype: true },
    ),
  })

  const message = (conntrack: Uint8Array): Uint8Array => hex`
    02 00 00 07                            | nfgenmsg          AF_INET, group 7
    08 00 01 00  08 00 03 00               | NFULA_PACKET_HDR  IPv4, NF_INET_LOCAL_OUT
    08 00 05 00  00 00 00 02               | NFULA_IFINDEX_OUTDEV
    ${conntrack}
  `
  const plain = message(new Uint8Array())

  test('a message becomes a packet with group, hook and defaults', () => {
    const { payload, ...packet } = decodePacket(plain)
    assert.deepEqual(packet, {
      family: 2,
      group: 7,
      hook: 'output',
      etherType: 0x0800,
      outputInterface: 2,
      prefix: '',
      mark: 0,
    })
    assert.equal(payload.length, 0)
  })

  test('hooks are named in the words of their family', () => {
    const hook = (family: number, number: number): string => {
      const bytes = Uint8Array.from(plain)
      bytes[0] = family
      bytes[10] = number
      return decodePacket(bytes).hook
    }
    assert.deepEqual(
      [0, 1, 2, 3, 4, 5, 9].map((number) => hook(2, number)),
      ['prerouting', 'input', 'forward', 'output', 'postrouting', 'ingress', 'hook 9'],
    )
    assert.deepEqual([hook(5, 0), hook(5, 1), hook(7, 2)], ['ingress', 'egress', 'forward'])
  })

  test('a packet without its header, or with half a flow, is malformed', () => {
    assert.throws(() => decodePacket(hex`02 00 00 07`), new Malformed('a packet without NFULA_PACKET_HDR'))
    assert.throws(() => decodePacket(message(hex`04 00 12 80`)), /a flow without both tuples/)
  })

  test('a hardware address longer than its field is malformed', () => {
    assert.throws(() => packetAttributes.decode(hex`10 00 08 00  00 09 00 00  00 00 00 00 00 00 00 00`), Malformed)
  })

  survivesRandomBytes('packets', decodePacket, { golden: [plain, hex`02 00 00 07 ${known}`] })
})

describe('the tuple of a packet', () => {
  const ipv6 = (next: string, rest: Uint8Array): Uint8Array =>
    Uint8Array.from([
      ...hex`60 00 00 00 00 00`,
      ...Buffer.from(next, 'hex'),
      ...hex`40  20010db8 00000000 00000000 00000001  20010db8 00000000 00000000 00000002`,
      ...rest,
    ])
  const between = { family: 'ipv6', source: '2001:db8::1', destination: '2001:db8::2' }

  test('is read from IPv4 and UDP', () => assert.deepEqual(packetTuple(payload), tuple))

  test('is read behind IPv4 options', () => {
    const options = Uint8Array.from([0x46, ...payload.subarray(1, 20), 1, 1, 1, 0, ...payload.subarray(20)])
    assert.deepEqual(packetTuple(options), tuple)
  })

  test('is read from IPv6 and ICMPv6', () => {
    assert.deepEqual(packetTuple(ipv6('3a', hex`80 00 00 00 00 07 00 01`)), {
      ...between,
      protocol: 'icmpv6',
      icmpType: 128,
      icmpCode: 0,
      icmpId: 7,
    })
  })

  test('is read behind IPv6 extension headers', () => {
    const extensions = hex`
      3c 01 00 00 00 00 00 00 00 00 00 00 00 00 00 00   | hop by hop, 16 bytes
      2c 00 00 00 00 00 00 00                           | destination options
      06 00 00 01 00 00 00 01                           | first fragment
      00 50 17 71                                       | tcp 80 → 6001
    `
    const ports = { protocol: 'tcp', sourcePort: 80, destinationPort: 6001 }
    assert.deepEqual(packetTuple(ipv6('00', extensions)), { ...between, ...ports })
  })

  test('of a protocol without ports is its addresses', () => {
    assert.deepEqual(packetTuple(ipv6('32', hex`00 00 00 01`)), { ...between, protocol: 50 })
  })

  test('is undefined for later fragments, what is cut off, and what is no IP', () => {
    const fragment = Uint8Array.from(payload)
    fragment[7] = 1
    assert.equal(packetTuple(fragment), undefined)
    assert.equal(packetTuple(ipv6('2c', hex`11 00 00 08 00 00 00 01 13 89 13 8a`)), undefined)
    for (let length = 0; length < 24; length += 1) assert.equal(packetTuple(payload.subarray(0, length)), undefined)
    assert.equal(packetTuple(hex`08 00 27 00`), undefined)
  })

  survivesRandomBytes('packet tuples', packetTuple, { golden: [payload, ipv6('00', new Uint8Array(60))] })
})

describe('the kernel header', () => {
  assertUapi('linux/netfilter/nfnetlink_log.h', {
    NFULNL_MSG_PACKET,
    NFULNL_MSG_CONFIG,
    ...logConfig.macros,
    ...packetAttributes.macros,
    NFULNL_CFG_CMD_BIND: LOG_COMMANDS.bind,
    NFULNL_CFG_CMD_UNBIND: LOG_COMMANDS.unbind,
    NFULNL_COPY_NONE: COPY_MODES.none,
    NFULNL_COPY_META: COPY_MODES.meta,
    NFULNL_COPY_PACKET: COPY_MODES.packet,
    NFULNL_CFG_F_SEQ: LOG_FLAGS.sequence,
    NFULNL_CFG_F_SEQ_GLOBAL: LOG_FLAGS['global-sequence'],
    NFULNL_CFG_F_CONNTRACK: LOG_FLAGS.conntrack,
    NFULA_VLAN: 20,
  })
  assertUapi('linux/netfilter/nf_conntrack_common.h', {
    IP_CT_ESTABLISHED: CONNTRACK_INFO.established,
    IP_CT_RELATED: CONNTRACK_INFO.related,
    IP_CT_NEW: CONNTRACK_INFO.new,
    IP_CT_ESTABLISHED_REPLY: CONNTRACK_INFO['established-reply'],
    IP_CT_RELATED_REPLY: CONNTRACK_INFO['related-reply'],
  })
})
