import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type Endianness, Writer } from '@sallyport/linux'
import { assertBytes, hex } from '@sallyport/linux/testing'
import fc from 'fast-check'
import { orderedBytes } from '../src/compile/bytes.ts'
import { type Expression, expressionElement } from '../src/expr/index.ts'
import {
  elementsMessage,
  type KernelElements,
  type KernelObject,
  type KernelRule,
  objectMessage,
  ruleMessage,
  setNotesOf,
  setUserdata,
} from '../src/messages/index.ts'
import { anyExpression } from './support/arbitrary.ts'

// A little-endian machine's bytes are what nft 1.0.6 sends here. On a big-endian one the headers of attributes turn, and
// so do marks and the few integers that nf_tables takes in host order; all others are in network order on both.

type Golden = Readonly<Record<Endianness, Uint8Array>>
const both = ['little', 'big'] as const

/** ct mark set 5: the mark is in host order. */
const markRule = (endianness: Endianness): KernelRule => ({
  family: 'inet',
  table: 't',
  chain: 'c',
  expressions: [
    { expr: 'immediate', dreg: 1, data: { value: orderedBytes(5n, 4, 'host', endianness) } },
    { expr: 'ct', key: 'mark', sreg: 1 },
  ],
})

const markGolden: Golden = {
  little: hex`
    01 00 00 00                                          | nfgenmsg inet
    06 00 01 00  74 00 00 00                             | NFTA_RULE_TABLE
    06 00 02 00  63 00 00 00                             | NFTA_RULE_CHAIN
    50 00 04 80                                          | NFTA_RULE_EXPRESSIONS
      2c 00 01 80                                        | NFTA_LIST_ELEM
        0e 00 01 00  69 6d 6d 65 64 69 61 74 65 00 00 00 | NFTA_EXPR_NAME 'immediate'
        18 00 02 80                                      | NFTA_EXPR_DATA
          08 00 01 00  00 00 00 01                       | NFTA_IMMEDIATE_DREG
          0c 00 02 80                                    | NFTA_IMMEDIATE_DATA
            08 00 01 00  05 00 00 00                     | NFTA_DATA_VALUE
      20 00 01 80                                        | NFTA_LIST_ELEM
        07 00 01 00  63 74 00 00                         | NFTA_EXPR_NAME 'ct'
        14 00 02 80                                      | NFTA_EXPR_DATA
          08 00 02 00  00 00 00 03                       | NFTA_CT_KEY
          08 00 04 00  00 00 00 01                       | NFTA_CT_SREG
  `,
  big: hex`
    01 00 00 00                                          | nfgenmsg inet
    00 06 00 01  74 00 00 00                             | NFTA_RULE_TABLE
    00 06 00 02  63 00 00 00                             | NFTA_RULE_CHAIN
    00 50 80 04                                          | NFTA_RULE_EXPRESSIONS
      00 2c 80 01                                        | NFTA_LIST_ELEM
        00 0e 00 01  69 6d 6d 65 64 69 61 74 65 00 00 00 | NFTA_EXPR_NAME 'immediate'
        00 18 80 02                                      | NFTA_EXPR_DATA
          00 08 00 01  00 00 00 01                       | NFTA_IMMEDIATE_DREG
          00 0c 80 02                                    | NFTA_IMMEDIATE_DATA
            00 08 00 01  00 00 00 05                     | NFTA_DATA_VALUE
      00 20 80 01                                        | NFTA_LIST_ELEM
        00 07 00 01  63 74 00 00                         | NFTA_EXPR_NAME 'ct'
        00 14 80 02                                      | NFTA_EXPR_DATA
          00 08 00 02  00 00 00 03                       | NFTA_CT_KEY
          00 08 00 04  00 00 00 01                       | NFTA_CT_SREG
  `,
}

/** ct expectation ex { protocol tcp; dport 5432; timeout 1h; size 12; l3proto ip; } */
const expectation: KernelObject = {
  family: 'inet',
  table: 't',
  name: 'ex',
  data: { expr: 'ct_expect', l3proto: 'ip', l4proto: 6, dport: 5432, timeout: 3_600_000, size: 12 },
}

const expectationGolden: Golden = {
  little: hex`
    01 00 00 00                | nfgenmsg inet
    06 00 01 00  74 00 00 00   | NFTA_OBJ_TABLE
    07 00 02 00  65 78 00 00   | NFTA_OBJ_NAME
    08 00 03 00  00 00 00 09   | NFTA_OBJ_TYPE
    2c 00 04 80                | NFTA_OBJ_DATA
      06 00 01 00  00 02 00 00 | NFTA_CT_EXPECT_L3PROTO
      05 00 02 00  06 00 00 00 | NFTA_CT_EXPECT_L4PROTO
      06 00 03 00  15 38 00 00 | NFTA_CT_EXPECT_DPORT
      08 00 04 00  80 ee 36 00 | NFTA_CT_EXPECT_TIMEOUT, the one in host order
      05 00 05 00  0c 00 00 00 | NFTA_CT_EXPECT_SIZE
  `,
  big: hex`
    01 00 00 00                | nfgenmsg inet
    00 06 00 01  74 00 00 00   | NFTA_OBJ_TABLE
    00 07 00 02  65 78 00 00   | NFTA_OBJ_NAME
    00 08 00 03  00 00 00 09   | NFTA_OBJ_TYPE
    00 2c 80 04                | NFTA_OBJ_DATA
      00 06 00 01  00 02 00 00 | NFTA_CT_EXPECT_L3PROTO
      00 05 00 02  06 00 00 00 | NFTA_CT_EXPECT_L4PROTO
      00 06 00 03  15 38 00 00 | NFTA_CT_EXPECT_DPORT
      00 08 00 04  00 36 ee 80 | NFTA_CT_EXPECT_TIMEOUT, the one in host order
      00 05 00 05  0c 00 00 00 | NFTA_CT_EXPECT_SIZE
  `,
}

