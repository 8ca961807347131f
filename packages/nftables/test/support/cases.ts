import { NLM_F_ACK, NLM_F_APPEND, NLM_F_CREATE, NLM_F_DUMP, NLM_F_ECHO, NLM_F_EXCL } from '@sallyport/linux'
import {
  chainMessage,
  elementsMessage,
  objectMessage,
  ruleMessage,
  setMessage,
  tableMessage,
} from '../../src/messages/index.ts'
import { furnished, op } from './ops.ts'
import type { Op } from './twin.ts'

const T = { family: 'inet', table: 't' } as const
const newTable = (flags: number, v: object): Op =>
  op('newtable', flags, tableMessage, { family: 'inet', name: 't', ...v })
const newChain = (name: string | undefined, v: object, flags: number = NLM_F_CREATE): Op =>
  op('newchain', flags, chainMessage, { ...T, ...(name && { name }), ...v })
const newRule = (
  chain: string | undefined,
  expressions: object[],
  v: object = {},
  flags: number = NLM_F_CREATE | NLM_F_APPEND,
): Op => op('newrule', flags, ruleMessage, { ...T, ...(chain && { chain }), expressions, ...v })
const newSet = (v: object, flags: number = NLM_F_CREATE): Op =>
  op('newset', flags, setMessage, { ...T, flags: [], keyType: 7, keyLen: 4, id: 1, ...v })
const newElements = (set: string, elements: object[], v: object = {}, flags: number = NLM_F_CREATE): Op =>
  op('newsetelem', flags, elementsMessage, { ...T, set, elements, ...v })
