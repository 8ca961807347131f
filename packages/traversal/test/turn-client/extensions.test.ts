import assert from 'node:assert/strict'
import { test } from 'node:test'
import { connectionId, decodeMessage, encodeMessage, integrity, methods } from '../../src/stun/index.ts'
import { DataConnection } from '../../src/turn/client/index.ts'
import { keyOf } from '../turn/support/world.ts'
import { eventsOf, Net, peerA, type Station } from './support/net.ts'

function joined(net: Net, options: Parameters<Net['join']>[0] = {}): Station {
  const station = net.join(options)
  net.run(500)
  assert.equal(station.machine.state, 'alive')
  return station
}

test('both families at once are two relays, and each peer is reached by its own', () => {
  const net = new Net()
  const station = joined(net, { family: 'both' })
  const [allocated] = eventsOf(station, 'allocated')
  assert.deepEqual(
    allocated?.relayed.map(({ address }) => address),
    ['203.0.113.1', '2001:db8::1'],
  )
  for (const address of ['192.0.2.1', '2001:db8::77']) net.send(station, { address, port: 9 }, address)
  net.run(500)
  assert.deepEqual(
    net.atPeers.map(({ text }) => text),
    ['192.0.2.1', '2001:db8::77'],
  )
})

test('where the server has one family only, the allocation says why the other is missing', () => {
  const station = joined(new Net({ families: [4] }), { family: 'both' })
  const [allocated] = eventsOf(station, 'allocated')
  assert.deepEqual([allocated?.relayed.length, allocated?.missing?.family, allocated?.missing?.code], [1, 6, 440])
})

test('an even port with the next one kept, for another client with the token', () => {
  const net = new Net()
  const first = joined(net, { evenPort: 'reserve' })
  const { reservation } = eventsOf(first, 'allocated')[0]!
  assert.ok(reservation)
  const second = joined(net, { reservation })
  assert.equal(net.relayOf(second).port, net.relayOf(first).port + 1)
})

test('a datagram with DF goes without a channel, and an ICMP error about it is an event', () => {
  const net = new Net()
  const station = joined(net, { dontFragment: true })
  net.tell(station, (machine, now) => machine.channel(peerA, now))
  net.run(100)
  net.send(station, peerA, 'whole', { dontFragment: true })
  net.run(100)
  assert.deepEqual(net.atPeers, [{ peer: peerA, text: 'whole', dontFragment: true }])
  const [allocation] = [...net.world.relays.owners.values()]
  const error = { type: 3, code: 4, data: 1280 }
  net.world.server.icmpFromPeer(allocation!, peerA, error, net.now)
  net.run(100)
  assert.deepEqual(eventsOf(station, 'icmp'), [{ type: 'icmp', peer: peerA, error }])
})

test('a client whose address changes goes on with the same relay, and loses nothing that it sends', () => {
  const net = new Net({ nonceLifetime: 60 })
  const station = joined(net, { mobility: true })
  net.tell(station, (machine, now) => machine.channel(peerA, now))
  net.run(100)
  const relay = net.relayOf(station)
  const texts: string[] = []
  for (let round = 0; round < 40; round += 1) {
    if (round % 10 === 5) net.move(station, 6000 + round)
    texts.push(`${round}`)
    net.send(station, peerA, `${round}`)
    net.run(10)
  }
  net.run(120_000)
  assert.deepEqual(
    net.atPeers.map(({ text }) => text),
    texts,
  )
  assert.equal(eventsOf(station, 'moved').length, 4)
  net.fromPeer(peerA, relay, 'still here')
  net.run(100)
  assert.deepEqual(net.textsFrom(station, peerA), ['still here'])
})

test('requests that were on their way when the address changed are asked again from the new one', () => {
  const net = new Net({ delay: 100 })
  const station = joined(net, { mobility: true })
  net.tell(station, (machine, now) => machine.permit([peerA.address], now))
  net.run(50)
  net.move(station, 6000)
  net.run(1000)
  assert.deepEqual([eventsOf(station, 'moved').length, eventsOf(station, 'permitted').length], [1, 1])
  assert.equal(station.machine.state, 'alive')
})

