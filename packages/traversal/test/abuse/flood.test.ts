import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeMessage, encodeMessage, methods, requestedTransport } from '../../src/stun/index.ts'
import type { Client } from '../../src/turn/server/index.ts'
import { bytesInUse } from './support/gc.ts'
import { Victim } from './support/victim.ts'

/** Requests of a run; the long one is `SALLYPORT_FLOOD=1000000 node --test …/flood.test.ts`. */
const REQUESTS = Number(process.env.SALLYPORT_FLOOD ?? 100_000)
const MEBIBYTE = 1 << 20

const bytes = encodeMessage({ class: 'request', method: methods.allocate, transaction: new Uint8Array(12) }, [
  requestedTransport.of(17),
])

/** A forged sender: each time another one. */
function forged(index: number): Client {
  const host = Math.imul(index, 2_654_435_761) >>> 0
  const address = `${host >>> 24}.${(host >>> 16) & 255}.${(host >>> 8) & 255}.${host & 255}`
  return {
    transport: 'udp',
    remote: { address, port: 1 + (index % 65_535) },
    local: { address: '9.9.9.9', port: 3478 },
  }
}

/** A second of it has ten thousand requests. Gives the most memory that the process had meanwhile. */
function flood(victim: Victim, from: number, count: number): number {
  let resident = 0
  for (let index = from; index < from + count; index += 1) {
    if (index % 100 === 0) victim.now += 10
    if (index % 1000 === 0) resident = Math.max(resident, process.memoryUsage.rss())
    victim.server.receive(decodeMessage(Uint8Array.from(bytes))!, forged(index), victim.now)
  }
  return resident
}

test(`${REQUESTS} Allocates from as many forged addresses leave nothing behind`, (context) => {
  const victim = new Victim()
  flood(victim, 0, 20_000)
  const heap = bytesInUse()
  const resident = flood(victim, 20_000, REQUESTS / 2) // until the young generation of the heap has its size
  const sent = victim.bytesSent
  const more = flood(victim, 20_000 + REQUESTS / 2, REQUESTS) - resident
  const grown = bytesInUse() - heap
  context.diagnostic(`heap ${grown} bytes more, resident at its most ${more}`)
  assert.ok(grown < MEBIBYTE, `${grown} bytes more`)
  assert.equal(victim.relays.opened.size, 0)
  assert.equal(victim.server.table.size, 0)
  const seconds = REQUESTS / 10_000
  assert.ok(victim.bytesSent - sent <= 4_000_000 * (seconds + 5), 'no more goes out than the total budget')
})

test('one victim, whichever ports are forged, gets two kilobytes a second after the first ten', () => {
  const victim = new Victim()
  const target = { address: '198.51.100.1', port: 0 }
  for (let index = 0; index < 100_000; index += 1) {
    if (index % 10 === 0) victim.now += 1
    const client: Client = { transport: 'udp', remote: { ...target, port: 1 + (index % 65_535) }, local: target }
    victim.server.receive(decodeMessage(Uint8Array.from(bytes))!, client, victim.now)
  }
  assert.ok(victim.bytesSent <= 10_000 + 2000 * 10, `${victim.bytesSent} in ten seconds`)
  assert.equal(victim.sent + victim.silenced, 100_000)
})
