import { codecTests, hex } from '@sallyport/linux/testing'
import {
  bitwise,
  dup,
  flowOffload,
  fwd,
  inner,
  match,
  osf,
  queue,
  socket,
  synproxy,
  target,
  tunnel,
  xfrm,
} from '../src/expr/index.ts'
import { arbitraries } from './support/arbitrary.ts'

// What nft 1.0.6 sends in NFTA_EXPR_DATA for the rules that the examples are named by. `inner`, `tunnel` and the second
// source of `bitwise` are younger: their bytes follow the kernel's header, and expr-kernel.test.ts has the kernel's word.

codecTests(queue, {
  arbitrary: arbitraries.queue,
  examples: [
    {
      name: 'queue num 3',
      value: { expr: 'queue', num: 3, total: 1 },
      bytes: hex`
        06 00 01 00  00 03 00 00 | NFTA_QUEUE_NUM
        06 00 02 00  00 01 00 00 | NFTA_QUEUE_TOTAL
      `,
    },
    {
      name: 'queue num 1-3 bypass,fanout',
      value: { expr: 'queue', num: 1, total: 3, flags: ['bypass', 'cpu_fanout'] },
      bytes: hex`
        06 00 01 00  00 01 00 00 | NFTA_QUEUE_NUM
        06 00 02 00  00 03 00 00 | NFTA_QUEUE_TOTAL
        06 00 03 00  00 03 00 00 | NFTA_QUEUE_FLAGS
      `,
    },
    {
      name: 'queue to symhash mod 4',
      value: { expr: 'queue', sregQnum: 1 },
      bytes: hex`08 00 04 00  00 00 00 01 | NFTA_QUEUE_SREG_QNUM`,
    },
  ],
})

codecTests(socket, {
  arbitrary: arbitraries.socket,
  examples: [
    {
      name: 'socket cgroupv2 level 1',
      value: { expr: 'socket', key: 'cgroupv2', dreg: 1, level: 1 },
      bytes: hex`
        08 00 01 00  00 00 00 03 | NFTA_SOCKET_KEY
        08 00 02 00  00 00 00 01 | NFTA_SOCKET_DREG
        08 00 03 00  00 00 00 01 | NFTA_SOCKET_LEVEL
      `,
    },
  ],
})

codecTests(osf, {
  arbitrary: arbitraries.osf,
  examples: [
    {
      name: 'osf ttl skip version "Linux:3.0"',
      value: { expr: 'osf', dreg: 1, ttl: 'nocheck', flags: ['version'] },
      bytes: hex`
        08 00 01 00  00 00 00 01 | NFTA_OSF_DREG
        05 00 02 00  02 00 00 00 | NFTA_OSF_TTL
        08 00 03 00  00 00 00 01 | NFTA_OSF_FLAGS
      `,
    },
  ],
})

codecTests(xfrm, {
  arbitrary: arbitraries.xfrm,
  examples: [
    {
      name: 'ipsec out spnum 1 ip daddr 1.2.3.4',
      value: { expr: 'xfrm', key: 'daddr_ip4', direction: 'out', spnum: 1, dreg: 1 },
      bytes: hex`
        08 00 02 00  00 00 00 01 | NFTA_XFRM_KEY
        05 00 03 00  01 00 00 00 | NFTA_XFRM_DIR
        08 00 04 00  00 00 00 01 | NFTA_XFRM_SPNUM
        08 00 01 00  00 00 00 01 | NFTA_XFRM_DREG
      `,
    },
  ],
})

codecTests(tunnel, {
  arbitrary: arbitraries.tunnel,
  examples: [
    {
      name: 'the id of the tunnel that it came by',
      value: { expr: 'tunnel', key: 'id', dreg: 1, mode: 'rx' },
      bytes: hex`
        08 00 01 00  00 00 00 01 | NFTA_TUNNEL_KEY
        08 00 02 00  00 00 00 01 | NFTA_TUNNEL_DREG
        08 00 03 00  00 00 00 01 | NFTA_TUNNEL_MODE
      `,
    },
  ],
})

codecTests(synproxy, {
  arbitrary: arbitraries.synproxy,
  examples: [
    {
      name: 'synproxy mss 1460 wscale 7 timestamp sack-perm',
      value: { expr: 'synproxy', mss: 1460, wscale: 7, flags: ['mss', 'wscale', 'sack_perm', 'timestamp'] },
      bytes: hex`
        06 00 01 00  05 b4 00 00 | NFTA_SYNPROXY_MSS
        05 00 02 00  07 00 00 00 | NFTA_SYNPROXY_WSCALE
        08 00 03 00  00 00 00 0f | NFTA_SYNPROXY_FLAGS
      `,
    },
  ],
})

