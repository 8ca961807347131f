import assert from 'node:assert/strict'
import test from 'node:test'
import { NatError, resolveNat } from '../../src/nat/index.ts'

/** What JavaScript, and JSON from elsewhere, may have in the place of words. */
const wrong: readonly (readonly [options: unknown, says: RegExp])[] = [
  [{ maping: 'endpoint-independent' }, /^nat: "maping" is no word for a NAT; known are mapping, filtering, /],
  [{ constructor: 1 }, /^nat: "constructor" is no word/],
  [{ mapping: 'full-cone' }, /^nat\.mapping: "full-cone" is no word .*; write endpoint-independent, address-dependent/],
  [{ mapping: null }, /^nat\.mapping: null is no word/],
  [{ ports: 'any' }, /^nat\.ports: "any" is no word .*; write preserve, parity, random, sequential/],
  [{ ports: { range: [2, 1] } }, /^nat\.ports: \{"range":\[2,1\]\} is no word .*; write \{ range: \[1024, 2047\] \}/],
  [{ ports: { range: [0, 70_000] } }, /^nat\.ports/],
  [{ ports: {} }, /^nat\.ports/],
  [{ overloading: 'yes' }, /^nat\.overloading: "yes" is no word .*; write true or false/],
  [{ udp: 'closed' }, /^nat\.udp: "closed" is no word/],
  [{ tcp: { hairpin: 'none' } }, /^nat\.tcp: "hairpin" is no word .*; known are mapping, filtering, ports, /],
  [{ tcp: { filtering: 3 } }, /^nat\.tcp\.filtering: 3 is no word/],
  [{ hairpin: true }, /^nat\.hairpin: true is no word/],
  [{ timeouts: { udp: 0 } }, /^nat\.timeouts\.udp: 0 is no word .*; write seconds, 1 or more/],
  [{ timeouts: { tcp: 30 } }, /^nat\.timeouts: "tcp" is no word .*; known are udp, udpStream, /],
]

for (const [options, says] of wrong) {
  test(`${JSON.stringify(options)} is refused, with what may be written there`, () => {
    assert.throws(
      () => resolveNat(options as object),
      (error) => error instanceof NatError && says.test(error.message),
    )
  })
}

test('words that are left undefined are as if they were not there', () => {
  const { behaviour } = resolveNat({ mapping: undefined, udp: 'blocked', timeouts: { icmp: 9 } } as object)
  assert.equal(behaviour?.timeouts.icmp, 9)
})
