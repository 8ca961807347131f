import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { formatIp } from '../src/address/ip.ts'
import { Malformed, unknown } from '../src/bytes/index.ts'
import { flowMatches } from '../src/conntrack/filter.ts'
import {
  counterAttributes,
  FLOW_STATUS,
  type Flow,
  type FlowAttributes,
  flowAttributes,
  flowHelper,
  flowTimes,
  protocolInfo,
  type StatusFlag,
  TCP_STATES,
  tcpInfo,
} from '../src/conntrack/flow.ts'
import {
  decodeFlow,
  flowMessage,
  flowQuery,
  IPCTNL_MSG_CT_DELETE,
  IPCTNL_MSG_CT_GET,
  IPCTNL_MSG_CT_GET_STATS,
  IPCTNL_MSG_CT_NEW,
  queryMessage,
  statsAttributes,
  statsMessage,
} from '../src/conntrack/messages.ts'
import { PROTOCOLS } from '../src/conntrack/protocol.ts'
import { type Tuple, tuple, tupleAddresses, tupleLayer4 } from '../src/conntrack/tuple.ts'
import * as nfnetlink from '../src/netlink/nfnetlink.ts'
import { assertUapi, codecTests, hex, survivesRandomBytes } from '../src/testing/index.ts'

// What Linux 6.18 sends, read from a socket of conntrack(8).

const udpOriginal = hex`
  14 00 01 80                               | CTA_TUPLE_IP
    08 00 01 00  7f 00 00 01                |   CTA_IP_V4_SRC       127.0.0.1
    08 00 02 00  7f 00 00 01                |   CTA_IP_V4_DST       127.0.0.1
  1c 00 02 80                               | CTA_TUPLE_PROTO
    05 00 01 00  11 00 00 00                |   CTA_PROTO_NUM       udp
    06 00 02 00  13 89 00 00                |   CTA_PROTO_SRC_PORT  5001
    06 00 03 00  13 8a 00 00                |   CTA_PROTO_DST_PORT  5002
`

const udp: Tuple = {
  family: 'ipv4',
  source: '127.0.0.1',
  destination: '127.0.0.1',
  protocol: 'udp',
  sourcePort: 5001,
  destinationPort: 5002,
}

const udp6Original = hex`
  2c 00 01 80                               | CTA_TUPLE_IP
    14 00 03 00                             |   CTA_IP_V6_SRC
      00 00 00 00 00 00 00 00  00 00 00 00 00 00 00 01  |   ::1
    14 00 04 00                             |   CTA_IP_V6_DST
      00 00 00 00 00 00 00 00  00 00 00 00 00 00 00 01  |   ::1
  1c 00 02 80                               | CTA_TUPLE_PROTO
    05 00 01 00  11 00 00 00                |   CTA_PROTO_NUM       udp
    06 00 02 00  13 89 00 00                |   CTA_PROTO_SRC_PORT  5001
    06 00 03 00  13 8a 00 00                |   CTA_PROTO_DST_PORT  5002
`

const udp6: Tuple = { ...udp, family: 'ipv6', source: '::1', destination: '::1' }

const icmpOriginal = hex`
  14 00 01 80                               | CTA_TUPLE_IP
    08 00 01 00  7f 00 00 01                |   CTA_IP_V4_SRC
    08 00 02 00  7f 00 00 01                |   CTA_IP_V4_DST
  24 00 02 80                               | CTA_TUPLE_PROTO
    05 00 01 00  01 00 00 00                |   CTA_PROTO_NUM       icmp
    06 00 04 00  1f 13 00 00                |   CTA_PROTO_ICMP_ID   7955
    05 00 05 00  08 00 00 00                |   CTA_PROTO_ICMP_TYPE echo request
    05 00 06 00  00 00 00 00                |   CTA_PROTO_ICMP_CODE 0
`

const icmp: Tuple = {
  family: 'ipv4',
  source: '127.0.0.1',
  destination: '127.0.0.1',
  protocol: 'icmp',
  icmpId: 7955,
  icmpType: 8,
  icmpCode: 0,
}

