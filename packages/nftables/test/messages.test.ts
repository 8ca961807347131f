import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hex, survivesRandomBytes } from '@sallyport/linux/testing'
import type { Family } from '../src/expr/index.ts'
import {
  chainMessage,
  commentOf,
  commentUserdata,
  elementsMessage,
  type Hook,
  type KernelElement,
  type KernelHook,
  objectMessage,
  ruleMessage,
  setMessage,
  setNotesOf,
  setUserdata,
  splitElements,
  tableMessage,
} from '../src/messages/index.ts'

const inTable = { family: 'inet', table: 't' } as const

test('a hook has the number that its family gives it', () => {
  const numbers: [Family, Hook, number][] = [
    ['inet', 'prerouting', 0],
    ['ip', 'postrouting', 4],
    ['inet', 'ingress', 5],
    ['bridge', 'forward', 2],
    ['netdev', 'ingress', 0],
    ['netdev', 'egress', 1],
    ['arp', 'output', 1],
  ]
  for (const [family, hook, number] of numbers) {
    const chain = { family, table: 't', name: 'c', hook: { hook, priority: 0 } }
    const bytes = chainMessage.encode(chain)
    assert.equal(bytes[bytes.length - 9], number, `${family} ${hook}`)
    assert.deepEqual(chainMessage.decode(bytes), chain)
  }
})

test('a hook that the family does not have is refused by name', () => {
  const chain = { family: 'arp', table: 't', name: 'c', hook: { hook: 'postrouting', priority: 0 } } as const
  assert.throws(() => chainMessage.encode(chain), /family arp has no hook 'postrouting', only input, output, forward/)
})

test('a hook that a newer kernel has is kept by its number', () => {
  const bytes = hex`
    03 00 00 00                | nfgenmsg arp
    06 00 01 00  74 00 00 00   | NFTA_CHAIN_TABLE 't'
    06 00 03 00  63 00 00 00   | NFTA_CHAIN_NAME 'c'
    14 00 04 80                | NFTA_CHAIN_HOOK
      08 00 01 00  00 00 00 07 | NFTA_HOOK_HOOKNUM
      08 00 02 00  00 00 00 00 | NFTA_HOOK_PRIORITY
  `
  const chain = chainMessage.decode(bytes)
  assert.deepEqual(chain.hook, { hook: 'hook 7', priority: 0 })
  assert.deepEqual(chainMessage.encode({ ...chain }), bytes)
})

test('several devices go into a list, and both spellings of one device are read', () => {
  const hook: KernelHook = { hook: 'ingress', priority: -5, devices: ['eth0', 'eth1'] }
  const chain = { family: 'netdev', table: 't', name: 'c', hook } as const
  assert.deepEqual(chainMessage.decode(chainMessage.encode(chain)), chain)
  const dumped = hex`
    05 00 00 00                | nfgenmsg netdev
    06 00 01 00  74 00 00 00   | NFTA_CHAIN_TABLE 't'
    06 00 03 00  63 00 00 00   | NFTA_CHAIN_NAME 'c'
    28 00 04 00                | NFTA_CHAIN_HOOK
      08 00 01 00  00 00 00 00 | NFTA_HOOK_HOOKNUM ingress
      08 00 02 00  00 00 00 00 | NFTA_HOOK_PRIORITY
      0c 00 04 00              | NFTA_HOOK_DEVS
        07 00 01 00  6c 6f 00 00 | NFTA_DEVICE_NAME 'lo'
      08 00 03 00  6c 6f 00 00 | NFTA_HOOK_DEV 'lo'
  `
  assert.deepEqual(chainMessage.decode(dumped).hook, { hook: 'ingress', priority: 0, devices: ['lo'] })
})

test('an attribute that a newer kernel dumps is kept and written back', () => {
  const bytes = hex`
    01 00 00 00              | nfgenmsg inet
    06 00 01 00  74 00 00 00 | NFTA_TABLE_NAME 't'
    08 00 3f 00  01 02 03 04 | of the future
  `
  assert.deepEqual(tableMessage.encode(tableMessage.decode(bytes)), bytes)
})

test('an object of a kind without a codec is kept raw', () => {
  const data = Uint8Array.of(8, 0, 1, 0, 102, 116, 112, 0)
  const helper = { ...inTable, name: 'h', data: { expr: 'unknown', name: '78', data } } as const
  const future = { ...inTable, name: 'h', data: { expr: 'unknown', name: '77', data } } as const
  assert.deepEqual(objectMessage.decode(objectMessage.encode(helper)), helper)
  assert.deepEqual(objectMessage.decode(objectMessage.encode(future)), future)
})

