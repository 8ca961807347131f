import { codecTests, hex } from '@sallyport/linux/testing'
import { bitwise, byteorder, cmp, ct, exthdr, fib, meta, payload, range, rt } from '../src/expr/index.ts'
import { arbitraries } from './support/arbitrary.ts'

// What nft 1.0.6 sends in NFTA_EXPR_DATA for the rules that the examples are named by.

codecTests(payload, {
  arbitrary: arbitraries.payload,
  examples: [
    {
      name: 'tcp dport 22 accept comment "ssh"',
      value: { expr: 'payload', dreg: 1, base: 'transport', offset: 2, len: 2 },
      bytes: hex`
        08 00 01 00  00 00 00 01 | NFTA_PAYLOAD_DREG
        08 00 02 00  00 00 00 02 | NFTA_PAYLOAD_BASE
        08 00 03 00  00 00 00 02 | NFTA_PAYLOAD_OFFSET
        08 00 04 00  00 00 00 02 | NFTA_PAYLOAD_LEN
      `,
    },
    {
      name: 'ip daddr set 1.2.3.4',
      value: {
        expr: 'payload',
        sreg: 1,
        base: 'network',
        offset: 16,
        len: 4,
        csumType: 'inet',
        csumOffset: 10,
        csumFlags: ['pseudohdr'],
      },
      bytes: hex`
        08 00 05 00  00 00 00 01 | NFTA_PAYLOAD_SREG
        08 00 02 00  00 00 00 01 | NFTA_PAYLOAD_BASE
        08 00 03 00  00 00 00 10 | NFTA_PAYLOAD_OFFSET
        08 00 04 00  00 00 00 04 | NFTA_PAYLOAD_LEN
        08 00 06 00  00 00 00 01 | NFTA_PAYLOAD_CSUM_TYPE
        08 00 07 00  00 00 00 0a | NFTA_PAYLOAD_CSUM_OFFSET
        08 00 08 00  00 00 00 01 | NFTA_PAYLOAD_CSUM_FLAGS
      `,
    },
    {
      name: 'tcp dport set 99',
      value: { expr: 'payload', sreg: 1, base: 'transport', offset: 2, len: 2, csumType: 'inet', csumOffset: 16 },
      bytes: hex`
        08 00 05 00  00 00 00 01 | NFTA_PAYLOAD_SREG
        08 00 02 00  00 00 00 02 | NFTA_PAYLOAD_BASE
        08 00 03 00  00 00 00 02 | NFTA_PAYLOAD_OFFSET
        08 00 04 00  00 00 00 02 | NFTA_PAYLOAD_LEN
        08 00 06 00  00 00 00 01 | NFTA_PAYLOAD_CSUM_TYPE
        08 00 07 00  00 00 00 10 | NFTA_PAYLOAD_CSUM_OFFSET
      `,
    },
    {
      name: 'ip saddr 10.0.0.0/8 drop',
      value: { expr: 'payload', dreg: 1, base: 'network', offset: 12, len: 1 },
      bytes: hex`
        08 00 01 00  00 00 00 01 | NFTA_PAYLOAD_DREG
        08 00 02 00  00 00 00 01 | NFTA_PAYLOAD_BASE
        08 00 03 00  00 00 00 0c | NFTA_PAYLOAD_OFFSET
        08 00 04 00  00 00 00 01 | NFTA_PAYLOAD_LEN
      `,
    },
    {
      name: 'ether saddr 00:11:22:33:44:55 accept',
      value: { expr: 'payload', dreg: 1, base: 'link', offset: 6, len: 6 },
      bytes: hex`
        08 00 01 00  00 00 00 01 | NFTA_PAYLOAD_DREG
        08 00 02 00  00 00 00 00 | NFTA_PAYLOAD_BASE
        08 00 03 00  00 00 00 06 | NFTA_PAYLOAD_OFFSET
        08 00 04 00  00 00 00 06 | NFTA_PAYLOAD_LEN
      `,
    },
    {
      name: 'ip dscp set cs1',
      value: { expr: 'payload', sreg: 1, base: 'network', offset: 0, len: 2, csumType: 'inet', csumOffset: 10 },
      bytes: hex`
        08 00 05 00  00 00 00 01 | NFTA_PAYLOAD_SREG
        08 00 02 00  00 00 00 01 | NFTA_PAYLOAD_BASE
        08 00 03 00  00 00 00 00 | NFTA_PAYLOAD_OFFSET
        08 00 04 00  00 00 00 02 | NFTA_PAYLOAD_LEN
        08 00 06 00  00 00 00 01 | NFTA_PAYLOAD_CSUM_TYPE
        08 00 07 00  00 00 00 0a | NFTA_PAYLOAD_CSUM_OFFSET
      `,
    },
  ],
})

