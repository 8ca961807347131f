import assert from 'node:assert/strict'
import test, { after } from 'node:test'
import { sandbox } from '@sallyport/linux'
import { behaviour, type Ports } from '../../src/nat/index.ts'
import { canElapse } from '../model/support/elapse.ts'
import { buildRawHouse } from '../model/support/house.ts'

await sandbox()

const house = await buildRawHouse()
after(() => house[Symbol.asyncDispose]())

const timeouts = { udp: 20, udpStream: 20, tcpTransitory: 20 }

/** The external port of a packet; undefined: it did not come within `patience` ms. */
function portOf(protocol: 'udp' | 'tcp', port: number, patience = 2000): number | undefined {
  const [host] = house.inside
  const destination = { address: house.outside[0].address, port: 3478 }
  const text = `from ${port}`
  house.arrivals(0)
  host.send({ protocol, source: { address: host.address, port }, destination, flags: { syn: true }, text })
  return house.arrivals(patience).find(({ packet }) => packet.text === text)?.packet.source.port
}

for (const protocol of ['udp', 'tcp'] as const) {
  const skip = !canElapse && 'Linux 6.12 is needed to let time pass'
  test(`${protocol}: the only port of a range that is free is found, wherever it is, and no other is given twice`, {
    skip,
  }, () => {
    // What time has passed for is read from a table that is in use: wrong rules fail three times.
    for (let tries = 0; tries < 2; tries += 1) {
      try {
        return lastOfAHundred(protocol)
      } catch (error) {
        if (!(error instanceof assert.AssertionError)) throw error
      }
    }
    lastOfAHundred(protocol)
  })
}

function lastOfAHundred(protocol: 'udp' | 'tcp'): void {
  const ports: Ports = { range: [30000, 30099] }
  house.reset({ behaviour: behaviour({ ports, timeouts }) })
  const inside = Array.from({ length: 100 }, (_, index) => 40000 + index)
  const found = inside.map((port) => portOf(protocol, port))
  assert.equal(new Set(found).size, 100)
  assert.ok(found.every((port) => port! >= 30000 && port! <= 30099))
  assert.equal(portOf(protocol, 50000, 100), undefined, 'all are in use')
  house.elapse(15)
  const [lapsing, ...kept] = inside.toReversed()
  for (const port of kept) assert.equal(portOf(protocol, port), found[port - 40000])
  house.elapse(10)
  assert.equal(portOf(protocol, 50000), found[lapsing! - 40000])
  assert.equal(portOf(protocol, 50001, 100), undefined)
}

for (const protocol of ['udp', 'tcp'] as const) {
  test(`${protocol}: the sequence goes around, past what is in use`, () => {
    house.reset({ behaviour: behaviour({ ports: 'sequential', timeouts }) })
    const found = Array.from({ length: 1024 }, (_, index) => portOf(protocol, 1024 + index))
    assert.deepEqual([found[0], found[1], found[1023], new Set(found).size], [20000, 20001, 21023, 1024])
    assert.equal(portOf(protocol, 50000, 100), undefined)
    assert.equal(portOf(protocol, 1024), 20000, 'who has one keeps it')
  })
}