const key = (n: number): Uint8Array => Uint8Array.of(10, 0, n >> 8, n & 255)
const jumpId = (chainId: number): object => ({
  expr: 'immediate',
  dreg: 0,
  data: { verdict: { code: 'jump', chainId } },
})
const jump = (chain: string): object => ({ expr: 'immediate', dreg: 0, data: { verdict: { code: 'jump', chain } } })
/** What random changes seldom or never meet: the name of each, and its batches. */
export const cases: Readonly<Record<string, readonly (readonly Op[])[]>> = {
  'persist alone': [[newTable(NLM_F_CREATE, { flags: ['persist'] })]],
  owner: [
    [newTable(NLM_F_CREATE, { flags: ['owner'] })],
    [newTable(NLM_F_CREATE, { flags: [] })],
    [newTable(NLM_F_CREATE, { flags: ['owner', 'dormant'] })],
    [newChain('x', {})],
  ],
  'owner persist': [
    [newTable(NLM_F_CREATE, { flags: ['owner', 'persist'] })],
    [newTable(NLM_F_CREATE, { flags: ['owner'] })],
  ],
  adopt: [[newTable(NLM_F_CREATE, {})], [newTable(NLM_F_CREATE, { flags: ['owner'] })]],
  'dormant twice': [
    [newTable(NLM_F_CREATE, {})],
    [newTable(NLM_F_CREATE, { flags: ['dormant'] }), newTable(NLM_F_CREATE, { flags: [] })],
    [newTable(NLM_F_CREATE, { flags: ['dormant'] })],
    [newTable(NLM_F_CREATE, { flags: [] })],
  ],
  'dormant beside chains': [
    furnished,
    [op('delchain', 0, chainMessage, { ...T, name: 'base' }), newTable(NLM_F_CREATE, { flags: ['dormant'] })],
    [newChain('a', {}), newTable(NLM_F_CREATE, { flags: ['dormant'] })],
    [op('delchain', 0, chainMessage, { ...T, name: 'b' }), newTable(NLM_F_CREATE, { flags: ['dormant'] })],
    [newTable(NLM_F_CREATE, { flags: [] }), op('delchain', 0, chainMessage, { ...T, name: 'base' })],
  ],
  'dormant new then wake': [[newTable(NLM_F_CREATE, { flags: ['dormant'] }), newTable(NLM_F_CREATE, { flags: [] })]],
  'long names': [
    [
      newTable(NLM_F_CREATE, {}),
      newTable(NLM_F_CREATE, { name: 'x'.repeat(255) }),
      newTable(NLM_F_CREATE, { name: 'x'.repeat(256) }),
    ],
    [
      newTable(NLM_F_CREATE, {}),
      newChain('c'.repeat(128), {}),
      newChain('c'.repeat(255), {}),
      newChain('c'.repeat(256), {}),
    ],
  ],
  'userdata long': [
    [
      newTable(NLM_F_CREATE, { userdata: new Uint8Array(256) }),
      newTable(NLM_F_CREATE, { name: 'v', userdata: new Uint8Array(257) }),
    ],
  ],
  binding: [
    [
      newTable(NLM_F_CREATE, {}),
      newChain('base', { type: 'filter', hook: { hook: 'input', priority: 0 } }),
      newChain('anon', { flags: ['binding'], id: 5 }),
      newRule(undefined, [{ expr: 'counter' }], { chainId: 5 }),
      newRule('base', [jumpId(5)]),
    ],
    [op('delrule', 0, ruleMessage, { ...T, chain: 'base' })],
  ],
  'binding by name': [
    [
      newTable(NLM_F_CREATE, {}),
      newChain('base', { type: 'filter', hook: { hook: 'input', priority: 0 } }),
      newChain('anon', { flags: ['binding'], id: 5 }),
      newRule('base', [jumpId(5)]),
      newRule('anon', []),
    ],
  ],
  'binding unbound': [[newTable(NLM_F_CREATE, {}), newChain('anon', { flags: ['binding'], id: 5 })]],
  'binding deltable': [
    [
      newTable(NLM_F_CREATE, {}),
      newChain('base', { type: 'filter', hook: { hook: 'input', priority: 0 } }),
      newChain('anon', { flags: ['binding'], id: 5 }),
      newRule(undefined, [{ expr: 'counter' }], { chainId: 5 }),
      newRule('base', [jumpId(5)]),
    ],
    [op('deltable', 0, tableMessage, { family: 'inet', name: 't' })],
  ],
  netdev: [
    [
      op('newtable', NLM_F_CREATE, tableMessage, { family: 'netdev', name: 'n' }),
      op('newchain', NLM_F_CREATE, chainMessage, {
        family: 'netdev',
        table: 'n',
        name: 'i',
        type: 'filter',
        hook: { hook: 'ingress', priority: 0, devices: ['lo'] },
      }),
    ],
    [
      op('newchain', NLM_F_CREATE, chainMessage, {
        family: 'netdev',
        table: 'n',
        name: 'j',
        type: 'filter',
        hook: { hook: 'ingress', priority: 0, devices: ['nix'] },
      }),
    ],
    [
      op('newchain', NLM_F_CREATE, chainMessage, {
        family: 'netdev',
        table: 'n',
        name: 'k',
        type: 'filter',
        hook: { hook: 'ingress', priority: 0 },
      }),
    ],
    [
      op('newchain', NLM_F_CREATE, chainMessage, {
        family: 'netdev',
        table: 'n',
        name: 'i',
        hook: { hook: 'ingress', priority: 0, devices: ['lo', 'nix'] },
      }),
    ],
    [op('deltable', 0, tableMessage, { family: 'netdev', name: 'n' })],
  ],
  'inet device': [
    [
      newTable(NLM_F_CREATE, {}),
      newChain('b', { type: 'filter', hook: { hook: 'input', priority: 0, devices: ['lo'] } }),
      newChain('c', { type: 'filter', hook: { hook: 'ingress', priority: 0, devices: ['lo'] } }),
      newChain('d', { type: 'nope', hook: { hook: 'input', priority: 0 } }),
    ],
    [
      newTable(NLM_F_CREATE, {}),
      newChain('c', { type: 'filter', hook: { hook: 'ingress', priority: 0, devices: ['lo'] } }),
    ],
  ],
  families: [
    [
      op('newtable', NLM_F_CREATE, tableMessage, { family: 'arp', name: 'n' }),
      op('newchain', NLM_F_CREATE, chainMessage, {
        family: 'arp',
        table: 'n',
        name: 'i',
        type: 'nat',
        hook: { hook: 'input', priority: 0 },
      }),
    ],
    [
      op('newtable', NLM_F_CREATE, tableMessage, { family: 'bridge', name: 'n' }),
      op('newchain', NLM_F_CREATE, chainMessage, {
        family: 'bridge',
        table: 'n',
        name: 'i',
        type: 'filter',
        hook: { hook: 'prerouting', priority: 0 },
      }),
    ],
    [op('destroytable', 0, tableMessage, { family: 'bridge', name: 'n' })],
    [op('destroytable', 0, tableMessage, { family: 'arp', name: 'n' })],
  ],
  acks: [
    [
      newTable(NLM_F_CREATE | NLM_F_ACK, {}),
      newChain('a', {}, NLM_F_CREATE | NLM_F_ACK),
      newChain('a', {}, NLM_F_CREATE | NLM_F_ACK | NLM_F_EXCL),
    ],
    [newTable(NLM_F_CREATE | NLM_F_ACK | NLM_F_ECHO, {})],
  ],
  'sets odd': [
    [
      newTable(NLM_F_CREATE, {}),
      newSet({ name: 'a', keyLen: 0 }),
      newSet({ name: 'b', keyLen: 65 }),
      newSet({ name: 'c', flags: ['map'] }),
      newSet({ name: 'd', dataType: 5, dataLen: 4 }),
      newSet({ name: 'e', flags: ['timeout'], timeout: 5n, gcInterval: 3 }),
      newSet({ name: 'f', timeout: 5n }),
      newSet({ name: 'g', flags: ['object'] }),
      newSet({ name: 'h', flags: ['object', 'eval'], objType: 'counter' }),
      newSet({ name: 'i', flags: ['concat'] }),
      newSet({ name: 'j', keyLen: 8, fields: [4, 4] }),
      newSet({ name: 'k', flags: ['concat'], keyLen: 8, fields: [4, 4] }),
      newSet({ name: 'l', keyLen: 12, flags: ['concat', 'interval'], fields: [4, 4] }),
      newSet({ name: 'm', flags: ['anonymous', 'timeout'] }),
      newSet({ name: 'n', flags: ['constant', 'timeout'] }),
      newSet({ name: 'o', keyType: 0xffffff01 }),
      newSet({ name: 'p%d%d' }),
      newSet({ name: 'q', flags: ['anonymous', 'eval'] }),
      newSet({ name: 'r', flags: ['constant', 'eval'] }),
      newSet({ name: 's', flags: ['interval', 'concat'], keyLen: 8 }),
    ],
  ],
  'set exprs': [
    [
      newTable(NLM_F_CREATE, {}),
      newSet({ name: 'a', expressions: [{ expr: 'counter' }] }),
      newElements('a', [{ key: key(1) }, { key: key(2), expressions: [{ expr: 'counter', packets: 1n, bytes: 2n }] }]),
      newSet({
        name: 'b',
        flags: ['eval'],
        size: 10,
        expressions: [{ expr: 'counter' }, { expr: 'limit', rate: 1n, unit: 1n }],
      }),
      newElements('b', [{ key: key(1) }]),
    ],
    [newElements('a', [{ key: key(3), expressions: [{ expr: 'limit', rate: 1n, unit: 1n }] }])],
    [newSet({ name: 'a' })],
    [newSet({ name: 'a', expressions: [{ expr: 'counter' }] })],
    [newSet({ name: 'c', expressions: [{ expr: 'last' }, { expr: 'unknown', name: 'notrack' }] })],
    [newSet({ name: 'd', flags: ['timeout', 'eval'], size: 9, expressions: [{ expr: 'connlimit', count: 3 }] })],
    [
      newSet({ name: 'e', flags: ['eval'], size: 9, expressions: [{ expr: 'connlimit', count: 3 }] }),
      newElements('e', [{ key: key(1) }]),
    ],
  ],
  'elem odd': [
    [
      newTable(NLM_F_CREATE, {}),
      newSet({ name: 'a', flags: ['interval'] }),
      newSet({ name: 'h' }),
      newSet({ name: 'm', id: 3, flags: ['map'], dataType: 7, dataLen: 4 }),
    ],
    [newElements('a', [{ key: key(1), keyEnd: key(2) }])],
    [newElements('h', [{ key: key(1), flags: ['interval_end'] }])],
    [newElements('h', [{ key: key(1), timeout: 5n }])],
    [newElements('h', [{ flags: ['catchall'] }])],
    [newElements('h', [{ flags: ['catchall'] }], {}, NLM_F_CREATE | NLM_F_EXCL)],
    [op('delsetelem', 0, elementsMessage, { ...T, set: 'h', elements: [{ flags: ['catchall'] }] })],
    [newElements('h', [{ key: key(1), flags: ['catchall'] }])],
    [newElements('h', [{}])],
    [newElements('m', [{ key: key(1), data: { value: Uint8Array.of(1) } }])],
    [newElements('m', [{ key: key(1), data: { verdict: { code: 'accept' } } }])],
    [newElements('h', [{ key: key(1), userdata: Uint8Array.of(1, 2) }])],
    [newElements('h', [{ key: key(5), objref: 'x' }])],
    [newElements('h', [])],
  ],
  'many elems': [
    [
      newTable(NLM_F_CREATE, {}),
      newSet({ name: 'h' }),
      newElements(
        'h',
        Array.from({ length: 70 }, (_, i) => ({ key: key(i) })),
        {},
        NLM_F_CREATE | NLM_F_EXCL,
      ),
      newElements(
        'h',
        Array.from({ length: 200 }, (_, i) => ({ key: key(300 + i) })),
        {},
        NLM_F_CREATE | NLM_F_ECHO,
      ),
      newElements(
        'h',
        Array.from({ length: 60 }, (_, i) => ({ key: key(600 + i) })),
        {},
        NLM_F_CREATE,
      ),
    ],
  ],
  'rules misc': [
    [...furnished],
    [newRule('a', [jump('base')])],
    [newRule('a', [{ expr: 'immediate', dreg: 1, data: { verdict: { code: 'drop' } } }])],
    [newRule('a', [{ expr: 'immediate', dreg: 0, data: { value: key(1) } }])],
    [newRule('a', [{ expr: 'immediate', dreg: 0, data: { verdict: { code: 'stolen' } } }])],
    [newRule('a', [{ expr: 'immediate', dreg: 0, data: { verdict: { code: 'queue' } } }])],
    [
      newRule(
        'a',
        Array.from({ length: 129 }, () => ({ expr: 'counter' })),
      ),
    ],
    [
      newRule(
        'a',
        Array.from({ length: 128 }, () => ({ expr: 'counter' })),
      ),
    ],
    [newRule('a', [], {}, 0)],
    [newRule('a', [{ expr: 'lookup', set: 'hosts', sreg: 1, flags: ['inv'] }])],
    [
      newRule('a', [
        { expr: 'payload', dreg: 1, base: 'network', offset: 12, len: 4 },
        { expr: 'lookup', set: 'marks', sreg: 1, dreg: 1, flags: ['inv'] },
      ]),
    ],
    [
      newRule('a', [
        { expr: 'payload', dreg: 8, base: 'network', offset: 12, len: 4 },
        { expr: 'lookup', set: 'marks', sreg: 8 },
      ]),
    ],
    [newRule('a', [{ expr: 'lookup', set: 'hosts', sreg: 1 }])],
    [
      newRule(
        'base',
        [
          { expr: 'payload', dreg: 1, base: 'network', offset: 12, len: 4 },
          { expr: 'cmp', sreg: 1, op: 'eq', data: { value: key(1) } },
          { expr: 'counter' },
          { expr: 'log', prefix: 'x' },
          { expr: 'reject', type: 'tcp_rst' },
        ],
        { userdata: Uint8Array.of(0, 2, 97, 0) },
      ),
    ],
    [newRule('a', [{ expr: 'bitwise', sreg: 1, dreg: 1, len: 4, mask: key(1), xor: key(0) }])],
    [
      newRule('a', [
        { expr: 'meta', key: 'l4proto', dreg: 1 },
        { expr: 'quota', bytes: 5n },
        { expr: 'limit', rate: 5n, unit: 60n, type: 'pkt_bytes' },
        { expr: 'notrack' },
      ]),
    ],
  ],
}

