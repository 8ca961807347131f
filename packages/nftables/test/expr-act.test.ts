import { codecTests, hex } from '@sallyport/linux/testing'
import { log, masq, nat, notrack, redir, reject, tproxy } from '../src/expr/index.ts'
import { arbitraries } from './support/arbitrary.ts'

// What nft 1.0.6 sends in NFTA_EXPR_DATA for the rules that the examples are named by.

codecTests(nat, {
  arbitrary: arbitraries.nat,
  examples: [
    {
      name: 'ip daddr 1.2.3.4 dnat ip to 1.2.3.5',
      value: { expr: 'nat', type: 'dnat', family: 'ip', regAddrMin: 1 },
      bytes: hex`
        08 00 01 00  00 00 00 01 | NFTA_NAT_TYPE
        08 00 02 00  00 00 00 02 | NFTA_NAT_FAMILY
        08 00 03 00  00 00 00 01 | NFTA_NAT_REG_ADDR_MIN
      `,
    },
    {
      name: 'meta l4proto tcp dnat ip to 1.2.3.5:80',
      value: { expr: 'nat', type: 'dnat', family: 'ip', regAddrMin: 1, regProtoMin: 2, flags: ['proto_specified'] },
      bytes: hex`
        08 00 01 00  00 00 00 01 | NFTA_NAT_TYPE
        08 00 02 00  00 00 00 02 | NFTA_NAT_FAMILY
        08 00 03 00  00 00 00 01 | NFTA_NAT_REG_ADDR_MIN
        08 00 05 00  00 00 00 02 | NFTA_NAT_REG_PROTO_MIN
        08 00 07 00  00 00 00 02 | NFTA_NAT_FLAGS
      `,
    },
    {
      name: 'tcp dport 5 dnat ip to 1.2.3.5-1.2.3.7:80-90',
      value: {
        expr: 'nat',
        type: 'dnat',
        family: 'ip',
        regAddrMin: 1,
        regAddrMax: 2,
        regProtoMin: 3,
        regProtoMax: 4,
        flags: ['proto_specified'],
      },
      bytes: hex`
        08 00 01 00  00 00 00 01 | NFTA_NAT_TYPE
        08 00 02 00  00 00 00 02 | NFTA_NAT_FAMILY
        08 00 03 00  00 00 00 01 | NFTA_NAT_REG_ADDR_MIN
        08 00 04 00  00 00 00 02 | NFTA_NAT_REG_ADDR_MAX
        08 00 05 00  00 00 00 03 | NFTA_NAT_REG_PROTO_MIN
        08 00 06 00  00 00 00 04 | NFTA_NAT_REG_PROTO_MAX
        08 00 07 00  00 00 00 02 | NFTA_NAT_FLAGS
      `,
    },
    {
      name: 'dnat ip to meta l4proto . th dport map @m1',
      value: { expr: 'nat', type: 'dnat', family: 'ip', regAddrMin: 1, regProtoMin: 9 },
      bytes: hex`
        08 00 01 00  00 00 00 01 | NFTA_NAT_TYPE
        08 00 02 00  00 00 00 02 | NFTA_NAT_FAMILY
        08 00 03 00  00 00 00 01 | NFTA_NAT_REG_ADDR_MIN
        08 00 05 00  00 00 00 09 | NFTA_NAT_REG_PROTO_MIN
      `,
    },
    {
      name: 'tcp dport 5 dnat to :80',
      value: { expr: 'nat', type: 'dnat', family: 'inet', regProtoMin: 1, flags: ['proto_specified'] },
      bytes: hex`
        08 00 01 00  00 00 00 01 | NFTA_NAT_TYPE
        08 00 02 00  00 00 00 01 | NFTA_NAT_FAMILY
        08 00 05 00  00 00 00 01 | NFTA_NAT_REG_PROTO_MIN
        08 00 07 00  00 00 00 02 | NFTA_NAT_FLAGS
      `,
    },
    {
      name: 'snat ip to 1.2.3.4 random,persistent',
      value: { expr: 'nat', type: 'snat', family: 'ip', regAddrMin: 1, flags: ['random', 'persistent'] },
      bytes: hex`
        08 00 01 00  00 00 00 00 | NFTA_NAT_TYPE
        08 00 02 00  00 00 00 02 | NFTA_NAT_FAMILY
        08 00 03 00  00 00 00 01 | NFTA_NAT_REG_ADDR_MIN
        08 00 07 00  00 00 00 0c | NFTA_NAT_FLAGS
      `,
    },
    {
      name: 'snat ip6 to fe80::1',
      value: { expr: 'nat', type: 'snat', family: 'ip6', regAddrMin: 1 },
      bytes: hex`
        08 00 01 00  00 00 00 00 | NFTA_NAT_TYPE
        08 00 02 00  00 00 00 0a | NFTA_NAT_FAMILY
        08 00 03 00  00 00 00 01 | NFTA_NAT_REG_ADDR_MIN
      `,
    },
    {
      name: 'meta l4proto { tcp, udp } snat ip to 203.0.113.1:meta l4proto . ip saddr . th sport map { 6 . 1.2.3.4 . 5 : 3 }',
      value: { expr: 'nat', type: 'snat', family: 'ip', regAddrMin: 1, regProtoMin: 2, flags: ['proto_specified'] },
      bytes: hex`
        08 00 01 00  00 00 00 00 | NFTA_NAT_TYPE
        08 00 02 00  00 00 00 02 | NFTA_NAT_FAMILY
        08 00 03 00  00 00 00 01 | NFTA_NAT_REG_ADDR_MIN
        08 00 05 00  00 00 00 02 | NFTA_NAT_REG_PROTO_MIN
        08 00 07 00  00 00 00 02 | NFTA_NAT_FLAGS
      `,
    },
  ],
})