codecTests(meta, {
  arbitrary: arbitraries.meta,
  examples: [
    {
      name: 'tcp dport 22 accept comment "ssh"',
      value: { expr: 'meta', key: 'l4proto', dreg: 1 },
      bytes: hex`
        08 00 02 00  00 00 00 10 | NFTA_META_KEY
        08 00 01 00  00 00 00 01 | NFTA_META_DREG
      `,
    },
    {
      name: 'meta mark set 5',
      value: { expr: 'meta', key: 'mark', sreg: 1 },
      bytes: hex`
        08 00 02 00  00 00 00 03 | NFTA_META_KEY
        08 00 03 00  00 00 00 01 | NFTA_META_SREG
      `,
    },
  ],
})

codecTests(ct, {
  arbitrary: arbitraries.ct,
  examples: [
    {
      name: 'ct mark set meta mark',
      value: { expr: 'ct', key: 'mark', sreg: 1 },
      bytes: hex`
        08 00 02 00  00 00 00 03 | NFTA_CT_KEY
        08 00 04 00  00 00 00 01 | NFTA_CT_SREG
      `,
    },
    {
      name: 'ct state established,related accept',
      value: { expr: 'ct', key: 'state', dreg: 1 },
      bytes: hex`
        08 00 02 00  00 00 00 00 | NFTA_CT_KEY
        08 00 01 00  00 00 00 01 | NFTA_CT_DREG
      `,
    },
    {
      name: 'ct original ip saddr 1.2.3.4 accept',
      value: { expr: 'ct', key: 'src_ip', dreg: 1, direction: 'original' },
      bytes: hex`
        08 00 02 00  00 00 00 13 | NFTA_CT_KEY
        08 00 01 00  00 00 00 01 | NFTA_CT_DREG
        05 00 03 00  00 00 00 00 | NFTA_CT_DIRECTION
      `,
    },
  ],
})

codecTests(cmp, {
  arbitrary: arbitraries.cmp,
  examples: [
    {
      name: 'tcp dport 22 accept comment "ssh"',
      value: { expr: 'cmp', sreg: 1, op: 'eq', data: { value: Uint8Array.of(6) } },
      bytes: hex`
        08 00 01 00  00 00 00 01   | NFTA_CMP_SREG
        08 00 02 00  00 00 00 00   | NFTA_CMP_OP
        0c 00 03 80                | NFTA_CMP_DATA
          05 00 01 00  06 00 00 00 | NFTA_DATA_VALUE
      `,
    },
    {
      name: 'tcp dport 80-90 drop',
      value: { expr: 'cmp', sreg: 1, op: 'gte', data: { value: Uint8Array.of(0, 0x50) } },
      bytes: hex`
        08 00 01 00  00 00 00 01   | NFTA_CMP_SREG
        08 00 02 00  00 00 00 05   | NFTA_CMP_OP
        0c 00 03 80                | NFTA_CMP_DATA
          06 00 01 00  00 50 00 00 | NFTA_DATA_VALUE
      `,
    },
    {
      name: 'tcp dport 80-90 drop',
      value: { expr: 'cmp', sreg: 1, op: 'lte', data: { value: Uint8Array.of(0, 0x5a) } },
      bytes: hex`
        08 00 01 00  00 00 00 01   | NFTA_CMP_SREG
        08 00 02 00  00 00 00 03   | NFTA_CMP_OP
        0c 00 03 80                | NFTA_CMP_DATA
          06 00 01 00  00 5a 00 00 | NFTA_DATA_VALUE
      `,
    },
    {
      name: 'ct state established,related accept',
      value: { expr: 'cmp', sreg: 1, op: 'neq', data: { value: Uint8Array.of(0, 0, 0, 0) } },
      bytes: hex`
        08 00 01 00  00 00 00 01   | NFTA_CMP_SREG
        08 00 02 00  00 00 00 01   | NFTA_CMP_OP
        0c 00 03 80                | NFTA_CMP_DATA
          08 00 01 00  00 00 00 00 | NFTA_DATA_VALUE
      `,
    },
    {
      name: 'ip ttl > 5',
      value: { expr: 'cmp', sreg: 1, op: 'gt', data: { value: Uint8Array.of(5) } },
      bytes: hex`
        08 00 01 00  00 00 00 01   | NFTA_CMP_SREG
        08 00 02 00  00 00 00 04   | NFTA_CMP_OP
        0c 00 03 80                | NFTA_CMP_DATA
          05 00 01 00  05 00 00 00 | NFTA_DATA_VALUE
      `,
    },
  ],
})

