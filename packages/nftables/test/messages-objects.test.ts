import { codecTests, hex } from '@sallyport/linux/testing'
import { chainMessage, flowtableMessage, objectMessage, ruleMessage, tableMessage } from '../src/messages/index.ts'

// What nft 1.0.6 sends behind the netlink header for the text that an example is named by; the tunnel object, which it
// has no word for, follows the kernel's header.

const inTable = { family: 'inet', table: 't' } as const
const head = hex`
  01 00 00 00              | nfgenmsg inet
  06 00 01 00  74 00 00 00 | NFTA_OBJ_TABLE 't'
`

codecTests(objectMessage, {
  examples: [
    {
      name: 'ct helper { type "ftp" protocol tcp; l3proto inet; }',
      value: { ...inTable, name: 'ftp', data: { expr: 'ct_helper', name: 'ftp', l3proto: 'inet', l4proto: 6 } },
      bytes: hex`
        ${head}
        08 00 02 00  66 74 70 00   | NFTA_OBJ_NAME
        08 00 03 00  00 00 00 03   | NFTA_OBJ_TYPE
        1c 00 04 80                | NFTA_OBJ_DATA
          07 00 01 00  66 74 70 00 | NFTA_CT_HELPER_NAME, without a NUL
          06 00 02 00  00 01 00 00 | NFTA_CT_HELPER_L3PROTO
          05 00 03 00  06 00 00 00 | NFTA_CT_HELPER_L4PROTO
      `,
    },
    {
      name: 'ct timeout { protocol tcp; l3proto ip; policy = { established: 100, close: 4 } }, the two states alone',
      value: {
        ...inTable,
        name: 'to',
        data: { expr: 'ct_timeout', l3proto: 'ip', l4proto: 6, policy: { established: 100, close: 4 } },
      },
      bytes: hex`
        ${head}
        07 00 02 00  74 6f 00 00     | NFTA_OBJ_NAME
        08 00 03 00  00 00 00 07     | NFTA_OBJ_TYPE
        28 00 04 80                  | NFTA_OBJ_DATA
          06 00 01 00  00 02 00 00   | NFTA_CT_TIMEOUT_L3PROTO
          05 00 02 00  06 00 00 00   | NFTA_CT_TIMEOUT_L4PROTO
          14 00 03 80                | NFTA_CT_TIMEOUT_DATA
            08 00 03 00  00 00 00 64 | CTA_TIMEOUT_TCP_ESTABLISHED
            08 00 08 00  00 00 00 04 | CTA_TIMEOUT_TCP_CLOSE
      `,
    },
    {
      name: 'secmark { "a:b:c:d"; }',
      value: { ...inTable, name: 'sm', data: { expr: 'secmark', ctx: 'a:b:c:d' } },
      bytes: hex`
        ${head}
        07 00 02 00  73 6d 00 00                | NFTA_OBJ_NAME
        08 00 03 00  00 00 00 08                | NFTA_OBJ_TYPE
        10 00 04 80                             | NFTA_OBJ_DATA
          0b 00 01 00  61 3a 62 3a 63 3a 64 00  | NFTA_SECMARK_CTX, without a NUL
      `,
    },
    {
      name: 'synproxy { mss 1460; wscale 7; timestamp sack-perm; }',
      value: {
        ...inTable,
        name: 'sp',
        data: { expr: 'synproxy', mss: 1460, wscale: 7, flags: ['mss', 'wscale', 'sack_perm', 'timestamp'] },
      },
      bytes: hex`
        ${head}
        07 00 02 00  73 70 00 00   | NFTA_OBJ_NAME
        08 00 03 00  00 00 00 0a   | NFTA_OBJ_TYPE
        1c 00 04 80                | NFTA_OBJ_DATA
          06 00 01 00  05 b4 00 00 | NFTA_SYNPROXY_MSS
          05 00 02 00  07 00 00 00 | NFTA_SYNPROXY_WSCALE
          08 00 03 00  00 00 00 0f | NFTA_SYNPROXY_FLAGS
      `,
    },
    {
      name: 'a tunnel with two options of geneve',
      value: {
        ...inTable,
        name: 'tu',
        data: {
          expr: 'tunnel',
          id: 7,
          ip: { src: '192.0.2.1', dst: '192.0.2.2' },
          flags: ['dont_fragment'],
          tos: 1,
          ttl: 64,
          sport: 1000,
          dport: 6081,
          opts: [
            { geneve: { class: 1, type: 2, data: Uint8Array.of(1, 2, 3, 4) } },
            { geneve: { class: 1, type: 3, data: Uint8Array.of(5, 6, 7, 8) } },
          ],
        },
      },
      bytes: hex`
        ${head}
        07 00 02 00  74 75 00 00       | NFTA_OBJ_NAME
        08 00 03 00  00 00 00 06       | NFTA_OBJ_TYPE
        84 00 04 80                    | NFTA_OBJ_DATA
          08 00 01 00  00 00 00 07     | NFTA_TUNNEL_KEY_ID
          14 00 02 80                  | NFTA_TUNNEL_KEY_IP
            08 00 01 00  c0 00 02 01   | NFTA_TUNNEL_KEY_IP_SRC
            08 00 02 00  c0 00 02 02   | NFTA_TUNNEL_KEY_IP_DST
          08 00 04 00  00 00 00 02     | NFTA_TUNNEL_KEY_FLAGS
          05 00 05 00  01 00 00 00     | NFTA_TUNNEL_KEY_TOS
          05 00 06 00  40 00 00 00     | NFTA_TUNNEL_KEY_TTL
          06 00 07 00  03 e8 00 00     | NFTA_TUNNEL_KEY_SPORT
          06 00 08 00  17 c1 00 00     | NFTA_TUNNEL_KEY_DPORT
          3c 00 09 80                  | NFTA_TUNNEL_KEY_OPTS
            1c 00 03 80                | NFTA_TUNNEL_KEY_OPTS_GENEVE
              06 00 01 00  00 01 00 00 | NFTA_TUNNEL_KEY_GENEVE_CLASS
              05 00 02 00  02 00 00 00 | NFTA_TUNNEL_KEY_GENEVE_TYPE
              08 00 03 00  01 02 03 04 | NFTA_TUNNEL_KEY_GENEVE_DATA
            1c 00 03 80                | NFTA_TUNNEL_KEY_OPTS_GENEVE
              06 00 01 00  00 01 00 00 | NFTA_TUNNEL_KEY_GENEVE_CLASS
              05 00 02 00  03 00 00 00 | NFTA_TUNNEL_KEY_GENEVE_TYPE
              08 00 03 00  05 06 07 08 | NFTA_TUNNEL_KEY_GENEVE_DATA
      `,
    },
  ],
})

