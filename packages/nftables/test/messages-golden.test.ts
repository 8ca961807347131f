import { codecTests, hex } from '@sallyport/linux/testing'
import {
  chainMessage,
  elementsMessage,
  objectMessage,
  ruleMessage,
  setMessage,
  tableMessage,
} from '../src/messages/index.ts'

// What nft 1.0.6 sends behind the netlink header; lists of elements without its numbering.

codecTests(tableMessage, {
  examples: [
    {
      name: 'a table',
      value: { family: 'inet', name: 't', flags: [] },
      bytes: hex`
        01 00 00 00              | nfgenmsg inet
        06 00 01 00  74 00 00 00 | NFTA_TABLE_NAME 't'
        08 00 02 00  00 00 00 00 | NFTA_TABLE_FLAGS
      `,
    },
  ],
})

codecTests(chainMessage, {
  examples: [
    {
      name: 'a base chain with a comment',
      value: {
        family: 'inet',
        table: 't',
        name: 'pre',
        type: 'nat',
        policy: 'accept',
        userdata: Uint8Array.of(0, 8, 97, 32, 99, 104, 97, 105, 110, 0),
        hook: { hook: 'prerouting', priority: -100 },
      },
      bytes: hex`
        01 00 00 00                                        | nfgenmsg inet
        06 00 01 00  74 00 00 00                           | NFTA_CHAIN_TABLE 't'
        08 00 03 00  70 72 65 00                           | NFTA_CHAIN_NAME 'pre'
        08 00 07 00  6e 61 74 00                           | NFTA_CHAIN_TYPE 'nat'
        08 00 05 00  00 00 00 01                           | NFTA_CHAIN_POLICY
        14 00 04 80                                        | NFTA_CHAIN_HOOK
          08 00 01 00  00 00 00 00                         | NFTA_HOOK_HOOKNUM
          08 00 02 00  ff ff ff 9c                         | NFTA_HOOK_PRIORITY
        0e 00 0c 00  00 08 61 20  63 68 61 69  6e 00 00 00 | NFTA_CHAIN_USERDATA
      `,
    },
    {
      name: 'a chain',
      value: { family: 'inet', table: 't', name: 'c' },
      bytes: hex`
        01 00 00 00              | nfgenmsg inet
        06 00 01 00  74 00 00 00 | NFTA_CHAIN_TABLE 't'
        06 00 03 00  63 00 00 00 | NFTA_CHAIN_NAME 'c'
      `,
    },
    {
      name: 'a chain on a device',
      value: {
        family: 'inet',
        table: 't',
        name: 'ing',
        type: 'filter',
        hook: { hook: 'ingress', priority: 0, devices: ['lo'] },
      },
      bytes: hex`
        01 00 00 00                           | nfgenmsg inet
        06 00 01 00  74 00 00 00              | NFTA_CHAIN_TABLE 't'
        08 00 03 00  69 6e 67 00              | NFTA_CHAIN_NAME 'ing'
        0b 00 07 00  66 69 6c 74  65 72 00 00 | NFTA_CHAIN_TYPE 'filter'
        1c 00 04 80                           | NFTA_CHAIN_HOOK
          08 00 01 00  00 00 00 05            | NFTA_HOOK_HOOKNUM
          08 00 02 00  00 00 00 00            | NFTA_HOOK_PRIORITY
          07 00 03 00  6c 6f 00 00            | NFTA_HOOK_DEV
      `,
    },
  ],
})