test('a comment goes into the userdata as nft writes it, and comes out again', () => {
  const userdata = commentUserdata('ssh')
  assert.deepEqual(userdata, hex`00 04  73 73 68 00 | NFTNL_UDATA_RULE_COMMENT 'ssh'`)
  assert.equal(commentOf({ userdata }), 'ssh')
  assert.equal(commentUserdata(undefined), undefined)
  assert.equal(commentOf({}), undefined)
})

test("userdata that is not nft's has no comment", () => {
  assert.equal(commentOf({ userdata: Uint8Array.of(0, 200, 1) }), undefined)
  assert.equal(commentOf({ userdata: Uint8Array.of(9) }), undefined)
  assert.equal(setNotesOf({ userdata: Uint8Array.of(0, 200, 1) }), undefined)
})

test('a comment that nft could not read is refused', () => {
  assert.doesNotThrow(() => commentUserdata('x'.repeat(127)))
  assert.throws(() => commentUserdata('x'.repeat(128)), /a comment of 128 bytes; nft takes 127/)
})

test("the notes on a map are written in nft's order", () => {
  const notes = {
    keyByteorder: 'none',
    dataByteorder: 'host',
    mergeElements: true,
    dataInterval: false,
    comment: 'c',
  } as const
  const userdata = setUserdata(notes)
  assert.deepEqual(
    userdata,
    hex`
      00 04  00 00 00 00 | NFTNL_UDATA_SET_KEYBYTEORDER
      01 04  01 00 00 00 | NFTNL_UDATA_SET_DATABYTEORDER
      02 04  01 00 00 00 | NFTNL_UDATA_SET_MERGE_ELEMENTS
      06 04  00 00 00 00 | NFTNL_UDATA_SET_DATA_INTERVAL
      07 02  63 00       | NFTNL_UDATA_SET_COMMENT
    `,
  )
  assert.deepEqual(setNotesOf({ userdata }), notes)
})

test('elements are split where an attribute ends at 64 KiB, and none is lost', () => {
  const elements: KernelElement[] = Array.from({ length: 10_000 }, (_, index) => ({
    key: Uint8Array.of(10, 0, index >> 8, index & 0xff),
    ...(index % 3 === 0 && { userdata: new Uint8Array(index % 50) }),
  }))
  const pieces = splitElements(elements)
  assert.deepEqual(pieces.flat(), elements)
  assert.ok(pieces.length > 2)
  for (const piece of pieces)
    assert.doesNotThrow(() => elementsMessage.encode({ ...inTable, set: 's', elements: piece }))
  const [first, second] = pieces
  const oneMore = [...first!, second![0]!]
  assert.throws(() => elementsMessage.encode({ ...inTable, set: 's', elements: oneMore }), /nla_len ends at 65535/)
})

test('no elements are no piece', () => assert.deepEqual(splitElements([]), []))

const golden = [
  tableMessage.encode({ family: 'inet', name: 't', flags: ['dormant'] }),
  chainMessage.encode({
    ...inTable,
    name: 'c',
    type: 'nat',
    hook: { hook: 'input', priority: 5, devices: ['lo'] },
    policy: 'drop',
  }),
  ruleMessage.encode({ ...inTable, chain: 'c', expressions: [{ expr: 'counter' }, { expr: 'notrack' }], handle: 5n }),
  setMessage.encode({
    ...inTable,
    name: 's',
    flags: ['interval'],
    keyType: 7,
    keyLen: 4,
    size: 5,
    fields: [4, 2],
    expressions: [{ expr: 'counter' }],
  }),
  elementsMessage.encode({
    ...inTable,
    set: 's',
    elements: [{ key: Uint8Array.of(1), data: { verdict: { code: 'drop' } } }],
  }),
  objectMessage.encode({ ...inTable, name: 'o', data: { expr: 'counter', packets: 5n } }),
]
for (const codec of [tableMessage, chainMessage, ruleMessage, setMessage, elementsMessage, objectMessage]) {
  survivesRandomBytes(`${codec.name} message`, (bytes) => codec.decode(bytes), { golden })
}
survivesRandomBytes('userdata', (userdata) => [commentOf({ userdata }), setNotesOf({ userdata })])
