import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Edit, editSequence } from '../src/plan/sequence.ts'

const same = { old: (item: string) => item, new: (item: string) => item }
const edit = (from: string, to: string): Edit<string, string>[] => editSequence([...from], [...to], same)
const show = (edits: Edit<string, string>[]): string =>
  edits.map((one) => (one.op === 'keep' ? one.new : one.op === 'add' ? `+${one.new}` : `-${one.old}`)).join('')

test('what both have in the same order is kept', () => {
  assert.equal(show(edit('abcd', 'axcd')), 'a-b+xcd')
  assert.equal(show(edit('', 'ab')), '+a+b')
  assert.equal(show(edit('ab', '')), '-a-b')
  assert.equal(show(edit('abc', 'abc')), 'abc')
})

test('an item that moves is taken out and put in, the others stay', () => {
  assert.equal(show(edit('abcd', 'dabc')), '+dabc-d')
})

/** The longest common subsequence, by trying: for short words. */
function longest(a: string, b: string): number {
  if (a === '' || b === '') return 0
  if (a[0] === b[0]) return 1 + longest(a.slice(1), b.slice(1))
  return Math.max(longest(a.slice(1), b), longest(a, b.slice(1)))
}

test('any two sequences: the edits give the wanted one, and keep as much as can be kept', () => {
  const word = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 7 })
  fc.assert(
    fc.property(word, word, (from, to) => {
      const edits = edit(from, to)
      assert.equal(edits.flatMap((one) => (one.op === 'delete' ? [] : [one.new])).join(''), to)
      assert.equal(edits.flatMap((one) => (one.op === 'add' ? [] : [one.old])).join(''), from)
      assert.equal(edits.filter(({ op }) => op === 'keep').length, longest(from, to))
    }),
  )
})