const icmpv6Zoned = hex`
  2c 00 01 80                               | CTA_TUPLE_IP
    14 00 03 00                             |   CTA_IP_V6_SRC
      fe 80 00 00 00 00 00 00  00 00 00 00 00 00 00 01  |   fe80::1
    14 00 04 00                             |   CTA_IP_V6_DST
      ff 02 00 00 00 00 00 00  00 00 00 00 00 00 00 01  |   ff02::1
  24 00 02 80                               | CTA_TUPLE_PROTO
    05 00 01 00  3a 00 00 00                |   CTA_PROTO_NUM         icmpv6
    06 00 07 00  00 07 00 00                |   CTA_PROTO_ICMPV6_ID   7
    05 00 08 00  80 00 00 00                |   CTA_PROTO_ICMPV6_TYPE echo request
    05 00 09 00  00 00 00 00                |   CTA_PROTO_ICMPV6_CODE 0
  06 00 03 00  00 05 00 00                  | CTA_TUPLE_ZONE  5
`

const espWithMore = hex`
  1c 00 01 80                               | CTA_TUPLE_IP
    08 00 01 00  0a 00 00 01                |   CTA_IP_V4_SRC  10.0.0.1
    08 00 02 00  0a 00 00 02                |   CTA_IP_V4_DST  10.0.0.2
    08 00 1e 00  ee ee ee ee                |   30: from a kernel to come
  14 00 02 80                               | CTA_TUPLE_PROTO
    05 00 01 00  32 00 00 00                |   CTA_PROTO_NUM  50, esp: no name here
    08 00 1f 00  00 00 12 34                |   31: from a kernel to come
`

describe('tuples', () => {
  codecTests(tuple, {
    examples: [
      { name: 'udp over IPv4', value: udp, bytes: udpOriginal },
      { name: 'udp over IPv6', value: udp6, bytes: udp6Original },
      { name: 'an echo', value: icmp, bytes: icmpOriginal },
      {
        name: 'an echo over IPv6 in a zone of its direction',
        bytes: icmpv6Zoned,
        value: {
          family: 'ipv6',
          source: 'fe80::1',
          destination: 'ff02::1',
          protocol: 'icmpv6',
          icmpId: 7,
          icmpType: 128,
          icmpCode: 0,
          zone: 5,
        },
      },
      {
        name: 'a protocol without parts, and attributes without names',
        bytes: espWithMore,
        value: {
          family: 'ipv4',
          source: '10.0.0.1',
          destination: '10.0.0.2',
          protocol: 50,
          others: {
            addresses: { [unknown]: [{ type: 30, nested: false, bytes: Uint8Array.of(0xee, 0xee, 0xee, 0xee) }] },
            layer4: { [unknown]: [{ type: 31, nested: false, bytes: Uint8Array.of(0, 0, 0x12, 0x34) }] },
          },
        },
      },
    ],
    arbitrary: anyTuple(),
  })

  test('without a protocol, or with half of the addresses, it is malformed', () => {
    assert.throws(() => tuple.decode(hex`04 00 01 80`), new Malformed('no CTA_PROTO_NUM'))
    assert.throws(
      () => tuple.decode(hex`0c 00 01 80  08 00 01 00 7f 00 00 01  0c 00 02 80  05 00 01 00 11 00 00 00`),
      /no source and destination address of one family/,
    )
  })
})