const notes = { keyByteorder: 'host', dataByteorder: 'big', mergeElements: true, comment: 'c' } as const
const notesGolden: Golden = {
  little: hex`
    00 04  01 00 00 00 | NFTNL_UDATA_SET_KEYBYTEORDER
    01 04  02 00 00 00 | NFTNL_UDATA_SET_DATABYTEORDER
    02 04  01 00 00 00 | NFTNL_UDATA_SET_MERGE_ELEMENTS
    07 02  63 00       | NFTNL_UDATA_SET_COMMENT
  `,
  big: hex`
    00 04  00 00 00 01 | NFTNL_UDATA_SET_KEYBYTEORDER
    01 04  00 00 00 02 | NFTNL_UDATA_SET_DATABYTEORDER
    02 04  00 00 00 01 | NFTNL_UDATA_SET_MERGE_ELEMENTS
    07 02  63 00       | NFTNL_UDATA_SET_COMMENT
  `,
}

const elements: KernelElements = {
  family: 'ip',
  table: 't',
  set: 's',
  elements: [{ key: Uint8Array.of(10, 0, 0, 1), timeout: 60_000n, flags: ['interval_end'] }],
}

const elementsGolden: Golden = {
  little: hex`
    02 00 00 00                                        | nfgenmsg ip
    06 00 01 00  74 00 00 00                           | NFTA_SET_ELEM_LIST_TABLE
    06 00 02 00  73 00 00 00                           | NFTA_SET_ELEM_LIST_SET
    28 00 03 80                                        | NFTA_SET_ELEM_LIST_ELEMENTS
      24 00 01 80                                      | NFTA_LIST_ELEM
        08 00 03 00  00 00 00 01                       | NFTA_SET_ELEM_FLAGS
        0c 00 04 00  00 00 00 00 00 00 ea 60           | NFTA_SET_ELEM_TIMEOUT
        0c 00 01 80                                    | NFTA_SET_ELEM_KEY
          08 00 01 00  0a 00 00 01                     | NFTA_DATA_VALUE
  `,
  big: hex`
    02 00 00 00                                        | nfgenmsg ip
    00 06 00 01  74 00 00 00                           | NFTA_SET_ELEM_LIST_TABLE
    00 06 00 02  73 00 00 00                           | NFTA_SET_ELEM_LIST_SET
    00 28 80 03                                        | NFTA_SET_ELEM_LIST_ELEMENTS
      00 24 80 01                                      | NFTA_LIST_ELEM
        00 08 00 03  00 00 00 01                       | NFTA_SET_ELEM_FLAGS
        00 0c 00 04  00 00 00 00 00 00 ea 60           | NFTA_SET_ELEM_TIMEOUT
        00 0c 80 01                                    | NFTA_SET_ELEM_KEY
          00 08 00 01  0a 00 00 01                     | NFTA_DATA_VALUE
  `,
}

for (const endianness of both) {
  describe(`a ${endianness}-endian machine`, () => {
    test('has marks in its own order', () => {
      const rule = markRule(endianness)
      assertBytes(ruleMessage.encode(rule, { endianness }), markGolden[endianness])
      assert.deepEqual(ruleMessage.decode(markGolden[endianness], endianness), rule)
    })

    test('has the one timeout of an expectation in its own order', () => {
      assertBytes(objectMessage.encode(expectation, { endianness }), expectationGolden[endianness])
      assert.deepEqual(objectMessage.decode(expectationGolden[endianness], endianness), expectation)
    })

    test("has nft's notes on sets in its own order", () => {
      assertBytes(setUserdata(notes, endianness), notesGolden[endianness])
      assert.deepEqual(setNotesOf({ userdata: notesGolden[endianness] }, endianness), notes)
    })

    test('has keys, timeouts and flags of elements in network order', () => {
      assertBytes(elementsMessage.encode(elements, { endianness }), elementsGolden[endianness])
      assert.deepEqual(elementsMessage.decode(elementsGolden[endianness], endianness), elements)
    })

    test('reads every expression that it wrote', () => {
      fc.assert(
        fc.property(anyExpression, (expression) => {
          assert.deepStrictEqual(expressionElement.read(encoded(expression, endianness), endianness), expression)
        }),
        { seed: 1, numRuns: 1000 },
      )
    })
  })
}

function encoded(expression: Expression, endianness: Endianness): Uint8Array {
  const out = new Writer(256, { endianness })
  expressionElement.write(out, expression)
  return out.finish()
}