codecTests(masq, {
  arbitrary: arbitraries.masq,
  examples: [
    {
      name: 'masquerade',
      value: { expr: 'masq' },
      bytes: hex``,
    },
    {
      name: 'masquerade random',
      value: { expr: 'masq', flags: ['random'] },
      bytes: hex`
        08 00 01 00  00 00 00 04 | NFTA_MASQ_FLAGS
      `,
    },
    {
      name: 'meta l4proto tcp masquerade to :1024-65535',
      value: { expr: 'masq', flags: ['proto_specified'], regProtoMin: 1, regProtoMax: 2 },
      bytes: hex`
        08 00 01 00  00 00 00 02 | NFTA_MASQ_FLAGS
        08 00 02 00  00 00 00 01 | NFTA_MASQ_REG_PROTO_MIN
        08 00 03 00  00 00 00 02 | NFTA_MASQ_REG_PROTO_MAX
      `,
    },
    {
      name: 'meta l4proto tcp masquerade to :meta l4proto . th dport map @m5 fully-random',
      value: { expr: 'masq', flags: ['proto_specified', 'fully_random'], regProtoMin: 1 },
      bytes: hex`
        08 00 01 00  00 00 00 12 | NFTA_MASQ_FLAGS
        08 00 02 00  00 00 00 01 | NFTA_MASQ_REG_PROTO_MIN
      `,
    },
  ],
})

codecTests(redir, {
  arbitrary: arbitraries.redir,
  examples: [
    {
      name: 'meta l4proto tcp redirect to :80',
      value: { expr: 'redir', regProtoMin: 1, flags: ['proto_specified'] },
      bytes: hex`
        08 00 01 00  00 00 00 01 | NFTA_REDIR_REG_PROTO_MIN
        08 00 03 00  00 00 00 02 | NFTA_REDIR_FLAGS
      `,
    },
    {
      name: 'redirect',
      value: { expr: 'redir' },
      bytes: hex``,
    },
  ],
})

