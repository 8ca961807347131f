import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { ConfigErrors } from '@sallyport/router'
import fc from 'fast-check'
import { checkInternet, parseInternet } from '../../src/text/index.ts'

const example = readFileSync(new URL('../../../../examples/lab/hotel.yaml', import.meta.url), 'utf8')
const pieces = [
  'routers',
  'nat',
  '{',
  '}',
  '[',
  ':',
  '\n  ',
  '- ',
  '&a',
  '*a',
  '<<',
  '!!binary',
  'null',
  '1e999',
  '"',
  '#',
  '?',
  '\u0000',
]

/** Ends in a topology or in mistakes that are told, and in nothing else. */
function survives(read: () => unknown): void {
  try {
    read()
  } catch (error) {
    assert.ok(error instanceof ConfigErrors, String((error as Error).stack))
    assert.ok(error.errors.length > 0)
  }
}

test('whatever is done to a text, it is read or its mistakes are told', () => {
  const edit = fc.record({ at: fc.nat(example.length), remove: fc.nat(40), insert: fc.constantFrom(...pieces) })
  fc.assert(
    fc.property(fc.array(edit, { minLength: 1, maxLength: 4 }), (edits) => {
      const text = edits.reduce(
        (old, { at, remove, insert }) => old.slice(0, at) + insert + old.slice(at + remove),
        example,
      )
      survives(() => parseInternet(text, 'lab.yaml'))
    }),
    { numRuns: 1000 },
  )
})

test('whatever a module exports, it is taken or its mistakes are told', () => {
  const key = fc.constantFrom(
    'routers',
    'servers',
    'hosts',
    'nat',
    'uplink',
    'loss',
    'ports',
    'config',
    'nft',
    'rules',
    'behaviour',
    'x',
  )
  const { value } = fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { depthSize: 'small' },
      fc.constantFrom(
        undefined,
        null,
        true,
        'home',
        '20ms',
        5,
        Number.NaN,
        2n,
        Symbol('s'),
        () => 1,
        new Date(0),
        new Map(),
      ),
      fc.array(tie('value'), { maxLength: 3 }),
      fc.dictionary(key, tie('value')),
    ),
  }))
  fc.assert(
    fc.property(value, (exported) => survives(() => checkInternet(exported, 'lab.ts'))),
    { numRuns: 2000 },
  )
})
