import assert from 'node:assert/strict'
import { test } from 'node:test'
import { attributes, type Codec, Malformed, text, type Unknown, u8, u16be, u32, unknown } from '../src/bytes/index.ts'
import { fixedHeader, message } from '../src/netlink/message.ts'
import { codecTests, hex } from '../src/testing/index.ts'

interface Head {
  family: number
  port: number
  index: number
}
interface Rest extends Unknown {
  name?: string
}

const head = fixedHeader<Head>('testmsg', 10, { family: [0, u8], port: [2, u16be], index: [4, u32] })
const codec: Codec<Head & Rest> = message('test', head, attributes<Rest>('rest', { name: [3, text, 'TEST_NAME'] }))

const bytes = hex`
  02 00                    | family, a gap
  1f 90                    | port 8080, big-endian
  05 00 00 00              | index 5
  00 00  00 00             | the header's end, padding to four bytes
  07 00 03 00  68 69 00 00 | TEST_NAME  'hi'
`

codecTests(codec, { examples: [{ value: { family: 2, port: 8080, index: 5, name: 'hi' }, bytes }] })

test('attributes that the table does not name pass through, in a message too', () => {
  const foreign = Uint8Array.from([...bytes, 5, 0, 9, 0, 42, 0, 0, 0])
  const value = codec.decode(foreign)
  assert.equal(value[unknown]?.[0]?.type, 9)
  assert.deepEqual(codec.encode(value), foreign)
})

test('a message shorter than its header is malformed', () => {
  assert.throws(() => codec.decode(bytes.subarray(0, 9)), new Malformed('9 bytes where struct testmsg has 10'))
})

test('an offset into a message leads to the names of what is there', () => {
  assert.deepEqual(codec.pathAt(bytes, 4), ['testmsg'])
  assert.deepEqual(codec.pathAt(bytes, 12), ['TEST_NAME'])
})

test('the macros of a message are those of its attributes', () => {
  assert.deepEqual(codec.macros, { TEST_NAME: 3 })
})