codecTests(range, {
  arbitrary: arbitraries.range,
  examples: [
    {
      name: 'tcp dport != 80-90 drop',
      value: {
        expr: 'range',
        sreg: 1,
        op: 'neq',
        fromData: { value: Uint8Array.of(0, 0x50) },
        toData: { value: Uint8Array.of(0, 0x5a) },
      },
      bytes: hex`
        08 00 01 00  00 00 00 01   | NFTA_RANGE_SREG
        08 00 02 00  00 00 00 01   | NFTA_RANGE_OP
        0c 00 03 80                | NFTA_RANGE_FROM_DATA
          06 00 01 00  00 50 00 00 | NFTA_DATA_VALUE
        0c 00 04 80                | NFTA_RANGE_TO_DATA
          06 00 01 00  00 5a 00 00 | NFTA_DATA_VALUE
      `,
    },
  ],
})

codecTests(bitwise, {
  arbitrary: arbitraries.bitwise,
  examples: [
    {
      name: 'ip saddr 10.0.0.0/9 drop',
      value: {
        expr: 'bitwise',
        sreg: 1,
        dreg: 1,
        len: 4,
        mask: { value: Uint8Array.of(0xff, 0x80, 0, 0) },
        xor: { value: Uint8Array.of(0, 0, 0, 0) },
      },
      bytes: hex`
        08 00 01 00  00 00 00 01   | NFTA_BITWISE_SREG
        08 00 02 00  00 00 00 01   | NFTA_BITWISE_DREG
        08 00 03 00  00 00 00 04   | NFTA_BITWISE_LEN
        0c 00 04 80                | NFTA_BITWISE_MASK
          08 00 01 00  ff 80 00 00 | NFTA_DATA_VALUE
        0c 00 05 80                | NFTA_BITWISE_XOR
          08 00 01 00  00 00 00 00 | NFTA_DATA_VALUE
      `,
    },
    {
      name: 'frag frag-off 5',
      value: {
        expr: 'bitwise',
        sreg: 1,
        dreg: 1,
        op: 'mask_xor',
        len: 2,
        mask: { value: Uint8Array.of(0xff, 0xf8) },
        xor: { value: Uint8Array.of(0, 0) },
      },
      bytes: hex`
        08 00 01 00  00 00 00 01   | NFTA_BITWISE_SREG
        08 00 02 00  00 00 00 01   | NFTA_BITWISE_DREG
        08 00 06 00  00 00 00 00   | NFTA_BITWISE_OP
        08 00 03 00  00 00 00 02   | NFTA_BITWISE_LEN
        0c 00 04 80                | NFTA_BITWISE_MASK
          06 00 01 00  ff f8 00 00 | NFTA_DATA_VALUE
        0c 00 05 80                | NFTA_BITWISE_XOR
          06 00 01 00  00 00 00 00 | NFTA_DATA_VALUE
      `,
    },
    {
      name: 'meta mark set mark lshift 5',
      value: { expr: 'bitwise', sreg: 1, dreg: 1, op: 'lshift', len: 4, data: { value: Uint8Array.of(5, 0, 0, 0) } },
      bytes: hex`
        08 00 01 00  00 00 00 01   | NFTA_BITWISE_SREG
        08 00 02 00  00 00 00 01   | NFTA_BITWISE_DREG
        08 00 06 00  00 00 00 01   | NFTA_BITWISE_OP
        08 00 03 00  00 00 00 04   | NFTA_BITWISE_LEN
        0c 00 07 80                | NFTA_BITWISE_DATA
          08 00 01 00  05 00 00 00 | NFTA_DATA_VALUE
      `,
    },
  ],
})

