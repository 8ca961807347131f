import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { quotaMemory, SharedQuota } from '../../src/service/quota.ts'

const limits = { perUser: 3, total: 1000 }

test('threads that share the memory share the counts', () => {
  const memory = quotaMemory()
  const [one, two] = [new SharedQuota(memory), new SharedQuota(memory)]
  assert.equal(one.take('alice', limits), 'taken')
  assert.equal(two.take('alice', limits), 'taken')
  assert.equal(one.take('alice', limits), 'taken')
  assert.equal(two.take('alice', limits), 'user full')
  assert.equal(two.take('bob', limits), 'taken')
  assert.deepEqual([one.total, two.total], [4, 4])
  one.give('alice')
  assert.equal(two.take('alice', limits), 'taken')
})

test('the total is a limit too, and what was refused is not counted', () => {
  const quota = new SharedQuota(quotaMemory())
  const small = { perUser: 3, total: 2 }
  assert.deepEqual(
    ['alice', 'bob', 'carol', 'carol'].map((user) => quota.take(user, small)),
    ['taken', 'taken', 'server full', 'server full'],
  )
  assert.equal(quota.total, 2)
  quota.give('alice')
  assert.equal(quota.take('carol', small), 'taken')
})

test('a user is never counted as less than there is, whoever else shares a cell', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.string({ maxLength: 3 }), fc.boolean()), { maxLength: 300 }), (steps) => {
      const quota = new SharedQuota(quotaMemory())
      const has = new Map<string, number>()
      for (const [user, takes] of steps) {
        const count = has.get(user) ?? 0
        if (takes && quota.take(user, limits) === 'taken') {
          assert.ok(count < limits.perUser)
          has.set(user, count + 1)
        } else if (!takes && count > 0) {
          quota.give(user)
          has.set(user, count - 1)
        }
      }
      assert.equal(
        quota.total,
        [...has.values()].reduce((sum, each) => sum + each, 0),
      )
    }),
  )
})

test('ten thousand users with one allocation each: hardly any finds its cells taken', () => {
  const quota = new SharedQuota(quotaMemory())
  const users = Array.from({ length: 10_000 }, (_, index) => `${1_800_000_000 + index}:user-${index}`)
  const refused = users.filter((user) => quota.take(user, { perUser: 1, total: 100_000 }) !== 'taken')
  assert.ok(refused.length < 1000, `${refused.length}`)
})