codecTests(tproxy, {
  arbitrary: arbitraries.tproxy,
  examples: [
    {
      name: 'meta l4proto tcp tproxy ip to 127.0.0.1:80',
      value: { expr: 'tproxy', family: 'ip', regAddr: 1, regPort: 2 },
      bytes: hex`
        08 00 01 00  00 00 00 02 | NFTA_TPROXY_FAMILY
        08 00 02 00  00 00 00 01 | NFTA_TPROXY_REG_ADDR
        08 00 03 00  00 00 00 02 | NFTA_TPROXY_REG_PORT
      `,
    },
    {
      name: 'meta l4proto tcp tproxy to :80',
      value: { expr: 'tproxy', family: 'unspec', regPort: 1 },
      bytes: hex`
        08 00 01 00  00 00 00 00 | NFTA_TPROXY_FAMILY
        08 00 03 00  00 00 00 01 | NFTA_TPROXY_REG_PORT
      `,
    },
  ],
})

codecTests(notrack, {
  arbitrary: arbitraries.notrack,
  examples: [
    {
      name: 'notrack',
      value: { expr: 'notrack' },
      bytes: hex``,
    },
  ],
})

codecTests(reject, {
  arbitrary: arbitraries.reject,
  examples: [
    {
      name: 'reject',
      value: { expr: 'reject', type: 'icmpx_unreach', icmpCode: 1 },
      bytes: hex`
        08 00 01 00  00 00 00 02 | NFTA_REJECT_TYPE
        05 00 02 00  01 00 00 00 | NFTA_REJECT_ICMP_CODE
      `,
    },
    {
      name: 'reject with tcp reset',
      value: { expr: 'reject', type: 'tcp_rst', icmpCode: 0 },
      bytes: hex`
        08 00 01 00  00 00 00 01 | NFTA_REJECT_TYPE
        05 00 02 00  00 00 00 00 | NFTA_REJECT_ICMP_CODE
      `,
    },
    {
      name: 'reject with icmp type host-unreachable',
      value: { expr: 'reject', type: 'icmp_unreach', icmpCode: 1 },
      bytes: hex`
        08 00 01 00  00 00 00 00 | NFTA_REJECT_TYPE
        05 00 02 00  01 00 00 00 | NFTA_REJECT_ICMP_CODE
      `,
    },
  ],
})

codecTests(log, {
  arbitrary: arbitraries.log,
  examples: [
    {
      name: 'log',
      value: { expr: 'log' },
      bytes: hex``,
    },
    {
      name: 'log prefix "a: " group 5 snaplen 100 queue-threshold 3',
      value: { expr: 'log', prefix: 'a: ', group: 5, snaplen: 100, qthreshold: 3 },
      bytes: hex`
        08 00 02 00  61 3a 20 00 | NFTA_LOG_PREFIX 'a: '
        06 00 01 00  00 05 00 00 | NFTA_LOG_GROUP
        08 00 03 00  00 00 00 64 | NFTA_LOG_SNAPLEN
        06 00 04 00  00 03 00 00 | NFTA_LOG_QTHRESHOLD
      `,
    },
    {
      name: 'log prefix "b: " level debug flags tcp sequence,options flags ip options',
      value: { expr: 'log', prefix: 'b: ', level: 'debug', flags: ['tcpseq', 'tcpopt', 'ipopt'] },
      bytes: hex`
        08 00 02 00  62 3a 20 00 | NFTA_LOG_PREFIX 'b: '
        08 00 05 00  00 00 00 07 | NFTA_LOG_LEVEL
        08 00 06 00  00 00 00 07 | NFTA_LOG_FLAGS
      `,
    },
    {
      name: 'log flags all',
      value: { expr: 'log', flags: ['tcpseq', 'tcpopt', 'ipopt', 'uid', 'macdecode'] },
      bytes: hex`
        08 00 06 00  00 00 00 2f | NFTA_LOG_FLAGS
      `,
    },
  ],
})