codecTests(byteorder, {
  arbitrary: arbitraries.byteorder,
  examples: [
    {
      name: 'tcp option maxseg size set rt mtu',
      value: { expr: 'byteorder', sreg: 1, dreg: 1, op: 'hton', len: 2, size: 2 },
      bytes: hex`
        08 00 01 00  00 00 00 01 | NFTA_BYTEORDER_SREG
        08 00 02 00  00 00 00 01 | NFTA_BYTEORDER_DREG
        08 00 03 00  00 00 00 01 | NFTA_BYTEORDER_OP
        08 00 04 00  00 00 00 02 | NFTA_BYTEORDER_LEN
        08 00 05 00  00 00 00 02 | NFTA_BYTEORDER_SIZE
      `,
    },
  ],
})

codecTests(fib, {
  arbitrary: arbitraries.fib,
  examples: [
    {
      name: 'fib daddr type local accept',
      value: { expr: 'fib', flags: ['daddr'], result: 'addrtype', dreg: 1 },
      bytes: hex`
        08 00 03 00  00 00 00 02 | NFTA_FIB_FLAGS
        08 00 02 00  00 00 00 03 | NFTA_FIB_RESULT
        08 00 01 00  00 00 00 01 | NFTA_FIB_DREG
      `,
    },
  ],
})

codecTests(rt, {
  arbitrary: arbitraries.rt,
  examples: [
    {
      name: 'rt mtu 1400 accept',
      value: { expr: 'rt', key: 'tcpmss', dreg: 1 },
      bytes: hex`
        08 00 02 00  00 00 00 03 | NFTA_RT_KEY
        08 00 01 00  00 00 00 01 | NFTA_RT_DREG
      `,
    },
  ],
})

codecTests(exthdr, {
  arbitrary: arbitraries.exthdr,
  examples: [
    {
      name: 'tcp option maxseg size set rt mtu',
      value: { expr: 'exthdr', sreg: 1, type: 2, offset: 2, len: 2, op: 'tcpopt' },
      bytes: hex`
        08 00 07 00  00 00 00 01 | NFTA_EXTHDR_SREG
        05 00 02 00  02 00 00 00 | NFTA_EXTHDR_TYPE
        08 00 03 00  00 00 00 02 | NFTA_EXTHDR_OFFSET
        08 00 04 00  00 00 00 02 | NFTA_EXTHDR_LEN
        08 00 06 00  00 00 00 01 | NFTA_EXTHDR_OP
      `,
    },
    {
      name: 'tcp option maxseg size 5',
      value: { expr: 'exthdr', dreg: 1, type: 2, offset: 2, len: 2, op: 'tcpopt', flags: [] },
      bytes: hex`
        08 00 01 00  00 00 00 01 | NFTA_EXTHDR_DREG
        05 00 02 00  02 00 00 00 | NFTA_EXTHDR_TYPE
        08 00 03 00  00 00 00 02 | NFTA_EXTHDR_OFFSET
        08 00 04 00  00 00 00 02 | NFTA_EXTHDR_LEN
        08 00 06 00  00 00 00 01 | NFTA_EXTHDR_OP
        08 00 05 00  00 00 00 00 | NFTA_EXTHDR_FLAGS
      `,
    },
    {
      name: 'tcp option sack-perm exists',
      value: { expr: 'exthdr', dreg: 1, type: 4, offset: 0, len: 1, op: 'tcpopt', flags: ['present'] },
      bytes: hex`
        08 00 01 00  00 00 00 01 | NFTA_EXTHDR_DREG
        05 00 02 00  04 00 00 00 | NFTA_EXTHDR_TYPE
        08 00 03 00  00 00 00 00 | NFTA_EXTHDR_OFFSET
        08 00 04 00  00 00 00 01 | NFTA_EXTHDR_LEN
        08 00 06 00  00 00 00 01 | NFTA_EXTHDR_OP
        08 00 05 00  00 00 00 01 | NFTA_EXTHDR_FLAGS
      `,
    },
    {
      name: 'exthdr frag exists',
      value: { expr: 'exthdr', dreg: 1, type: 44, offset: 0, len: 1, op: 'ipv6', flags: ['present'] },
      bytes: hex`
        08 00 01 00  00 00 00 01 | NFTA_EXTHDR_DREG
        05 00 02 00  2c 00 00 00 | NFTA_EXTHDR_TYPE
        08 00 03 00  00 00 00 00 | NFTA_EXTHDR_OFFSET
        08 00 04 00  00 00 00 01 | NFTA_EXTHDR_LEN
        08 00 06 00  00 00 00 00 | NFTA_EXTHDR_OP
        08 00 05 00  00 00 00 01 | NFTA_EXTHDR_FLAGS
      `,
    },
  ],
})