codecTests(ruleMessage, {
  examples: [
    {
      name: 'tcp dport 22 accept comment "ssh"',
      value: {
        family: 'inet',
        table: 't',
        chain: 'f',
        expressions: [
          { expr: 'meta', key: 'l4proto', dreg: 1 },
          { expr: 'cmp', sreg: 1, op: 'eq', data: { value: Uint8Array.of(6) } },
          { expr: 'payload', dreg: 1, base: 'transport', offset: 2, len: 2 },
          { expr: 'cmp', sreg: 1, op: 'eq', data: { value: Uint8Array.of(0, 22) } },
          { expr: 'immediate', dreg: 0, data: { verdict: { code: 'accept' } } },
        ],
        userdata: Uint8Array.of(0, 4, 115, 115, 104, 0),
      },
      bytes: hex`
        01 00 00 00                                            | nfgenmsg inet
        06 00 01 00  74 00 00 00                               | NFTA_RULE_TABLE 't'
        06 00 02 00  66 00 00 00                               | NFTA_RULE_CHAIN 'f'
        e4 00 04 80                                            | NFTA_RULE_EXPRESSIONS
          24 00 01 80                                          | NFTA_LIST_ELEM
            09 00 01 00  6d 65 74 61  00 00 00 00              | NFTA_EXPR_NAME 'meta'
            14 00 02 80                                        | NFTA_EXPR_DATA
              08 00 02 00  00 00 00 10                         | NFTA_META_KEY
              08 00 01 00  00 00 00 01                         | NFTA_META_DREG
          2c 00 01 80                                          | NFTA_LIST_ELEM
            08 00 01 00  63 6d 70 00                           | NFTA_EXPR_NAME 'cmp'
            20 00 02 80                                        | NFTA_EXPR_DATA
              08 00 01 00  00 00 00 01                         | NFTA_CMP_SREG
              08 00 02 00  00 00 00 00                         | NFTA_CMP_OP
              0c 00 03 80                                      | NFTA_CMP_DATA
                05 00 01 00  06 00 00 00                       | NFTA_DATA_VALUE
          34 00 01 80                                          | NFTA_LIST_ELEM
            0c 00 01 00  70 61 79 6c  6f 61 64 00              | NFTA_EXPR_NAME 'payload'
            24 00 02 80                                        | NFTA_EXPR_DATA
              08 00 01 00  00 00 00 01                         | NFTA_PAYLOAD_DREG
              08 00 02 00  00 00 00 02                         | NFTA_PAYLOAD_BASE
              08 00 03 00  00 00 00 02                         | NFTA_PAYLOAD_OFFSET
              08 00 04 00  00 00 00 02                         | NFTA_PAYLOAD_LEN
          2c 00 01 80                                          | NFTA_LIST_ELEM
            08 00 01 00  63 6d 70 00                           | NFTA_EXPR_NAME 'cmp'
            20 00 02 80                                        | NFTA_EXPR_DATA
              08 00 01 00  00 00 00 01                         | NFTA_CMP_SREG
              08 00 02 00  00 00 00 00                         | NFTA_CMP_OP
              0c 00 03 80                                      | NFTA_CMP_DATA
                06 00 01 00  00 16 00 00                       | NFTA_DATA_VALUE
          30 00 01 80                                          | NFTA_LIST_ELEM
            0e 00 01 00  69 6d 6d 65  64 69 61 74  65 00 00 00 | NFTA_EXPR_NAME 'immediate'
            1c 00 02 80                                        | NFTA_EXPR_DATA
              08 00 01 00  00 00 00 00                         | NFTA_IMMEDIATE_DREG
              10 00 02 80                                      | NFTA_IMMEDIATE_DATA
                0c 00 02 80                                    | NFTA_DATA_VERDICT
                  08 00 01 00  00 00 00 01                     | NFTA_VERDICT_CODE
        0a 00 07 00  00 04 73 73  68 00 00 00                  | NFTA_RULE_USERDATA
      `,
    },
  ],
})