codecTests(flowtableMessage, {
  examples: [
    {
      name: 'flowtable ft { hook ingress priority 0; devices = { lo }; counter; }',
      value: { ...inTable, name: 'ft', hook: { num: 0, priority: 0, devices: ['lo'] }, flags: ['counter'] },
      bytes: hex`
        01 00 00 00                    | nfgenmsg inet
        06 00 01 00  74 00 00 00       | NFTA_FLOWTABLE_TABLE
        07 00 02 00  66 74 00 00       | NFTA_FLOWTABLE_NAME
        20 00 03 80                    | NFTA_FLOWTABLE_HOOK
          08 00 01 00  00 00 00 00     | NFTA_FLOWTABLE_HOOK_NUM
          08 00 02 00  00 00 00 00     | NFTA_FLOWTABLE_HOOK_PRIORITY
          0c 00 03 80                  | NFTA_FLOWTABLE_HOOK_DEVS
            07 00 01 00  6c 6f 00 00   | NFTA_DEVICE_NAME
        08 00 07 00  00 00 00 02       | NFTA_FLOWTABLE_FLAGS
      `,
    },
    {
      name: 'devices by the beginning of their names (Linux 6.18)',
      value: { ...inTable, name: 'ft', hook: { devices: ['lan*', 'lo'] } },
      bytes: hex`
        01 00 00 00                      | nfgenmsg inet
        06 00 01 00  74 00 00 00         | NFTA_FLOWTABLE_TABLE
        07 00 02 00  66 74 00 00         | NFTA_FLOWTABLE_NAME
        18 00 03 80                      | NFTA_FLOWTABLE_HOOK
          14 00 03 80                    | NFTA_FLOWTABLE_HOOK_DEVS
            08 00 02 00  6c 61 6e 00     | NFTA_DEVICE_PREFIX
            07 00 01 00  6c 6f 00 00     | NFTA_DEVICE_NAME
      `,
    },
  ],
})

codecTests(chainMessage, {
  examples: [
    {
      name: "jump { counter }: the rule's own chain",
      value: { ...inTable, name: '__chain%d', flags: ['binding'], id: 2 },
      bytes: hex`
        01 00 00 00              | nfgenmsg inet
        06 00 01 00  74 00 00 00 | NFTA_CHAIN_TABLE
        08 00 0a 00  00 00 00 04 | NFTA_CHAIN_FLAGS
        08 00 0b 00  00 00 00 02 | NFTA_CHAIN_ID
      `,
    },
  ],
})

codecTests(ruleMessage, {
  examples: [
    {
      name: "jump { counter }: the rule in the rule's own chain, NFTA_RULE_CHAIN_ID moved",
      value: { ...inTable, chain: '__chain%d', chainId: 2, expressions: [{ expr: 'counter' }] },
      bytes: hex`
        01 00 00 00                                | nfgenmsg inet
        06 00 01 00  74 00 00 00                   | NFTA_RULE_TABLE
        08 00 0b 00  00 00 00 02                   | NFTA_RULE_CHAIN_ID
        18 00 04 80                                | NFTA_RULE_EXPRESSIONS
          14 00 01 80                              | NFTA_LIST_ELEM
            0c 00 01 00  63 6f 75 6e 74 65 72 00   | NFTA_EXPR_NAME 'counter'
            04 00 02 80                            | NFTA_EXPR_DATA
      `,
    },
    {
      name: 'iptables -m mark, with the protocol that its extension asks for',
      value: { ...inTable, chain: 'c', expressions: [], compat: { proto: 6, flags: 2 } },
      bytes: hex`
        01 00 00 00                | nfgenmsg inet
        06 00 01 00  74 00 00 00   | NFTA_RULE_TABLE
        06 00 02 00  63 00 00 00   | NFTA_RULE_CHAIN
        04 00 04 80                | NFTA_RULE_EXPRESSIONS
        14 00 05 80                | NFTA_RULE_COMPAT
          08 00 01 00  00 00 00 06 | NFTA_RULE_COMPAT_PROTO
          08 00 02 00  00 00 00 02 | NFTA_RULE_COMPAT_FLAGS
      `,
    },
  ],
})

codecTests(tableMessage, {
  examples: [
    {
      name: 'a table that its owner leaves behind',
      value: { family: 'inet', name: 't', flags: ['owner', 'persist'] },
      bytes: hex`
        01 00 00 00              | nfgenmsg inet
        06 00 01 00  74 00 00 00 | NFTA_TABLE_NAME
        08 00 02 00  00 00 00 06 | NFTA_TABLE_FLAGS
      `,
    },
  ],
})
