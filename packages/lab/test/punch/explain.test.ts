import assert from 'node:assert/strict'
import test from 'node:test'
import { explain } from '../../src/punch/explain.ts'
import { parseProbe, printProbe } from '../../src/punch/probe.ts'
import type { PeerResult, PunchResult } from '../../src/punch/punch.ts'
import type { Crossing, KnownFlow } from '../../src/punch/watch.ts'
import { waysOf } from '../../src/punch/way.ts'
import { type Endpoint, parseEndpoint } from '../../src/traffic/endpoint.ts'

const [insideA, insideB] = ['192.168.1.2:40000', '192.168.2.2:40000'].map(parseEndpoint) as [Endpoint, Endpoint]
const [outsideA, outsideB, movedB] = ['203.0.113.3:40000', '203.0.113.4:40000', '203.0.113.4:46921'].map(
  parseEndpoint,
) as [Endpoint, Endpoint, Endpoint]
const peers = { a: insideA, b: insideB }
const routers = { a: 'home-a', b: 'home-b' }

/** What routers see of one datagram: at which link, in which direction, from where to where. */
function crossings(from: 'a' | 'b', number: number, seen: readonly string[]): Crossing[] {
  return seen.map((line) => {
    const [router, link, direction, source, destination] = line.split(' ') as [never, never, never, string, string]
    const ends = { source: parseEndpoint(source), destination: parseEndpoint(destination) }
    return { router, link, direction, ...ends, probe: { token: '1', from, number } }
  })
}

function peer(local: Endpoint, advertised: Endpoint | undefined): PeerResult {
  return { local, advertised, elsewhere: advertised, same: true, path: undefined, heard: [], sent: 1, refused: [] }
}

function failed(b: PeerResult = peer(insideB, outsideB)): PunchResult {
  return { ok: false, ms: undefined, token: '1', controlled: true, a: peer(insideA, outsideA), b }
}

function flow(from: Endpoint, to: Endpoint, answersTo: Endpoint = from): KnownFlow {
  return { from, to, answersFrom: to, answersTo, answered: false }
}

const early = crossings('a', 1, [
  'a lan in 192.168.1.2:40000 203.0.113.4:40000',
  'a wan out 203.0.113.3:40000 203.0.113.4:40000',
  'b wan in 203.0.113.3:40000 203.0.113.4:40000',
])
const moved = crossings('b', 1, [
  'b lan in 192.168.2.2:40000 203.0.113.3:40000',
  'b wan out 203.0.113.4:46921 203.0.113.3:40000',
  'a wan in 203.0.113.4:46921 203.0.113.3:40000',
])

test('an early probe that a router kept is named, with the port that it drove its host to', () => {
  const ways = waysOf([...early, ...moved], '1', peers)
  const flows = { a: [], b: [flow(outsideA, outsideB), flow(insideB, outsideA, movedB)] }
  const { what, packets } = explain({ result: failed(), ways, flows, routers })
  assert.equal(
    what,
    "a's probe 1, 203.0.113.3:40000 → 203.0.113.4:40000, was kept by home-b as a flow to itself; " +
      "b's own probes left as 203.0.113.4:46921 instead of 203.0.113.4:40000, and home-a did not let them in",
  )
  assert.deepEqual(packets, [
    "a's probe 1, 192.168.1.2:40000 → 203.0.113.4:40000, left as 203.0.113.3:40000: lost in the peer's router",
    "b's probe 1, 192.168.2.2:40000 → 203.0.113.3:40000, left as 203.0.113.4:46921: lost in the peer's router",
  ])
})

test('a mapping that depends on the destination is named where no router kept anything', () => {
  const ways = waysOf([...early, ...moved], '1', peers)
  const { what } = explain({ result: failed(), ways, flows: { a: [], b: [] }, routers })
  const packet = "b's probe 1, 203.0.113.4:46921 → 203.0.113.3:40000, was dropped by home-a"
  assert.equal(what, `${packet}: it came from another port than the advertised 203.0.113.4:40000`)
})

test('a probe that is led to a port where nobody listens has not arrived', () => {
  const led = crossings('a', 2, [
    'a lan in 192.168.1.2:40000 203.0.113.4:40000',
    'a wan out 203.0.113.3:40000 203.0.113.4:40000',
    'b wan in 203.0.113.3:40000 203.0.113.4:40000',
    'b lan out 203.0.113.3:40000 192.168.2.2:55551',
  ])
  const ways = waysOf(led, '1', peers)
  assert.equal(ways[0]!.fate, 'led to another port of the peer')
  const { what } = explain({ result: failed(), ways, flows: { a: [], b: [] }, routers })
  assert.match(what, /was led by home-b to 192.168.2.2:55551, where nobody listens$/)
})

test('a peer that the rendezvous never saw is all that has to be said', () => {
  const { what } = explain({ result: failed(peer(insideB, undefined)), ways: [], flows: { a: [], b: [] }, routers })
  assert.match(what, /^b never heard from the rendezvous/)
})

test('datagrams of another attempt are nobody’s', () => {
  assert.deepEqual(waysOf(early, '2', peers), [])
})

test('probes and answers are read as they are written, and nothing else is', () => {
  const probe = { token: '7', from: 'b', number: 12, answerTo: outsideA } as const
  assert.deepEqual(parseProbe(Buffer.from(printProbe(probe))), probe)
  const { answerTo: _, ...bare } = probe
  assert.deepEqual(parseProbe(Buffer.from(printProbe(bare))), bare)
  for (const text of ['', 'punch', 'report 1', 'punch 1 c 2', 'punch 1 a 2 answers'])
    assert.equal(parseProbe(Buffer.from(text)), undefined)
})
