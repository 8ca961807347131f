import { codecTests, hex } from '@sallyport/linux/testing'
import { connlimit, counter, last, limit, quota } from '../src/expr/index.ts'
import { arbitraries } from './support/arbitrary.ts'

// What nft 1.0.6 sends in NFTA_EXPR_DATA for the rules that the examples are named by.

codecTests(counter, {
  arbitrary: arbitraries.counter,
  examples: [
    {
      name: 'counter',
      value: { expr: 'counter' },
      bytes: hex``,
    },
    {
      name: 'counter packets 5 bytes 7',
      value: { expr: 'counter', bytes: 7n, packets: 5n },
      bytes: hex`
        0c 00 01 00  00 00 00 00  00 00 00 07 | NFTA_COUNTER_BYTES
        0c 00 02 00  00 00 00 00  00 00 00 05 | NFTA_COUNTER_PACKETS
      `,
    },
  ],
})

codecTests(limit, {
  arbitrary: arbitraries.limit,
  examples: [
    {
      name: 'limit rate 5/second',
      value: { expr: 'limit', rate: 5n, unit: 1n, burst: 5, type: 'pkts', flags: [] },
      bytes: hex`
        0c 00 01 00  00 00 00 00  00 00 00 05 | NFTA_LIMIT_RATE
        0c 00 02 00  00 00 00 00  00 00 00 01 | NFTA_LIMIT_UNIT
        08 00 03 00  00 00 00 05              | NFTA_LIMIT_BURST
        08 00 04 00  00 00 00 00              | NFTA_LIMIT_TYPE
        08 00 05 00  00 00 00 00              | NFTA_LIMIT_FLAGS
      `,
    },
    {
      name: 'limit rate 5 kbytes/second burst 3 kbytes',
      value: { expr: 'limit', rate: 5120n, unit: 1n, burst: 3072, type: 'pkt_bytes', flags: [] },
      bytes: hex`
        0c 00 01 00  00 00 00 00  00 00 14 00 | NFTA_LIMIT_RATE
        0c 00 02 00  00 00 00 00  00 00 00 01 | NFTA_LIMIT_UNIT
        08 00 03 00  00 00 0c 00              | NFTA_LIMIT_BURST
        08 00 04 00  00 00 00 01              | NFTA_LIMIT_TYPE
        08 00 05 00  00 00 00 00              | NFTA_LIMIT_FLAGS
      `,
    },
  ],
})

codecTests(quota, {
  arbitrary: arbitraries.quota,
  examples: [
    {
      name: 'quota over 1 mbytes',
      value: { expr: 'quota', bytes: 1048576n, consumed: 0n, flags: ['inv'] },
      bytes: hex`
        0c 00 01 00  00 00 00 00  00 10 00 00 | NFTA_QUOTA_BYTES
        0c 00 04 00  00 00 00 00  00 00 00 00 | NFTA_QUOTA_CONSUMED
        08 00 02 00  00 00 00 01              | NFTA_QUOTA_FLAGS
      `,
    },
  ],
})

codecTests(connlimit, {
  arbitrary: arbitraries.connlimit,
  examples: [
    {
      name: 'ct count over 5',
      value: { expr: 'connlimit', count: 5, flags: ['inv'] },
      bytes: hex`
        08 00 01 00  00 00 00 05 | NFTA_CONNLIMIT_COUNT
        08 00 02 00  00 00 00 01 | NFTA_CONNLIMIT_FLAGS
      `,
    },
  ],
})

// nft 1.0.6 does not know it: what Linux 6.18 dumps of one that was reached.
codecTests(last, {
  arbitrary: arbitraries.last,
  examples: [
    {
      name: 'last used 1s ago',
      value: { expr: 'last', set: 1, msecs: 1000n },
      bytes: hex`
        08 00 01 00  00 00 00 01              | NFTA_LAST_SET
        0c 00 02 00  00 00 00 00  00 00 03 e8 | NFTA_LAST_MSECS
      `,
    },
  ],
})