test('nothing is asked from the new address before the server knows it', () => {
  const net = new Net()
  const station = joined(net, { mobility: true })
  const lose = [methods.createPermission, methods.refresh, methods.refresh] as number[]
  net.watch = (bytes, way) => {
    const method = way === 'to server' ? decodeMessage(bytes)?.method : undefined
    if (method === undefined || method !== lose[0]) return undefined
    lose.shift()
    return 'lost'
  }
  net.tell(station, (machine, now) => machine.permit([peerA.address], now))
  net.move(station, 6000)
  net.run(5000)
  assert.deepEqual([station.machine.state, lose], ['alive', []])
  assert.deepEqual(
    station.events.map(({ type }) => type),
    ['allocated', 'moved', 'permitted'],
  )
})

test('without a ticket there is no moving', () => {
  const net = new Net({ mobility: false })
  assert.equal(joined(net).machine.move(net.now), false)
  const refused = net.join({ mobility: true })
  net.run(500)
  assert.equal(eventsOf(refused, 'closed')[0]?.error?.code, 405)
})

test('a TCP relay: the machine says which data connections to open, and why one did not come about', () => {
  const net = new Net()
  const station = joined(net, { relay: 'tcp', transport: 'tcp' })
  net.tell(station, (machine, now) => machine.connect(peerA, now))
  net.run(100)
  const { id } = net.world.relays.connecting[0]!
  net.world.server.connected(id, true, net.now)
  net.run(100)
  assert.deepEqual(eventsOf(station, 'connected'), [{ type: 'connected', peer: peerA, id }])
  const closedPort = { ...peerA, port: 1 }
  net.tell(station, (machine, now) => machine.connect(closedPort, now))
  net.run(100)
  net.world.server.connected(net.world.relays.connecting[1]!.id, false, net.now)
  net.run(100)
  assert.equal(eventsOf(station, 'unconnected')[0]?.error.code, 447)
})

test('a relay for datagrams makes no connections, and one for connections sends no datagrams', () => {
  const net = new Net()
  const station = joined(net)
  net.tell(station, (machine, now) => machine.connect(peerA, now))
  assert.equal(eventsOf(station, 'unconnected')[0]?.error.trouble, 'relay')
  assert.equal(net.send(joined(net, { relay: 'tcp', transport: 'tcp' }), peerA, 'x'), false)
})

test('a TCP relay: a peer that is permitted and connects is an event', () => {
  const net = new Net()
  const station = joined(net, { relay: 'tcp', transport: 'tcp' })
  net.tell(station, (machine, now) => machine.permit([peerA.address], now))
  net.run(100)
  const [allocation] = [...net.world.relays.owners.values()]
  const id = net.world.server.attempted(allocation!, peerA, net.now)
  net.run(100)
  assert.deepEqual(eventsOf(station, 'incoming'), [{ type: 'incoming', peer: peerA, id }])
})

test('a data connection is the peer’s from the answer on, also when both come in one piece', () => {
  const net = new Net()
  const { machine } = joined(net, { relay: 'tcp', transport: 'tcp' })
  const random = (length: number): Uint8Array => new Uint8Array(length).fill(9)
  for (const cut of [1, 19, 40, 200]) {
    const connection = new DataConnection({ id: 77, session: machine.session, random }, 0)
    const request = decodeMessage(connection.poll(0)[0]!)!
    assert.deepEqual([request.method, request.get(connectionId)], [methods.connectionBind, 77])
    const header = { class: 'success', method: methods.connectionBind, transaction: request.transaction } as const
    const key = machine.session.proof?.key ?? keyOf('alice')
    const stream = Buffer.concat([encodeMessage(header, [], [integrity(key, 'sha256')]), Buffer.from('welcome')])
    connection.push(stream.subarray(0, cut), 1)
    const rest = Buffer.from(connection.rest).toString()
    if (cut < 200) connection.push(stream.subarray(cut), 2)
    assert.equal(connection.state, 'joined')
    assert.equal(cut < 200 ? Buffer.from(connection.rest).toString() : rest, 'welcome')
  }
})

test('a data connection that ends, or talks of other things, has failed', () => {
  const net = new Net()
  const { session } = joined(net).machine
  const random = (length: number): Uint8Array => new Uint8Array(length)
  const ended = new DataConnection({ id: 1, session, random }, 0)
  ended.disconnected()
  assert.deepEqual([ended.state, ended.error?.trouble], ['failed', 'closed'])
  const strange = new DataConnection({ id: 1, session, random }, 0)
  strange.push(Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'), 0)
  assert.deepEqual([strange.state, strange.error?.trouble], ['failed', 'malformed'])
  const silent = new DataConnection({ id: 1, session, random }, 0)
  silent.poll(0)
  silent.poll(40_000)
  assert.deepEqual([silent.state, silent.error?.trouble], ['failed', 'timeout'])
})