codecTests(setMessage, {
  examples: [
    {
      name: 'a set of concatenations with ranges',
      value: {
        family: 'inet',
        table: 't',
        name: 's3',
        keyType: 461,
        keyLen: 8,
        id: 3,
        userdata: Uint8Array.of(0, 4, 0, 0, 0, 0, 3, 8, 0, 4, 13, 0, 0, 0, 1, 0),
        flags: ['interval', 'concat'],
        fields: [4, 2],
      },
      bytes: hex`
        01 00 00 00                                                     | nfgenmsg inet
        06 00 01 00  74 00 00 00                                        | NFTA_SET_TABLE 't'
        07 00 02 00  73 33 00 00                                        | NFTA_SET_NAME 's3'
        08 00 03 00  00 00 00 84                                        | NFTA_SET_FLAGS
        08 00 04 00  00 00 01 cd                                        | NFTA_SET_KEY_TYPE
        08 00 05 00  00 00 00 08                                        | NFTA_SET_KEY_LEN
        08 00 0a 00  00 00 00 03                                        | NFTA_SET_ID
        20 00 09 80                                                     | NFTA_SET_DESC
          1c 00 02 80                                                   | NFTA_SET_DESC_CONCAT
            0c 00 01 80                                                 | NFTA_LIST_ELEM
              08 00 01 00  00 00 00 04                                  | NFTA_SET_FIELD_LEN
            0c 00 01 80                                                 | NFTA_LIST_ELEM
              08 00 01 00  00 00 00 02                                  | NFTA_SET_FIELD_LEN
        14 00 0d 00  00 04 00 00  00 00 03 08  00 04 0d 00  00 00 01 00 | NFTA_SET_USERDATA
      `,
    },
    {
      name: 'a set whose elements count',
      value: {
        family: 'inet',
        table: 't',
        name: 's4',
        keyType: 7,
        keyLen: 4,
        id: 4,
        userdata: Uint8Array.of(0, 4, 2, 0, 0, 0),
        flags: [],
        expressions: [{ expr: 'counter' }],
      },
      bytes: hex`
        01 00 00 00                             | nfgenmsg inet
        06 00 01 00  74 00 00 00                | NFTA_SET_TABLE 't'
        07 00 02 00  73 34 00 00                | NFTA_SET_NAME 's4'
        08 00 03 00  00 00 00 00                | NFTA_SET_FLAGS
        08 00 04 00  00 00 00 07                | NFTA_SET_KEY_TYPE
        08 00 05 00  00 00 00 04                | NFTA_SET_KEY_LEN
        08 00 0a 00  00 00 00 04                | NFTA_SET_ID
        0a 00 0d 00  00 04 02 00  00 00 00 00   | NFTA_SET_USERDATA
        14 00 11 80                             | NFTA_SET_EXPR
          0c 00 01 00  63 6f 75 6e  74 65 72 00 | NFTA_EXPR_NAME 'counter'
          04 00 02 80                           | NFTA_EXPR_DATA
      `,
    },
    {
      name: 'a map of concatenations',
      value: {
        family: 'inet',
        table: 't',
        name: 'm1',
        keyType: 781,
        keyLen: 8,
        dataType: 461,
        dataLen: 8,
        id: 8,
        userdata: Uint8Array.of(
          0,
          4,
          0,
          0,
          0,
          0,
          1,
          4,
          0,
          0,
          0,
          0,
          3,
          8,
          0,
          4,
          13,
          0,
          0,
          0,
          1,
          0,
          4,
          8,
          0,
          4,
          13,
          0,
          0,
          0,
          1,
          0,
          6,
          4,
          0,
          0,
          0,
          0,
        ),
        flags: ['map'],
      },
      bytes: hex`
        01 00 00 00                                                                                                                                   | nfgenmsg inet
        06 00 01 00  74 00 00 00                                                                                                                      | NFTA_SET_TABLE 't'
        07 00 02 00  6d 31 00 00                                                                                                                      | NFTA_SET_NAME 'm1'
        08 00 03 00  00 00 00 08                                                                                                                      | NFTA_SET_FLAGS
        08 00 04 00  00 00 03 0d                                                                                                                      | NFTA_SET_KEY_TYPE
        08 00 05 00  00 00 00 08                                                                                                                      | NFTA_SET_KEY_LEN
        08 00 06 00  00 00 01 cd                                                                                                                      | NFTA_SET_DATA_TYPE
        08 00 07 00  00 00 00 08                                                                                                                      | NFTA_SET_DATA_LEN
        08 00 0a 00  00 00 00 08                                                                                                                      | NFTA_SET_ID
        2a 00 0d 00  00 04 00 00  00 00 01 04  00 00 00 00  03 08 00 04  0d 00 00 00  01 00 04 08  00 04 0d 00  00 00 01 00  06 04 00 00  00 00 00 00 | NFTA_SET_USERDATA
      `,
    },
    {
      name: 'a dynamic map',
      value: {
        family: 'inet',
        table: 't',
        name: 'm5',
        keyType: 781,
        keyLen: 8,
        dataType: 13,
        dataLen: 2,
        id: 12,
        timeout: 3600000n,
        userdata: Uint8Array.of(0, 4, 0, 0, 0, 0, 1, 4, 2, 0, 0, 0, 3, 8, 0, 4, 13, 0, 0, 0, 1, 0, 6, 4, 0, 0, 0, 0),
        flags: ['map', 'timeout', 'eval'],
        size: 10,
      },
      bytes: hex`
        01 00 00 00                                                                                            | nfgenmsg inet
        06 00 01 00  74 00 00 00                                                                               | NFTA_SET_TABLE 't'
        07 00 02 00  6d 35 00 00                                                                               | NFTA_SET_NAME 'm5'
        08 00 03 00  00 00 00 38                                                                               | NFTA_SET_FLAGS
        08 00 04 00  00 00 03 0d                                                                               | NFTA_SET_KEY_TYPE
        08 00 05 00  00 00 00 08                                                                               | NFTA_SET_KEY_LEN
        08 00 06 00  00 00 00 0d                                                                               | NFTA_SET_DATA_TYPE
        08 00 07 00  00 00 00 02                                                                               | NFTA_SET_DATA_LEN
        08 00 0a 00  00 00 00 0c                                                                               | NFTA_SET_ID
        0c 00 09 80                                                                                            | NFTA_SET_DESC
          08 00 01 00  00 00 00 0a                                                                             | NFTA_SET_DESC_SIZE
        0c 00 0b 00  00 00 00 00  00 36 ee 80                                                                  | NFTA_SET_TIMEOUT
        20 00 0d 00  00 04 00 00  00 00 01 04  02 00 00 00  03 08 00 04  0d 00 00 00  01 00 06 04  00 00 00 00 | NFTA_SET_USERDATA
      `,
    },
  ],
})

