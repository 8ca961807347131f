import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Failure, GenerationChanged, TransactionError } from '@sallyport/nftables'
import { isOvertaken } from '../src/apply/overtaken.ts'

const failure = (message: string, code: string): Failure => ({
  index: 0,
  operation: { verb: 'delete', kind: 'table', value: { family: 'inet', name: 'sallyport' } },
  message,
  object: 'something',
  errno: 2,
  code,
})
const refused = (...failures: Failure[]): TransactionError => new TransactionError(failures)

test('another commit, or an element that timed out by itself, is a reason to look again', () => {
  assert.equal(isOvertaken(new GenerationChanged(7)), true)
  assert.equal(isOvertaken(refused(failure('delsetelem', 'ENOENT'), failure('delsetelem', 'ENOENT'))), true)
})

test('any other refusal is not', () => {
  assert.equal(isOvertaken(refused(failure('delsetelem', 'ENOENT'), failure('newrule', 'EINVAL'))), false)
  assert.equal(isOvertaken(refused(failure('delset', 'ENOENT'))), false)
  assert.equal(isOvertaken(refused()), false)
  assert.equal(isOvertaken(new Error('delsetelem: ENOENT')), false)
})