const tcpFlow = hex`
  34 00 01 80                               | CTA_TUPLE_ORIG
    14 00 01 80                             |   CTA_TUPLE_IP
      08 00 01 00  7f 00 00 01              |     CTA_IP_V4_SRC
      08 00 02 00  7f 00 00 01              |     CTA_IP_V4_DST
    1c 00 02 80                             |   CTA_TUPLE_PROTO
      05 00 01 00  06 00 00 00              |     CTA_PROTO_NUM       tcp
      06 00 02 00  17 71 00 00              |     CTA_PROTO_SRC_PORT  6001
      06 00 03 00  00 50 00 00              |     CTA_PROTO_DST_PORT  80
  34 00 02 80                               | CTA_TUPLE_REPLY
    14 00 01 80                             |   CTA_TUPLE_IP
      08 00 01 00  7f 00 00 01              |     CTA_IP_V4_SRC
      08 00 02 00  7f 00 00 01              |     CTA_IP_V4_DST
    1c 00 02 80                             |   CTA_TUPLE_PROTO
      05 00 01 00  06 00 00 00              |     CTA_PROTO_NUM       tcp
      06 00 02 00  00 50 00 00              |     CTA_PROTO_SRC_PORT  80
      06 00 03 00  17 71 00 00              |     CTA_PROTO_DST_PORT  6001
  08 00 03 00  00 00 00 0e                  | CTA_STATUS  seen-reply assured confirmed
  08 00 08 00  00 00 00 00                  | CTA_MARK    0
  08 00 0c 00  4c e1 b7 23                  | CTA_ID      1289860899
  08 00 0b 00  00 00 00 01                  | CTA_USE     1
  08 00 07 00  00 00 00 09                  | CTA_TIMEOUT 9 s
  30 00 04 80                               | CTA_PROTOINFO
    2c 00 01 80                             |   CTA_PROTOINFO_TCP
      05 00 01 00  08 00 00 00              |     CTA_PROTOINFO_TCP_STATE            CLOSE
      05 00 02 00  0a 00 00 00              |     CTA_PROTOINFO_TCP_WSCALE_ORIGINAL  10
      05 00 03 00  0a 00 00 00              |     CTA_PROTOINFO_TCP_WSCALE_REPLY     10
      06 00 04 00  23 00 00 00              |     CTA_PROTOINFO_TCP_FLAGS_ORIGINAL
      06 00 05 00  23 00 00 00              |     CTA_PROTOINFO_TCP_FLAGS_REPLY
  1c 00 09 80                               | CTA_COUNTERS_ORIG
    0c 00 01 00  00 00 00 00 00 00 00 02    |   CTA_COUNTERS_PACKETS  2
    0c 00 02 00  00 00 00 00 00 00 00 70    |   CTA_COUNTERS_BYTES    112
  1c 00 0a 80                               | CTA_COUNTERS_REPLY
    0c 00 01 00  00 00 00 00 00 00 00 02    |   CTA_COUNTERS_PACKETS  2
    0c 00 02 00  00 00 00 00 00 00 00 70    |   CTA_COUNTERS_BYTES    112
  10 00 14 80                               | CTA_TIMESTAMP
    0c 00 01 00  18 e9 e4 0c fe 8f 61 f1    |   CTA_TIMESTAMP_START
`

const tcp: Tuple = { ...udp, protocol: 'tcp', sourcePort: 6001, destinationPort: 80 }

const tcpValues: FlowAttributes = {
  original: tcp,
  reply: { ...tcp, sourcePort: 80, destinationPort: 6001 },
  status: new Set<StatusFlag>(['seen-reply', 'assured', 'confirmed']),
  mark: 0,
  id: 1289860899,
  use: 1,
  timeout: 9,
  protocolInfo: {
    tcp: {
      state: 'close',
      originalWindowScale: 10,
      replyWindowScale: 10,
      originalFlags: Uint8Array.of(0x23, 0),
      replyFlags: Uint8Array.of(0x23, 0),
    },
  },
  originalCounters: { packets: 2n, bytes: 112n },
  replyCounters: { packets: 2n, bytes: 112n },
  times: { start: 0x18e9_e40c_fe8f_61f1n },
}

const rareValues: FlowAttributes = {
  status: new Set<StatusFlag | 'bit 20'>(['expected', 'helper', 'bit 20']),
  helper: { name: 'ftp' },
  zone: 3,
  labels: Uint8Array.of(1, 0, 0, 0),
  [unknown]: [{ type: 25, nested: true, bytes: Uint8Array.of() }],
}

const rareFlow = hex`
  08 00 03 00  00 10 20 01    | CTA_STATUS  expected helper, and bit 20 of a kernel to come
  0c 00 05 80                 | CTA_HELP
    08 00 01 00  66 74 70 00  |   CTA_HELP_NAME  ftp
  06 00 12 00  00 03 00 00    | CTA_ZONE  3
  08 00 16 00  01 00 00 00    | CTA_LABELS
  04 00 19 80                 | CTA_SYNPROXY: no name in the table
`

