import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Allowance, Bandwidth, rateMemory } from '../../src/datapath/index.ts'

/** Bytes that get through in ten seconds of which each millisecond brings a datagram of 1,000 bytes. */
function inTenSeconds(way: (bytes: number, now: number) => boolean, start = 1_700_000_000_000): number {
  let bytes = 0
  for (let now = start; now < start + 10_000; now += 1) if (way(1000, now)) bytes += 1000
  return bytes
}

const toPeers =
  (allowance: Allowance) =>
  (bytes: number, now: number): boolean =>
    allowance.toPeers(bytes, now)

function near(got: number, wanted: number): void {
  assert.ok(Math.abs(got - wanted) < wanted * 0.05, `${got} bytes instead of ${wanted}`)
}

test('without limits everything goes through', () => {
  const allowance = new Bandwidth(rateMemory()).allowance('alice')
  assert.equal(inTenSeconds(toPeers(allowance)), 10_000_000)
})

test('an allocation gets its rate and no more, each way by itself', () => {
  const bandwidth = new Bandwidth(rateMemory(), { allocation: 1_000_000, user: 0 })
  const allowance = bandwidth.allowance('alice')
  near(inTenSeconds(toPeers(allowance)), 1_250_000)
  near(
    inTenSeconds((bytes, now) => allowance.fromPeers(bytes, now)),
    1_250_000,
  )
})

test("a user's allocations on two threads get the user's rate together; another user is not touched", () => {
  const memory = rateMemory()
  const limits = { allocation: 0, user: 1_000_000 }
  const [one, two] = [
    new Bandwidth(memory, limits).allowance('alice'),
    new Bandwidth(memory, limits).allowance('alice'),
  ]
  let turn = 0
  const both = (bytes: number, now: number): boolean => {
    turn += 1
    return (turn % 2 === 0 ? one : two).toPeers(bytes, now)
  }
  near(inTenSeconds(both), 1_250_000)
  near(inTenSeconds(toPeers(new Bandwidth(memory, limits).allowance('bob'))), 1_250_000)
})

test('a thread whose clock is behind by some milliseconds empties nothing for the others', () => {
  const memory = rateMemory()
  const limits = { allocation: 0, user: 1_000_000 }
  const ahead = new Bandwidth(memory, limits).allowance('alice')
  const behind = new Bandwidth(memory, limits).allowance('alice')
  let turn = 0
  const both = (bytes: number, now: number): boolean => {
    turn += 1
    return turn % 2 === 0 ? ahead.toPeers(bytes, now + 20) : behind.toPeers(bytes, now)
  }
  near(inTenSeconds(both), 1_250_000)
})

test('limits that change count from then on', () => {
  const bandwidth = new Bandwidth(rateMemory(), { allocation: 1_000_000, user: 0 })
  const allowance = bandwidth.allowance('alice')
  bandwidth.limits = { allocation: 4_000_000, user: 0 }
  near(inTenSeconds(toPeers(allowance)), 5_000_000)
})

test('after a long silence there is one burst, not all that was not used', () => {
  const allowance = new Bandwidth(rateMemory(), { allocation: 1_000_000, user: 1_000_000 }).allowance('alice')
  const start = 1_700_000_000_000
  allowance.toPeers(1000, start)
  let bytes = 0
  for (let count = 0; count < 1000; count += 1) if (allowance.toPeers(1000, start + 3_600_000)) bytes += 1000
  near(bytes, 31_000)
})
