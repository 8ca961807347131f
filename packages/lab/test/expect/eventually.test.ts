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

test('a claim that never holds fails behind its time, with its last failure', async () => {
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
  assert.ok(attempts >= 2)
})

test('a claim that comes to hold between two attempts is tried once more when the time is over', async () => {
  const begin = performance.now()
  const within = 150 // pauses grow: attempts some 104 ms behind the first and, were there no end, 161 ms
  await eventually(() => assert.ok(performance.now() - begin >= within), { within })
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
