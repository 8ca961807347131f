import { codecTests, hex } from '@sallyport/linux/testing'
import { dynset, hash, immediate, lookup, numgen, objref } from '../src/expr/index.ts'
import { arbitraries } from './support/arbitrary.ts'

// What nft 1.0.6 sends in NFTA_EXPR_DATA for the rules that the examples are named by.

codecTests(immediate, {
  arbitrary: arbitraries.immediate,
  examples: [
    {
      name: 'tcp dport 22 accept comment "ssh"',
      value: { expr: 'immediate', dreg: 0, data: { verdict: { code: 'accept' } } },
      bytes: hex`
        08 00 01 00  00 00 00 00     | NFTA_IMMEDIATE_DREG
        10 00 02 80                  | NFTA_IMMEDIATE_DATA
          0c 00 02 80                | NFTA_DATA_VERDICT
            08 00 01 00  00 00 00 01 | NFTA_VERDICT_CODE
      `,
    },
    {
      name: 'meta mark set 5',
      value: { expr: 'immediate', dreg: 1, data: { value: Uint8Array.of(5, 0, 0, 0) } },
      bytes: hex`
        08 00 01 00  00 00 00 01   | NFTA_IMMEDIATE_DREG
        0c 00 02 80                | NFTA_IMMEDIATE_DATA
          08 00 01 00  05 00 00 00 | NFTA_DATA_VALUE
      `,
    },
    {
      name: 'ip saddr 10.0.0.0/8 drop',
      value: { expr: 'immediate', dreg: 0, data: { verdict: { code: 'drop' } } },
      bytes: hex`
        08 00 01 00  00 00 00 00     | NFTA_IMMEDIATE_DREG
        10 00 02 80                  | NFTA_IMMEDIATE_DATA
          0c 00 02 80                | NFTA_DATA_VERDICT
            08 00 01 00  00 00 00 00 | NFTA_VERDICT_CODE
      `,
    },
    {
      name: 'goto c',
      value: { expr: 'immediate', dreg: 0, data: { verdict: { code: 'goto', chain: 'c' } } },
      bytes: hex`
        08 00 01 00  00 00 00 00     | NFTA_IMMEDIATE_DREG
        18 00 02 80                  | NFTA_IMMEDIATE_DATA
          14 00 02 80                | NFTA_DATA_VERDICT
            08 00 01 00  ff ff ff fc | NFTA_VERDICT_CODE
            06 00 02 00  63 00 00 00 | NFTA_VERDICT_CHAIN 'c'
      `,
    },
    {
      name: 'jump c',
      value: { expr: 'immediate', dreg: 0, data: { verdict: { code: 'jump', chain: 'c' } } },
      bytes: hex`
        08 00 01 00  00 00 00 00     | NFTA_IMMEDIATE_DREG
        18 00 02 80                  | NFTA_IMMEDIATE_DATA
          14 00 02 80                | NFTA_DATA_VERDICT
            08 00 01 00  ff ff ff fd | NFTA_VERDICT_CODE
            06 00 02 00  63 00 00 00 | NFTA_VERDICT_CHAIN 'c'
      `,
    },
    {
      name: 'return',
      value: { expr: 'immediate', dreg: 0, data: { verdict: { code: 'return' } } },
      bytes: hex`
        08 00 01 00  00 00 00 00     | NFTA_IMMEDIATE_DREG
        10 00 02 80                  | NFTA_IMMEDIATE_DATA
          0c 00 02 80                | NFTA_DATA_VERDICT
            08 00 01 00  ff ff ff fb | NFTA_VERDICT_CODE
      `,
    },
    {
      name: 'continue',
      value: { expr: 'immediate', dreg: 0, data: { verdict: { code: 'continue' } } },
      bytes: hex`
        08 00 01 00  00 00 00 00     | NFTA_IMMEDIATE_DREG
        10 00 02 80                  | NFTA_IMMEDIATE_DATA
          0c 00 02 80                | NFTA_DATA_VERDICT
            08 00 01 00  ff ff ff ff | NFTA_VERDICT_CODE
      `,
    },
  ],
})