codecTests(dup, {
  arbitrary: arbitraries.dup,
  examples: [
    {
      name: 'dup to 10.0.0.1 device "lo"',
      value: { expr: 'dup', sregAddr: 1, sregDev: 2 },
      bytes: hex`
        08 00 01 00  00 00 00 01 | NFTA_DUP_SREG_ADDR
        08 00 02 00  00 00 00 02 | NFTA_DUP_SREG_DEV
      `,
    },
  ],
})

codecTests(fwd, {
  arbitrary: arbitraries.fwd,
  examples: [
    {
      name: 'fwd ip to 10.0.0.1 device "lo"',
      value: { expr: 'fwd', sregDev: 1, sregAddr: 2, nfproto: 'ip' },
      bytes: hex`
        08 00 01 00  00 00 00 01 | NFTA_FWD_SREG_DEV
        08 00 02 00  00 00 00 02 | NFTA_FWD_SREG_ADDR
        08 00 03 00  00 00 00 02 | NFTA_FWD_NFPROTO
      `,
    },
  ],
})

codecTests(flowOffload, {
  arbitrary: arbitraries.flow_offload,
  examples: [
    {
      name: 'flow add @ft',
      value: { expr: 'flow_offload', tableName: 'ft' },
      bytes: hex`07 00 01 00  66 74 00 00 | NFTA_FLOW_TABLE_NAME`,
    },
  ],
})

codecTests(inner, {
  arbitrary: arbitraries.inner,
  examples: [
    {
      name: 'the source address inside vxlan',
      value: {
        expr: 'inner',
        num: 0,
        type: 'vxlan',
        flags: ['hdrsize', 'll', 'nh', 'th'],
        hdrsize: 8,
        expression: { expr: 'payload', dreg: 1, base: 'network', offset: 12, len: 4 },
      },
      bytes: hex`
        08 00 01 00  00 00 00 00                | NFTA_INNER_NUM
        08 00 02 00  00 00 00 01                | NFTA_INNER_TYPE     vxlan
        08 00 03 00  00 00 00 0f                | NFTA_INNER_FLAGS
        08 00 04 00  00 00 00 08                | NFTA_INNER_HDRSIZE
        34 00 05 80                             | NFTA_INNER_EXPR
          0c 00 01 00  70 61 79 6c 6f 61 64 00  | NFTA_EXPR_NAME      'payload'
          24 00 02 80                           | NFTA_EXPR_DATA
            08 00 01 00  00 00 00 01            | NFTA_PAYLOAD_DREG
            08 00 02 00  00 00 00 01            | NFTA_PAYLOAD_BASE   network
            08 00 03 00  00 00 00 0c            | NFTA_PAYLOAD_OFFSET
            08 00 04 00  00 00 00 04            | NFTA_PAYLOAD_LEN
      `,
    },
  ],
})

codecTests(bitwise, {
  examples: [
    {
      name: 'two registers put together (NFT_BITWISE_OR)',
      value: { expr: 'bitwise', sreg: 1, sreg2: 2, dreg: 1, op: 'or', len: 4 },
      bytes: hex`
        08 00 01 00  00 00 00 01 | NFTA_BITWISE_SREG
        08 00 08 00  00 00 00 02 | NFTA_BITWISE_SREG2
        08 00 02 00  00 00 00 01 | NFTA_BITWISE_DREG
        08 00 06 00  00 00 00 04 | NFTA_BITWISE_OP   or
        08 00 03 00  00 00 00 04 | NFTA_BITWISE_LEN
      `,
    },
  ],
})

codecTests(match, {
  arbitrary: arbitraries.match,
  examples: [
    {
      name: 'iptables -m mark --mark 5',
      value: { expr: 'match', name: 'mark', rev: 1, info: Uint8Array.of(5, 0, 0, 0, 255, 255, 255, 255, 0, 0, 0, 0) },
      bytes: hex`
        09 00 01 00  6d 61 72 6b 00 00 00 00               | NFTA_MATCH_NAME
        08 00 02 00  00 00 00 01                           | NFTA_MATCH_REV
        10 00 03 00  05 00 00 00 ff ff ff ff 00 00 00 00   | NFTA_MATCH_INFO  struct xt_mark_mtinfo1
      `,
    },
  ],
})

codecTests(target, {
  arbitrary: arbitraries.target,
  examples: [
    {
      name: 'iptables -j TTL --ttl-set 64',
      value: { expr: 'target', name: 'TTL', rev: 0, info: Uint8Array.of(0, 64) },
      bytes: hex`
        08 00 01 00  54 54 4c 00 | NFTA_TARGET_NAME
        08 00 02 00  00 00 00 00 | NFTA_TARGET_REV
        06 00 03 00  00 40 00 00 | NFTA_TARGET_INFO  struct ipt_TTL_info
      `,
    },
  ],
})
