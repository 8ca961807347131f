import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { Random } from '@sallyport/linux/testing'
import type { TurnClient } from '../../src/turn/client/index.ts'
import { DataConnection } from '../../src/turn/client/index.ts'
import { Net, peerA, peerB, SERVER } from './support/net.ts'

const ROUNDS = 60_000

setFlagsFromString('--expose-gc')
const collect: () => void = runInNewContext('gc')

function heap(): number {
  collect()
  return process.memoryUsage().heapUsed
}

/** Everything that a server says in the life of a client: what damage is done to. */
function conversation(): { net: Net; machine: TurnClient; heard: Uint8Array[] } {
  const net = new Net({ nonceLifetime: 60 })
  const heard: Uint8Array[] = []
  net.watch = (bytes, way) => {
    if (way === 'to client' && heard.length < 200) heard.push(bytes)
    return undefined
  }
  const station = net.join({ mobility: true })
  net.run(500)
  net.tell(station, (machine, now) => machine.channel(peerA, now))
  net.tell(station, (machine, now) => machine.permit([peerB.address], now))
  for (let round = 0; round < 20; round += 1) {
    net.run(60_000)
    for (const peer of [peerA, peerB]) net.fromPeer(peer, net.relayOf(station), `${round}`)
  }
  return { net, machine: station.machine, heard }
}

function damaged(bytes: Uint8Array, random: Random): Uint8Array {
  const copy = Uint8Array.from(bytes)
  for (let times = 1 + random.below(4); times > 0; times -= 1) copy[random.below(copy.length)] = random.below(256)
  return random.below(3) === 0 ? copy.subarray(0, random.below(copy.length + 1)) : copy
}

test('noise and damaged messages never throw out of the machine, and leave nothing behind', () => {
  const { net, machine, heard } = conversation()
  const random = new Random(20_261_121)
  let { now } = net
  let sent = 0
  const before = heap()
  for (let round = 0; round < ROUNDS; round += 1) {
    const isNoise = round % 4 === 0
    const bytes = isNoise ? random.bytes(random.below(200)) : damaged(heard[random.below(heard.length)]!, random)
    machine.handle(bytes, SERVER, now)
    if (round % 100 === 0) now += 50
    const { datagrams, events } = machine.poll(now)
    sent += datagrams.length
    assert.equal(events.length <= 2, true)
  }
  assert.equal(heap() - before < 500_000, true, `${heap() - before} bytes more`)
  // What it says is what it says anyway: keepalives and refreshes, and no word for each message.
  assert.equal(sent < 200, true, `${sent} datagrams`)
  assert.equal(machine.dropped > ROUNDS / 2, true)
})

test('damaged answers to requests in flight never throw, and the requests are settled or repeated', () => {
  const random = new Random(7)
  for (let seed = 1; seed <= 40; seed += 1) {
    const net = new Net({ seed, loss: 5, twice: 5, jitter: 50, nonceLifetime: 60 })
    net.watch = (bytes, way) => (way === 'to client' && random.below(3) === 0 ? damaged(bytes, random) : undefined)
    const station = net.join({ mobility: seed % 2 === 0 })
    for (let minute = 0; minute < 12; minute += 1) {
      net.send(station, peerA, 'x')
      net.tell(station, (machine, now) => machine.permit([peerB.address], now))
      net.run(60_000)
    }
    assert.ok(['alive', 'closed'].includes(station.machine.state))
  }
})

test('a data connection survives any stream', () => {
  const { machine } = conversation()
  const random = new Random(3)
  for (let round = 0; round < 3000; round += 1) {
    const id = { id: 1, session: machine.session, random: (n: number): Uint8Array => random.bytes(n) }
    const connection = new DataConnection(id, 0)
    connection.poll(0)
    for (let piece = 0; piece < 4; piece += 1) connection.push(random.bytes(random.below(60)), 1)
    assert.notEqual(connection.state, 'joined')
  }
})
