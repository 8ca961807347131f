import assert from 'node:assert/strict'
import test from 'node:test'
import { Random } from '../../src/wire/random.ts'
import { Schedule } from '../../src/wire/schedule.ts'

function taken<T>(schedule: Schedule<T>, now: number): T[] {
  const items: T[] = []
  for (let item = schedule.take(now); item !== undefined; item = schedule.take(now)) items.push(item)
  return items
}

test('what is due comes out soonest first, and what is not stays', () => {
  const schedule = new Schedule<string>()
  for (const [at, item] of [
    [3, 'c'],
    [1, 'a'],
    [2, 'b'],
    [9, 'z'],
  ] as const)
    schedule.add(at, item)
  assert.equal(schedule.next, 1)
  assert.deepEqual(taken(schedule, 3), ['a', 'b', 'c'])
  assert.deepEqual([schedule.next, schedule.size], [9, 1])
})

test('what is due at the same time comes out as it went in', () => {
  const schedule = new Schedule<number>()
  for (let item = 0; item < 1000; item += 1) schedule.add(5, item)
  assert.deepEqual(
    taken(schedule, 5),
    Array.from({ length: 1000 }, (_, n) => n),
  )
  assert.equal(schedule.next, Infinity)
})

test('a thousand at random times come out sorted, while others are added', () => {
  const schedule = new Schedule<number>()
  const random = new Random(1)
  const out: number[] = []
  for (let now = 0; now < 1000; now += 1) {
    const at = now + random.uniform() * 100
    schedule.add(at, at)
    out.push(...taken(schedule, now))
  }
  out.push(...taken(schedule, Infinity))
  assert.equal(out.length, 1000)
  assert.deepEqual(
    out,
    out.toSorted((a, b) => a - b),
  )
})

test('what fits is taken out before it is due, and the others keep their order', () => {
  const schedule = new Schedule<number>()
  for (let item = 0; item < 100; item += 1) schedule.add((item * 37) % 100, item)
  assert.equal(schedule.remove((item) => item % 2 === 0).length, 50)
  const left = taken(schedule, 100)
  assert.equal(left.length, 50)
  assert.deepEqual(
    left.map((item) => (item * 37) % 100),
    left.map((item) => (item * 37) % 100).toSorted((a, b) => a - b),
  )
})