codecTests(lookup, {
  arbitrary: arbitraries.lookup,
  examples: [
    {
      name: 'ip saddr @s2 drop',
      value: { expr: 'lookup', sreg: 1, set: 's2', setId: 2 },
      bytes: hex`
        08 00 02 00  00 00 00 01 | NFTA_LOOKUP_SREG
        07 00 01 00  73 32 00 00 | NFTA_LOOKUP_SET 's2'
        08 00 04 00  00 00 00 02 | NFTA_LOOKUP_SET_ID
      `,
    },
    {
      name: 'ip saddr != @s2 drop',
      value: { expr: 'lookup', sreg: 1, set: 's2', setId: 2, flags: ['inv'] },
      bytes: hex`
        08 00 02 00  00 00 00 01 | NFTA_LOOKUP_SREG
        07 00 01 00  73 32 00 00 | NFTA_LOOKUP_SET 's2'
        08 00 04 00  00 00 00 02 | NFTA_LOOKUP_SET_ID
        08 00 05 00  00 00 00 01 | NFTA_LOOKUP_FLAGS
      `,
    },
    {
      name: 'ip saddr vmap @m2',
      value: { expr: 'lookup', sreg: 1, dreg: 0, set: 'm2', setId: 9 },
      bytes: hex`
        08 00 02 00  00 00 00 01 | NFTA_LOOKUP_SREG
        08 00 03 00  00 00 00 00 | NFTA_LOOKUP_DREG
        07 00 01 00  6d 32 00 00 | NFTA_LOOKUP_SET 'm2'
        08 00 04 00  00 00 00 09 | NFTA_LOOKUP_SET_ID
      `,
    },
  ],
})

