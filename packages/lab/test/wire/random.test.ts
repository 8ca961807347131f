import assert from 'node:assert/strict'
import test from 'node:test'
import { Random } from '../../src/wire/random.ts'

const DRAWS = 100_000

function draws(random: Random, count = DRAWS): number[] {
  return Array.from({ length: count }, () => random.uniform())
}

test('numbers are spread evenly over 100 intervals (chi-squared)', () => {
  for (const seed of [0, 1, 2, 0xffff_ffff, -5, 1.5]) {
    const bins = new Array<number>(100).fill(0)
    for (const drawn of draws(new Random(seed))) bins[Math.floor(drawn * 100)]! += 1
    const expected = DRAWS / 100
    const chi = bins.reduce((sum, bin) => sum + (bin - expected) ** 2 / expected, 0)
    // 99 degrees of freedom: mean 99, deviation √198 = 14.1; four of them
    assert.ok(chi > 99 - 4 * 14.1 && chi < 99 + 4 * 14.1, `seed ${seed}: ${chi}`)
  }
})

test('a number says nothing about the next one', () => {
  const numbers = draws(new Random(1))
  const products = numbers.slice(1).map((drawn, index) => (drawn - 0.5) * (numbers[index]! - 0.5))
  const mean = products.reduce((sum, product) => sum + product, 0) / products.length
  assert.ok(Math.abs(mean) < (3 * (1 / 12)) / Math.sqrt(DRAWS), `${mean}`)
})

test('streams of neighbouring seeds and of other names have nothing in common', () => {
  const streams = [new Random(1), new Random(2), new Random(1, 'a'), new Random(1, 'b'), new Random(1, 'a', 'b')]
  const first = streams.flatMap((random) => draws(random, 100))
  assert.equal(new Set(first).size, first.length)
})

test('names are told apart by where one ends and the next begins', () => {
  assert.notEqual(new Random(1, 'ab', 'c').uniform(), new Random(1, 'a', 'bc').uniform())
})

test('a stream is the same for ever: frames that a seed loses in one release, it loses in the next', () => {
  const numbers = draws(new Random(42, 'alice', 'up'), 3)
  assert.deepEqual(numbers, [0.0794810454826802, 0.13839024328626692, 0.35931409732438624])
})