/** Something that was counted. */
export const counting: readonly Op[] = [
  newRule('c', [{ expr: 'counter', packets: 5n, bytes: 50n }]),
  op('newobj', NLM_F_CREATE, objectMessage, { ...T, name: 'used', data: { expr: 'quota', bytes: 9n, consumed: 3n } }),
  newElements('hosts', [{ key: key(1), userdata: Uint8Array.of(0, 2, 97, 0) }]),
]

const counter = { expr: 'counter' }

export const questions: readonly Op[] = [
  op('gettable', 0, tableMessage, { family: 'inet', name: 't' }),
  op('gettable', 0, tableMessage, { family: 'ip', name: 't' }),
  op('getchain', 0, chainMessage, { ...T, name: 'a' }),
  op('getchain', 0, chainMessage, { ...T, name: 'missing' }),
  op('getrule', 0, ruleMessage, { ...T, chain: 'base', expressions: [], handle: 5n }),
  op('getrule', 0, ruleMessage, { ...T, chain: 'base', expressions: [], handle: 99n }),
  op('getrule', NLM_F_DUMP, ruleMessage, { ...T, chain: 'c', expressions: [] }),
  op('getrule', NLM_F_DUMP, ruleMessage, { ...T, chain: 'missing', expressions: [] }),
  op('getset', 0, setMessage, { ...T, name: 'hosts', flags: [], keyType: 7, keyLen: 4 }),
  op('getset', 0, setMessage, { ...T, name: 'missing', flags: [], keyType: 7, keyLen: 4 }),
  op('getset', NLM_F_DUMP, setMessage, { family: 'inet', table: 'missing', flags: [] }),
  op('getsetelem', 0, elementsMessage, { ...T, set: 'hosts', elements: [{ key: key(1) }] }),
  op('getsetelem', 0, elementsMessage, { ...T, set: 'hosts', elements: [{ key: key(2) }] }),
  op('getsetelem', NLM_F_DUMP, elementsMessage, { ...T, set: 'missing', elements: [] }),
  op('getobj', 0, objectMessage, { ...T, name: 'hits', data: counter }),
  op('getobj', 0, objectMessage, { ...T, name: 'missing', data: counter }),
  op('getobj_reset', 0, objectMessage, { ...T, name: 'used', data: { expr: 'quota', bytes: 0n } }),
  op('getrule_reset', NLM_F_DUMP, ruleMessage, { ...T, chain: 'c', expressions: [] }),
  op('getflowtable', 0, tableMessage, { family: 'inet', name: 't' }),
]