codecTests(dynset, {
  arbitrary: arbitraries.dynset,
  examples: [
    {
      name: 'add @s1 { meta l4proto . th sport }',
      value: { expr: 'dynset', sregKey: 1, op: 'add', setName: 's1', setId: 1 },
      bytes: hex`
        08 00 04 00  00 00 00 01 | NFTA_DYNSET_SREG_KEY
        08 00 03 00  00 00 00 00 | NFTA_DYNSET_OP
        07 00 01 00  73 31 00 00 | NFTA_DYNSET_SET_NAME 's1'
        08 00 02 00  00 00 00 01 | NFTA_DYNSET_SET_ID
      `,
    },
    {
      name: 'update @s1 { meta l4proto . th sport timeout 30s }',
      value: { expr: 'dynset', sregKey: 1, op: 'update', timeout: 30000n, setName: 's1', setId: 1 },
      bytes: hex`
        08 00 04 00  00 00 00 01              | NFTA_DYNSET_SREG_KEY
        08 00 03 00  00 00 00 01              | NFTA_DYNSET_OP
        0c 00 06 00  00 00 00 00  00 00 75 30 | NFTA_DYNSET_TIMEOUT
        07 00 01 00  73 31 00 00              | NFTA_DYNSET_SET_NAME 's1'
        08 00 02 00  00 00 00 01              | NFTA_DYNSET_SET_ID
      `,
    },
    {
      name: 'delete @s1 { meta l4proto . th sport }',
      value: { expr: 'dynset', sregKey: 1, op: 'delete', setName: 's1', setId: 1 },
      bytes: hex`
        08 00 04 00  00 00 00 01 | NFTA_DYNSET_SREG_KEY
        08 00 03 00  00 00 00 02 | NFTA_DYNSET_OP
        07 00 01 00  73 31 00 00 | NFTA_DYNSET_SET_NAME 's1'
        08 00 02 00  00 00 00 01 | NFTA_DYNSET_SET_ID
      `,
    },
    {
      name: 'add @s1 { meta l4proto . th sport limit rate 1/week burst 1 packets }',
      value: {
        expr: 'dynset',
        sregKey: 1,
        op: 'add',
        setName: 's1',
        setId: 1,
        expressions: [{ expr: 'limit', rate: 1n, unit: 604800n, burst: 1, type: 'pkts', flags: [] }],
      },
      bytes: hex`
        08 00 04 00  00 00 00 01                  | NFTA_DYNSET_SREG_KEY
        08 00 03 00  00 00 00 00                  | NFTA_DYNSET_OP
        07 00 01 00  73 31 00 00                  | NFTA_DYNSET_SET_NAME 's1'
        08 00 02 00  00 00 00 01                  | NFTA_DYNSET_SET_ID
        44 00 07 80                               | NFTA_DYNSET_EXPR
          0a 00 01 00  6c 69 6d 69  74 00 00 00   | NFTA_EXPR_NAME 'limit'
          34 00 02 80                             | NFTA_EXPR_DATA
            0c 00 01 00  00 00 00 00  00 00 00 01 | NFTA_LIMIT_RATE
            0c 00 02 00  00 00 00 00  00 09 3a 80 | NFTA_LIMIT_UNIT
            08 00 03 00  00 00 00 01              | NFTA_LIMIT_BURST
            08 00 04 00  00 00 00 00              | NFTA_LIMIT_TYPE
            08 00 05 00  00 00 00 00              | NFTA_LIMIT_FLAGS
      `,
    },
    {
      name: 'add @s1 { meta l4proto . th sport counter limit rate 1/week burst 1 packets }',
      value: {
        expr: 'dynset',
        sregKey: 1,
        op: 'add',
        setName: 's1',
        setId: 1,
        expressions: [
          { expr: 'counter' },
          { expr: 'limit', rate: 1n, unit: 604800n, burst: 1, type: 'pkts', flags: [] },
        ],
      },
      bytes: hex`
        08 00 04 00  00 00 00 01                    | NFTA_DYNSET_SREG_KEY
        08 00 03 00  00 00 00 00                    | NFTA_DYNSET_OP
        07 00 01 00  73 31 00 00                    | NFTA_DYNSET_SET_NAME 's1'
        08 00 02 00  00 00 00 01                    | NFTA_DYNSET_SET_ID
        5c 00 0a 80                                 | NFTA_DYNSET_EXPRESSIONS
          14 00 01 80                               | NFTA_LIST_ELEM
            0c 00 01 00  63 6f 75 6e  74 65 72 00   | NFTA_EXPR_NAME 'counter'
            04 00 02 80                             | NFTA_EXPR_DATA
          44 00 01 80                               | NFTA_LIST_ELEM
            0a 00 01 00  6c 69 6d 69  74 00 00 00   | NFTA_EXPR_NAME 'limit'
            34 00 02 80                             | NFTA_EXPR_DATA
              0c 00 01 00  00 00 00 00  00 00 00 01 | NFTA_LIMIT_RATE
              0c 00 02 00  00 00 00 00  00 09 3a 80 | NFTA_LIMIT_UNIT
              08 00 03 00  00 00 00 01              | NFTA_LIMIT_BURST
              08 00 04 00  00 00 00 00              | NFTA_LIMIT_TYPE
              08 00 05 00  00 00 00 00              | NFTA_LIMIT_FLAGS
        08 00 09 00  00 00 00 02                    | NFTA_DYNSET_FLAGS
      `,
    },
    {
      name: 'meta l4proto { tcp, udp } update @m5 { meta l4proto . th sport : ct reply proto-dst }',
      value: { expr: 'dynset', sregKey: 1, sregData: 2, op: 'update', setName: 'm5', setId: 12 },
      bytes: hex`
        08 00 04 00  00 00 00 01 | NFTA_DYNSET_SREG_KEY
        08 00 05 00  00 00 00 02 | NFTA_DYNSET_SREG_DATA
        08 00 03 00  00 00 00 01 | NFTA_DYNSET_OP
        07 00 01 00  6d 35 00 00 | NFTA_DYNSET_SET_NAME 'm5'
        08 00 02 00  00 00 00 0c | NFTA_DYNSET_SET_ID
      `,
    },
  ],
})