describe('flows', () => {
  codecTests(flowAttributes, {
    examples: [
      { name: 'a TCP connection', value: tcpValues, bytes: tcpFlow },
      { name: 'what is rare', value: rareValues, bytes: rareFlow },
    ],
    arbitrary: anyFlow(),
  })

  const body = hex`02 00 00 00 ${tcpFlow}`
  const flow: Flow = { ...(tcpValues as Flow), family: 'ipv4', protocol: 'tcp', zone: 0 }

  test('a message becomes a flow with family, protocol and defaults', () => {
    assert.deepEqual(decodeFlow(body), flow)
  })

  test('a message without tuples or id is malformed', () => {
    assert.throws(() => decodeFlow(hex`02 00 00 00`), /without both tuples/)
    const nameless = flowMessage.encode({ ...flowMessage.decode(body), id: undefined } as never)
    assert.throws(() => decodeFlow(nameless), /without CTA_ID/)
  })

  survivesRandomBytes('flows', decodeFlow, { golden: [body, hex`0a 00 00 00 ${rareFlow}`] })

  test('a filter means flows of which all that it says is true', () => {
    assert.ok(flowMatches(flow, {}))
    assert.ok(
      flowMatches(flow, { family: 'ipv4', protocol: 'tcp', zone: 0, mark: 0, status: ['assured', 'confirmed'] }),
    )
    assert.ok(
      flowMatches(flow, { original: { sourcePort: 6001 }, reply: { destinationPort: 6001, source: '127.0.0.1' } }),
    )
    assert.ok(
      flowMatches({ ...flow, mark: 0xffff_ff01 }, { mark: { value: 0x8000_0000, mask: 0xf000_000e } }) === false,
    )
    assert.ok(flowMatches({ ...flow, mark: 0x8000_0001 }, { mark: { value: 0x8000_0000, mask: 0xf000_000e } }))
    for (const other of [
      { family: 'ipv6' },
      { protocol: 'udp' },
      { zone: 1 },
      { mark: 1 },
      { status: ['dnat'] },
      { original: { sourcePort: 80 } },
      { reply: { destination: '10.0.0.1' } },
    ] as const) {
      assert.equal(flowMatches(flow, other), false, JSON.stringify(other))
    }
  })
})

describe('questions and orders', () => {
  codecTests(queryMessage, {
    examples: [
      {
        name: 'one flow by tuple, id and zone',
        value: { family: 2, version: 0, resourceId: 0, original: udp, id: 263057709, zone: 9 },
        bytes: hex`
          02 00 00 00                 | nfgenmsg  AF_INET
          34 00 01 80 ${udpOriginal}
          08 00 0c 00  0f ad f1 2d    | CTA_ID    263057709
          06 00 12 00  00 09 00 00    | CTA_ZONE  9
        `,
      },
      {
        name: 'flows by mark',
        value: { family: 0, version: 0, resourceId: 0, mark: 5, markMask: 0xffffffff },
        bytes: hex`
          00 00 00 00                 | nfgenmsg       AF_UNSPEC
          08 00 08 00  00 00 00 05    | CTA_MARK       5
          08 00 15 00  ff ff ff ff    | CTA_MARK_MASK
        `,
      },
    ],
  })

  codecTests(statsMessage, {
    examples: [
      {
        value: { family: 0, version: 0, resourceId: 0, entries: 2, maxEntries: 262144 },
        bytes: hex`
          00 00 00 00                 | nfgenmsg                      AF_UNSPEC
          08 00 01 00  00 00 00 02    | CTA_STATS_GLOBAL_ENTRIES      2
          08 00 02 00  00 04 00 00    | CTA_STATS_GLOBAL_MAX_ENTRIES  262144
        `,
      },
    ],
  })

  test('a refused message is told by its attributes', () => {
    const body = queryMessage.encode({ family: 2, version: 0, resourceId: 0, original: udp, id: 1 })
    assert.deepEqual(queryMessage.pathAt(body, 4), ['CTA_TUPLE_ORIG'])
    assert.deepEqual(queryMessage.pathAt(body, 8), ['CTA_TUPLE_ORIG', 'CTA_TUPLE_IP'])
    assert.deepEqual(queryMessage.pathAt(body, 28), ['CTA_TUPLE_ORIG', 'CTA_TUPLE_PROTO'])
    assert.deepEqual(queryMessage.pathAt(body, 56), ['CTA_ID'])
  })
})

