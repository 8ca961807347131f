import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Poll, Wakeup } from '../src/index.ts'

test('a wait ends when one of the descriptors can be read, and says which', () => {
  using quiet = new Wakeup()
  using loud = new Wakeup()
  const poll = new Poll([quiet.fd, loud.fd])
  loud.signal()
  assert.equal(poll.wait(Infinity), true)
  assert.deepEqual([poll.isReady(0), poll.isReady(1)], [false, true])
  Wakeup.clear(loud.fd)
  assert.equal(poll.wait(0), false)
})

test('a wait takes fractions of milliseconds as they are', () => {
  using nothing = new Wakeup()
  const poll = new Poll([nothing.fd])
  const times = [0.3, 1.7].map((ms) => {
    const took = Array.from({ length: 20 }, () => {
      const start = performance.now()
      assert.equal(poll.wait(ms), false)
      return performance.now() - start
    })
    return Math.min(...took) - ms
  })
  for (const late of times) assert.ok(late >= 0 && late < 0.5, `${late} ms late`)
})

test('a wakeup that was disposed of is silent', () => {
  const wakeup = new Wakeup()
  wakeup[Symbol.dispose]()
  wakeup[Symbol.dispose]()
  wakeup.signal()
})