codecTests(objref, {
  arbitrary: arbitraries.objref,
  examples: [
    {
      name: 'counter name "c1"',
      value: { expr: 'objref', immType: 'counter', immName: 'c1' },
      bytes: hex`
        08 00 01 00  00 00 00 01 | NFTA_OBJREF_IMM_TYPE
        06 00 02 00  63 31 00 00 | NFTA_OBJREF_IMM_NAME
      `,
    },
    {
      name: 'counter name ip saddr map @m4',
      value: { expr: 'objref', setSreg: 1, setName: 'm4', setId: 11 },
      bytes: hex`
        08 00 03 00  00 00 00 01 | NFTA_OBJREF_SET_SREG
        06 00 04 00  6d 34 00 00 | NFTA_OBJREF_SET_NAME
        08 00 05 00  00 00 00 0b | NFTA_OBJREF_SET_ID
      `,
    },
  ],
})

codecTests(numgen, {
  arbitrary: arbitraries.numgen,
  examples: [
    {
      name: 'meta mark set numgen inc mod 3',
      value: { expr: 'numgen', dreg: 1, modulus: 3, type: 'incremental', offset: 0 },
      bytes: hex`
        08 00 01 00  00 00 00 01 | NFTA_NG_DREG
        08 00 02 00  00 00 00 03 | NFTA_NG_MODULUS
        08 00 03 00  00 00 00 00 | NFTA_NG_TYPE
        08 00 04 00  00 00 00 00 | NFTA_NG_OFFSET
      `,
    },
    {
      name: 'meta mark set numgen random mod 3 offset 5',
      value: { expr: 'numgen', dreg: 1, modulus: 3, type: 'random', offset: 5 },
      bytes: hex`
        08 00 01 00  00 00 00 01 | NFTA_NG_DREG
        08 00 02 00  00 00 00 03 | NFTA_NG_MODULUS
        08 00 03 00  00 00 00 01 | NFTA_NG_TYPE
        08 00 04 00  00 00 00 05 | NFTA_NG_OFFSET
      `,
    },
  ],
})

codecTests(hash, {
  arbitrary: arbitraries.hash,
  examples: [
    {
      name: 'meta mark set jhash ip saddr . tcp dport mod 7 seed 0xdeadbeef',
      value: { expr: 'hash', sreg: 2, dreg: 1, len: 8, modulus: 7, seed: 3735928559, offset: 0, type: 'jenkins' },
      bytes: hex`
        08 00 01 00  00 00 00 02 | NFTA_HASH_SREG
        08 00 02 00  00 00 00 01 | NFTA_HASH_DREG
        08 00 03 00  00 00 00 08 | NFTA_HASH_LEN
        08 00 04 00  00 00 00 07 | NFTA_HASH_MODULUS
        08 00 05 00  de ad be ef | NFTA_HASH_SEED
        08 00 06 00  00 00 00 00 | NFTA_HASH_OFFSET
        08 00 07 00  00 00 00 00 | NFTA_HASH_TYPE
      `,
    },
    {
      name: 'meta mark set jhash ip saddr mod 7 offset 3',
      value: { expr: 'hash', sreg: 2, dreg: 1, len: 4, modulus: 7, offset: 3, type: 'jenkins' },
      bytes: hex`
        08 00 01 00  00 00 00 02 | NFTA_HASH_SREG
        08 00 02 00  00 00 00 01 | NFTA_HASH_DREG
        08 00 03 00  00 00 00 04 | NFTA_HASH_LEN
        08 00 04 00  00 00 00 07 | NFTA_HASH_MODULUS
        08 00 06 00  00 00 00 03 | NFTA_HASH_OFFSET
        08 00 07 00  00 00 00 00 | NFTA_HASH_TYPE
      `,
    },
    {
      name: 'meta mark set symhash mod 7',
      value: { expr: 'hash', dreg: 1, modulus: 7, offset: 0, type: 'sym' },
      bytes: hex`
        08 00 02 00  00 00 00 01 | NFTA_HASH_DREG
        08 00 04 00  00 00 00 07 | NFTA_HASH_MODULUS
        08 00 06 00  00 00 00 00 | NFTA_HASH_OFFSET
        08 00 07 00  00 00 00 01 | NFTA_HASH_TYPE
      `,
    },
  ],
})