codecTests(elementsMessage, {
  examples: [
    {
      name: 'elements with a comment',
      value: {
        family: 'inet',
        table: 't',
        set: 's4',
        setId: 4,
        elements: [
          { key: Uint8Array.of(1, 1, 1, 1) },
          { userdata: Uint8Array.of(0, 4, 116, 119, 111, 0), key: Uint8Array.of(2, 2, 2, 2) },
        ],
      },
      bytes: hex`
        01 00 00 00                               | nfgenmsg inet
        06 00 01 00  74 00 00 00                  | NFTA_SET_ELEM_LIST_TABLE 't'
        07 00 02 00  73 34 00 00                  | NFTA_SET_ELEM_LIST_SET 's4'
        08 00 04 00  00 00 00 04                  | NFTA_SET_ELEM_LIST_SET_ID
        30 00 03 80                               | NFTA_SET_ELEM_LIST_ELEMENTS
          10 00 01 80                             | NFTA_LIST_ELEM
            0c 00 01 80                           | NFTA_SET_ELEM_KEY
              08 00 01 00  01 01 01 01            | NFTA_DATA_VALUE
          1c 00 01 80                             | NFTA_LIST_ELEM
            0c 00 01 80                           | NFTA_SET_ELEM_KEY
              08 00 01 00  02 02 02 02            | NFTA_DATA_VALUE
            0a 00 06 00  00 04 74 77  6f 00 00 00 | NFTA_SET_ELEM_USERDATA
      `,
    },
    {
      name: 'an element with a timeout',
      value: {
        family: 'inet',
        table: 't',
        set: 's5',
        setId: 5,
        elements: [{ timeout: 60000n, key: Uint8Array.of(1, 1, 1, 1) }],
      },
      bytes: hex`
        01 00 00 00                               | nfgenmsg inet
        06 00 01 00  74 00 00 00                  | NFTA_SET_ELEM_LIST_TABLE 't'
        07 00 02 00  73 35 00 00                  | NFTA_SET_ELEM_LIST_SET 's5'
        08 00 04 00  00 00 00 05                  | NFTA_SET_ELEM_LIST_SET_ID
        20 00 03 80                               | NFTA_SET_ELEM_LIST_ELEMENTS
          1c 00 01 80                             | NFTA_LIST_ELEM
            0c 00 04 00  00 00 00 00  00 00 ea 60 | NFTA_SET_ELEM_TIMEOUT
            0c 00 01 80                           | NFTA_SET_ELEM_KEY
              08 00 01 00  01 01 01 01            | NFTA_DATA_VALUE
      `,
    },
    {
      name: 'a verdict map',
      value: {
        family: 'inet',
        table: 't',
        set: 'm2',
        setId: 9,
        elements: [
          { data: { verdict: { code: 'jump', chain: 'c' } }, key: Uint8Array.of(1, 1, 1, 1) },
          { data: { verdict: { code: 'drop' } }, key: Uint8Array.of(1, 1, 1, 2) },
        ],
      },
      bytes: hex`
        01 00 00 00                      | nfgenmsg inet
        06 00 01 00  74 00 00 00         | NFTA_SET_ELEM_LIST_TABLE 't'
        07 00 02 00  6d 32 00 00         | NFTA_SET_ELEM_LIST_SET 'm2'
        08 00 04 00  00 00 00 09         | NFTA_SET_ELEM_LIST_SET_ID
        4c 00 03 80                      | NFTA_SET_ELEM_LIST_ELEMENTS
          28 00 01 80                    | NFTA_LIST_ELEM
            0c 00 01 80                  | NFTA_SET_ELEM_KEY
              08 00 01 00  01 01 01 01   | NFTA_DATA_VALUE
            18 00 02 80                  | NFTA_SET_ELEM_DATA
              14 00 02 80                | NFTA_DATA_VERDICT
                08 00 01 00  ff ff ff fd | NFTA_VERDICT_CODE
                06 00 02 00  63 00 00 00 | NFTA_VERDICT_CHAIN 'c'
          20 00 01 80                    | NFTA_LIST_ELEM
            0c 00 01 80                  | NFTA_SET_ELEM_KEY
              08 00 01 00  01 01 01 02   | NFTA_DATA_VALUE
            10 00 02 80                  | NFTA_SET_ELEM_DATA
              0c 00 02 80                | NFTA_DATA_VERDICT
                08 00 01 00  00 00 00 00 | NFTA_VERDICT_CODE
      `,
    },
    {
      name: 'a map to counters',
      value: {
        family: 'inet',
        table: 't',
        set: 'm4',
        setId: 11,
        elements: [{ objref: 'c1', key: Uint8Array.of(1, 1, 1, 1) }],
      },
      bytes: hex`
        01 00 00 00                    | nfgenmsg inet
        06 00 01 00  74 00 00 00       | NFTA_SET_ELEM_LIST_TABLE 't'
        07 00 02 00  6d 34 00 00       | NFTA_SET_ELEM_LIST_SET 'm4'
        08 00 04 00  00 00 00 0b       | NFTA_SET_ELEM_LIST_SET_ID
        1c 00 03 80                    | NFTA_SET_ELEM_LIST_ELEMENTS
          18 00 01 80                  | NFTA_LIST_ELEM
            0c 00 01 80                | NFTA_SET_ELEM_KEY
              08 00 01 00  01 01 01 01 | NFTA_DATA_VALUE
            07 00 09 00  63 31 00 00   | NFTA_SET_ELEM_OBJREF 'c1'
      `,
    },
    {
      name: 'ranges to addresses with ports',
      value: {
        family: 'inet',
        table: 't',
        set: 'm6',
        setId: 13,
        elements: [
          {
            data: { value: Uint8Array.of(192, 168, 1, 1, 31, 144, 0, 0) },
            key: Uint8Array.of(17, 0, 0, 0, 0, 100, 0, 0),
            keyEnd: Uint8Array.of(17, 0, 0, 0, 0, 200, 0, 0),
          },
          {
            data: { value: Uint8Array.of(1, 1, 1, 1, 0, 5, 0, 0) },
            key: Uint8Array.of(6, 0, 0, 0, 0, 90, 0, 0),
            keyEnd: Uint8Array.of(6, 0, 0, 0, 0, 90, 0, 0),
          },
        ],
      },
      bytes: hex`
        01 00 00 00                                 | nfgenmsg inet
        06 00 01 00  74 00 00 00                    | NFTA_SET_ELEM_LIST_TABLE 't'
        07 00 02 00  6d 36 00 00                    | NFTA_SET_ELEM_LIST_SET 'm6'
        08 00 04 00  00 00 00 0d                    | NFTA_SET_ELEM_LIST_SET_ID
        6c 00 03 80                                 | NFTA_SET_ELEM_LIST_ELEMENTS
          34 00 01 80                               | NFTA_LIST_ELEM
            10 00 01 80                             | NFTA_SET_ELEM_KEY
              0c 00 01 00  11 00 00 00  00 64 00 00 | NFTA_DATA_VALUE
            10 00 0a 80                             | NFTA_SET_ELEM_KEY_END
              0c 00 01 00  11 00 00 00  00 c8 00 00 | NFTA_DATA_VALUE
            10 00 02 80                             | NFTA_SET_ELEM_DATA
              0c 00 01 00  c0 a8 01 01  1f 90 00 00 | NFTA_DATA_VALUE
          34 00 01 80                               | NFTA_LIST_ELEM
            10 00 01 80                             | NFTA_SET_ELEM_KEY
              0c 00 01 00  06 00 00 00  00 5a 00 00 | NFTA_DATA_VALUE
            10 00 0a 80                             | NFTA_SET_ELEM_KEY_END
              0c 00 01 00  06 00 00 00  00 5a 00 00 | NFTA_DATA_VALUE
            10 00 02 80                             | NFTA_SET_ELEM_DATA
              0c 00 01 00  01 01 01 01  00 05 00 00 | NFTA_DATA_VALUE
      `,
    },
    {
      name: 'the element for all others',
      value: {
        family: 'inet',
        table: 't',
        set: 's10',
        setId: 17,
        elements: [{ key: Uint8Array.of(1, 2, 3, 4) }, { flags: ['catchall'] }],
      },
      bytes: hex`
        01 00 00 00                    | nfgenmsg inet
        06 00 01 00  74 00 00 00       | NFTA_SET_ELEM_LIST_TABLE 't'
        08 00 02 00  73 31 30 00       | NFTA_SET_ELEM_LIST_SET 's10'
        08 00 04 00  00 00 00 11       | NFTA_SET_ELEM_LIST_SET_ID
        20 00 03 80                    | NFTA_SET_ELEM_LIST_ELEMENTS
          10 00 01 80                  | NFTA_LIST_ELEM
            0c 00 01 80                | NFTA_SET_ELEM_KEY
              08 00 01 00  01 02 03 04 | NFTA_DATA_VALUE
          0c 00 01 80                  | NFTA_LIST_ELEM
            08 00 03 00  00 00 00 02   | NFTA_SET_ELEM_FLAGS
      `,
    },
  ],
})

codecTests(objectMessage, {
  examples: [
    {
      name: 'a counter',
      value: { family: 'inet', table: 't', name: 'c1', data: { expr: 'counter', bytes: 6n, packets: 5n } },
      bytes: hex`
        01 00 00 00                             | nfgenmsg inet
        06 00 01 00  74 00 00 00                | NFTA_OBJ_TABLE 't'
        07 00 02 00  63 31 00 00                | NFTA_OBJ_NAME 'c1'
        08 00 03 00  00 00 00 01                | NFTA_OBJ_TYPE
        1c 00 04 80                             | NFTA_OBJ_DATA
          0c 00 01 00  00 00 00 00  00 00 00 06 | NFTA_COUNTER_BYTES
          0c 00 02 00  00 00 00 00  00 00 00 05 | NFTA_COUNTER_PACKETS
      `,
    },
  ],
})