describe('the kernel headers', () => {
  assertUapi('linux/netfilter/nfnetlink_conntrack.h', {
    IPCTNL_MSG_CT_NEW,
    IPCTNL_MSG_CT_GET,
    IPCTNL_MSG_CT_DELETE,
    IPCTNL_MSG_CT_GET_STATS,
    ...tuple.macros,
    ...tupleAddresses.macros,
    ...tupleLayer4.macros,
    ...flowAttributes.macros,
    ...flowQuery.macros,
    ...statsAttributes.macros,
    ...flowHelper.macros,
    ...flowTimes.macros,
    ...protocolInfo.macros,
    ...tcpInfo.macros,
    ...counterAttributes.macros,
  })
  const screaming = (names: Readonly<Record<string, number>>, prefix: string): Record<string, number> =>
    Object.fromEntries(
      Object.entries(names).map(([name, number]) => [prefix + name.toUpperCase().replaceAll('-', '_'), number]),
    )
  const { snat, dnat, 'snat-done': snatDone, 'dnat-done': dnatDone, ...others } = FLOW_STATUS
  assertUapi('linux/netfilter/nf_conntrack_common.h', {
    ...screaming(others, 'IPS_'),
    IPS_SRC_NAT: snat,
    IPS_DST_NAT: dnat,
    IPS_SRC_NAT_DONE: snatDone,
    IPS_DST_NAT_DONE: dnatDone,
  })
  assertUapi('linux/netfilter/nf_conntrack_tcp.h', screaming(TCP_STATES, 'TCP_CONNTRACK_'))
  const { icmpv6, ...protocols } = PROTOCOLS
  assertUapi('linux/in.h', screaming(protocols, 'IPPROTO_'))
  assertUapi('linux/in6.h', { IPPROTO_ICMPV6: icmpv6 })
  const numbers = Object.entries(nfnetlink).filter(([name]) => /^NFNL(GRP|_SUBSYS)_|^NFNETLINK_V0$/.test(name))
  assertUapi('linux/netfilter/nfnetlink.h', Object.fromEntries(numbers) as Record<string, number>)
  const families = Object.entries(nfnetlink).filter(([name]) => name.startsWith('NFPROTO_'))
  assertUapi('linux/netfilter.h', Object.fromEntries(families) as Record<string, number>)
})

function anyTuple(): fc.Arbitrary<Tuple> {
  const bytes = (length: number): fc.Arbitrary<string> =>
    fc.uint8Array({ minLength: length, maxLength: length }).map(formatIp)
  const u8 = fc.integer({ min: 0, max: 255 })
  const u16 = fc.integer({ min: 0, max: 65_535 })
  const zone = fc.option(u16, { nil: undefined })
  const addresses = fc.oneof(
    fc.tuple(fc.constant('ipv4' as const), bytes(4), bytes(4)),
    fc.tuple(fc.constant('ipv6' as const), bytes(16), bytes(16)),
  )
  const layer4: fc.Arbitrary<Partial<Tuple>> = fc.oneof(
    fc
      .tuple(fc.constantFrom('tcp', 'udp', 'gre' as const), u16, u16)
      .map(([protocol, sourcePort, destinationPort]) => ({
        protocol,
        sourcePort,
        destinationPort,
      })),
    fc.tuple(fc.constantFrom('icmp', 'icmpv6' as const), u16, u8, u8).map(([protocol, icmpId, icmpType, icmpCode]) => ({
      protocol,
      icmpId,
      icmpType,
      icmpCode,
    })),
    fc.constantFrom(0, 50, 51, 255).map((protocol) => ({ protocol })),
  )
  return fc.tuple(addresses, layer4, zone).map(([[family, source, destination], parts, zone]) => {
    return { family, source, destination, ...parts, ...(zone !== undefined && { zone }) } as Tuple
  })
}

function anyFlow(): fc.Arbitrary<FlowAttributes> {
  const u32 = fc.integer({ min: 0, max: 0xffffffff })
  const u64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })
  const options = { noNullPrototype: true }
  const flags = fc.subarray(Object.keys(FLOW_STATUS) as StatusFlag[]).map((list) => new Set(list))
  const tcpInfo = fc.record(
    { state: fc.constantFrom(...(Object.keys(TCP_STATES) as (keyof typeof TCP_STATES)[])) },
    options,
  )
  return fc.record(
    {
      original: anyTuple(),
      reply: anyTuple(),
      status: flags,
      mark: u32,
      id: u32,
      timeout: u32,
      protocolInfo: fc.record({ tcp: tcpInfo }, options),
      originalCounters: fc.record({ packets: u64, bytes: u64 }, options),
      master: anyTuple(),
      zone: fc.integer({ min: 0, max: 65_535 }),
      labels: fc.uint8Array({ maxLength: 16 }),
    },
    { requiredKeys: [], ...options },
  )
}
