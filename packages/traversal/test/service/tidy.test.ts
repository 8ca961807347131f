import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Tidy } from '../../src/service/tidy.ts'

type Second = readonly [come: number, go: number, datagrams?: number]

/** In which seconds a thread stops to give memory back: what came and went in each. */
function stops(...seconds: readonly Second[]): number[] {
  let count = 0
  let [present, opened, datagrams] = [0, 0, 0]
  const tidy = new Tidy(() => {
    count += 1
  })
  return seconds.flatMap(([come, go, came = 0], second) => {
    const before = count
    present += come - go
    opened += come
    datagrams += came
    tidy.tick({ present, opened, datagrams })
    return count > before ? [second] : []
  })
}

const nothing: Second = [0, 0]

test('memory is given back once, when a crowd has gone', () => {
  assert.deepEqual(stops([10_000, 0], nothing, [0, 10_000], nothing, nothing, nothing), [3])
})

test('also when it came and went between two looks', () => {
  assert.deepEqual(stops([1000, 1000], nothing, nothing), [1])
})

test('and when those who stay are few beside those who went', () => {
  assert.deepEqual(stops([9000, 0], [0, 5000], nothing, [0, 999], nothing, [0, 1], nothing, nothing), [5])
})

test('it waits until nobody is leaving, so that all of it is given back together', () => {
  assert.deepEqual(stops([5000, 0], [0, 3000], [0, 1900], [0, 11], [0, 10], nothing), [4])
})

test('a few clients are not worth stopping for', () => {
  assert.deepEqual(stops([999, 999], nothing, nothing), [])
})

test('while many datagrams come it waits', () => {
  assert.deepEqual(stops([5000, 5000, 90_000], [0, 0, 90_000], [0, 0, 1001], [0, 0, 1000]), [3])
})
