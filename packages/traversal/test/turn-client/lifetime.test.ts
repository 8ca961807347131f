import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeMessage, methods } from '../../src/stun/index.ts'
import { eventsOf, Net, peerA, peerB, type Station } from './support/net.ts'

const TWO_HOURS = 2 * 3600_000

/** Datagrams with numbers in both directions every few seconds; gives how many were sent each way. */
function chatter(net: Net, station: Station): number {
  const relay = net.relayOf(station)
  let rounds = 0
  for (; rounds < TWO_HOURS / 3000; rounds += 1) {
    for (const peer of [peerA, peerB]) {
      net.send(station, peer, `out ${peer.port} ${rounds}`)
      net.fromPeer(peer, relay, `in ${peer.port} ${rounds}`)
    }
    net.run(3000)
  }
  return rounds
}

function numbered(way: string, { port }: { readonly port: number }, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${way} ${port} ${index}`)
}

test('a client lives two hours over nonces of 60 seconds without losing a datagram', () => {
  const net = new Net({ nonceLifetime: 60 })
  let stale = 0
  net.watch = (bytes, way) => {
    const message = way === 'to client' ? decodeMessage(bytes) : undefined
    stale += message?.class === 'error' ? 1 : 0
    return undefined
  }
  const station = net.join({ channelAfter: 0 })
  net.run(200)
  net.tell(station, (machine, now) => machine.channel(peerA, now))
  net.tell(station, (machine, now) => machine.permit([peerB.address], now))
  net.run(200)
  const count = chatter(net, station)
  assert.equal(station.machine.state, 'alive')
  for (const peer of [peerA, peerB]) {
    const texts = net.atPeers.filter((each) => each.peer.port === peer.port).map(({ text }) => text)
    assert.deepEqual(texts, numbered('out', peer, count))
    assert.deepEqual(net.textsFrom(station, peer), numbered('in', peer, count))
  }
  assert.equal(stale > 40, true, `${stale} answers found the nonce stale`)
  const said = station.events.map(({ type }) => type).filter((type) => type !== 'data')
  assert.deepEqual(said, ['allocated', 'permitted', 'bound', 'permitted'])
})

test('with a tenth of all datagrams lost, late or twice, nothing ends and no permission lapses', () => {
  const net = new Net({ nonceLifetime: 60, loss: 10, twice: 5, jitter: 200, seed: 7 })
  const station = net.join()
  net.run(10_000)
  net.tell(station, (machine, now) => machine.channel(peerA, now))
  net.tell(station, (machine, now) => machine.permit([peerB.address], now))
  net.run(10_000)
  const allocation = [...net.world.relays.owners.values()].at(-1)!
  let lapses = 0
  net.run(TWO_HOURS, () => {
    const isThere = allocation.permits(peerA.address, net.now) && allocation.permits(peerB.address, net.now)
    if (!isThere || allocation.channelTo(peerA, net.now) === undefined) lapses += 1
  })
  assert.deepEqual([station.machine.state, lapses], ['alive', 0])
  for (const type of ['closed', 'forbidden', 'unbound'] as const) assert.deepEqual(eventsOf(station, type), [])
})

test('a peer that is sent to often gets a channel by itself, and loses it when that is over', () => {
  const net = new Net()
  const channelData: number[] = []
  net.watch = (bytes, way) => {
    if (way === 'to server' && bytes[0]! >= 0x40) channelData.push(net.now)
    return undefined
  }
  const station = net.join({ channelAfter: 5 })
  net.run(200)
  for (let round = 0; round < 10; round += 1) {
    net.send(station, peerA, `${round}`)
    net.run(100)
  }
  assert.deepEqual(
    net.atPeers.map(({ text }) => text),
    ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'],
  )
  assert.equal(channelData.length > 2, true)
  assert.equal(eventsOf(station, 'bound').length, 1)
  net.run(TWO_HOURS / 2)
  const allocation = [...net.world.relays.owners.values()][0]!
  assert.deepEqual([allocation.channels.size, allocation.permissions.size], [0, 0])
})

test('a server that was started anew is an event within the time of one permission', () => {
  const net = new Net()
  const station = net.join()
  net.run(200)
  net.tell(station, (machine, now) => machine.permit([peerA.address], now))
  net.run(60_000)
  net.restartServer()
  net.run(300_000)
  const [closed] = eventsOf(station, 'closed')
  assert.equal(closed?.why, 'lost')
  assert.equal(closed?.error?.code, 437)
  assert.match(closed?.error?.message ?? '', /the server does not know the relay/)
})

test('a server that answers no more is an event, before the allocation can have ended by itself', () => {
  const net = new Net()
  const station = net.join()
  net.run(200)
  net.watch = () => 'lost'
  net.run(700_000)
  const [closed] = eventsOf(station, 'closed')
  assert.deepEqual([closed?.why, closed?.error?.trouble], ['lost', 'timeout'])
})

test('while nothing is said, a Binding indication keeps the NATs on the way open', () => {
  const net = new Net()
  net.join()
  net.run(1000)
  const times: number[] = []
  net.watch = (bytes, way) => {
    const message = decodeMessage(bytes)
    if (way === 'to server' && message?.method === methods.binding) times.push(net.now)
    return undefined
  }
  net.run(65_000)
  assert.equal(times.length, 4)
  assert.equal(times[1]! - times[0]!, 15_000)
})
