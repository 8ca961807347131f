import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ExpectationFailed, eventually, never } from '../../src/expect/index.ts'

test('a claim that holds at the third attempt holds, and gives what it gives', async () => {
  let attempts = 0
  const value = await eventually(() => {
    attempts += 1
    assert.equal(attempts, 3)
    return 'done'
  })
  assert.deepEqual([value, attempts], ['done', 3])
})

test('a claim that never holds fails in time, with its last failure', async () => {
  const begin = performance.now()
  let attempts = 0
  const claim = (): void => {
    attempts += 1
    assert.equal(attempts, -1, `attempt ${attempts}`)
  }
  await assert.rejects(eventually(claim, { within: 60, what: 'the moon is cheese' }), (error) => {
    assert.ok(error instanceof ExpectationFailed)
    assert.match(
      error.message,
      new RegExp(`^the moon is cheese: not within 60 ms \\(${attempts} attempts\\); at last: attempt ${attempts}`),
    )
    assert.deepEqual([error.expected, error.actual], [-1, attempts])
    return true
  })
  assert.ok(attempts > 2 && performance.now() - begin < 2000)
})

test('what never comes about passes after its time; what does fails at once', async () => {
  const begin = performance.now()
  await never(() => assert.fail('not yet'), { within: 40 })
  assert.ok(performance.now() - begin >= 40)
  let attempts = 0
  const claim = (): void => {
    attempts += 1
    assert.equal(attempts, 2)
  }
  await assert.rejects(
    never(claim, { within: 10_000, what: 'a stranger gets in' }),
    /^ExpectationFailed: a stranger gets in: it came about/,
  )
})
