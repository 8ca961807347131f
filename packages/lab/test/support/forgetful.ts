// Tests that nobody has put into a sandbox. Run by outside.test.ts.
import assert from 'node:assert/strict'
import test from 'node:test'
import { Lab } from '@sallyport/lab'

test('has a lab', async () => {
  await using lab = await Lab.create()
  assert.equal(lab.server('a').address, '203.0.113.1')
})

test('fails', async () => {
  await using lab = await Lab.create()
  assert.equal(lab.server('a').address, 'another')
})
