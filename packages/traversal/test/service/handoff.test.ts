import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { test } from 'node:test'
import { sandbox } from '@sallyport/linux'
import {
  channelNumber,
  type Endpoint,
  evenPort,
  lifetime,
  type Message,
  mobilityTicket,
  reservationToken,
  xorPeerAddress,
  xorRelayedAddress,
} from '../../src/stun/index.ts'
import { Asker } from './support/asker.ts'
import { serve } from './support/threads.ts'

await sandbox()

/** What never comes is waited for no longer. Milliseconds. */
const within = { timeout: 60_000 }

const WORKERS = 4
/** So many ports, and the kernel sends all to one of four threads: that happens once in 10^11 times. */
const PORTS = 20
const CHANNEL = 0x4001

const peer = createSocket('udp4')
peer.bind(0, '127.0.0.1')
await once(peer, 'listening')
peer.unref()
const peerAt: Endpoint = { address: '127.0.0.1', port: peer.address().port }

/** The peer sends to a relay; the client gets it in the channel. */
async function hears(client: Asker, relay: Endpoint, text: string): Promise<void> {
  peer.send(text, relay.port, relay.address)
  const bytes = await client.data()
  assert.deepEqual([(bytes[0]! << 8) | bytes[1]!, Buffer.from(bytes.subarray(4)).toString()], [CHANNEL, text])
}

/** The client sends in the channel; the peer gets it from the relay. */
async function isHeard(client: Asker, relay: Endpoint, text: string): Promise<void> {
  const arrived = once(peer, 'message')
  client.send(Uint8Array.of(CHANNEL >> 8, CHANNEL & 0xff, 0, text.length, ...Buffer.from(text)))
  const [bytes, { port }] = await arrived
  assert.deepEqual([String(bytes), port], [text, relay.port])
}

const ticketOf = (answer: Message): Uint8Array => Uint8Array.from(answer.get(mobilityTicket)!)

test(
  'a client that moves through twenty ports keeps its relay and its channel, whichever thread it meets',
  within,
  async () => {
    const moves: string[] = []
    await using served = await serve(WORKERS, { hear: ({ kind }) => moves.push(kind) })
    let client = await Asker.open(served.at, 'alice')
    const answer = await client.allocate(mobilityTicket.of(new Uint8Array()))
    const relay = answer.get(xorRelayedAddress)!
    let ticket = ticketOf(answer)
    const owners = new Set([ticket[0]])
    assert.equal(await client.codeOf('channelBind', channelNumber.of(CHANNEL), xorPeerAddress.of(peerAt)), 0)
    for (let move = 0; move < PORTS; move += 1) {
      const next = await Asker.open(served.at, 'alice')
      const moved = await next.ask('refresh', mobilityTicket.of(ticket))
      assert.equal(moved.class, 'success', `move ${move}`)
      client[Symbol.dispose]()
      client = next
      ticket = ticketOf(moved)
      owners.add(ticket[0])
      await hears(client, relay, `in ${move}`)
      await isHeard(client, relay, `out ${move}`)
    }
    assert.ok(owners.size > 1, 'it met one thread only')
    assert.ok(owners.size <= WORKERS)
    assert.equal(await client.codeOf('refresh', lifetime.of(0)), 0)
    client[Symbol.dispose]()
    assert.equal(served.threads.counters.allocationsOpened, 1)
  },
)

test("nobody moves with another user's ticket, and it stays good", within, async () => {
  await using served = await serve(WORKERS)
  using alice = await Asker.open(served.at, 'alice')
  const ticket = ticketOf(await alice.allocate(mobilityTicket.of(new Uint8Array())))
  for (let port = 0; port < PORTS; port += 1) {
    using bob = await Asker.open(served.at, 'bob')
    assert.equal(await bob.codeOf('refresh', mobilityTicket.of(ticket)), 441)
  }
  using elsewhere = await Asker.open(served.at, 'alice')
  assert.equal(await elsewhere.codeOf('refresh', mobilityTicket.of(ticket)), 0)
})

test('tickets that no thread has are a mismatch, whatever thread they name', within, async () => {
  await using served = await serve(WORKERS)
  using alice = await Asker.open(served.at, 'alice')
  for (const owner of [0, 1, 2, 3, 4, 255]) {
    const ticket = new Uint8Array(24).fill(owner, 0, 1)
    assert.equal(await alice.codeOf('refresh', mobilityTicket.of(ticket)), 437)
  }
})

test('a reserved port is there for whoever shows its token, from whatever port', within, async () => {
  await using served = await serve(WORKERS)
  const owners = new Set<boolean>()
  for (let round = 0; round < PORTS; round += 1) {
    using first = await Asker.open(served.at, 'alice')
    using second = await Asker.open(served.at, 'alice')
    const answer = await first.allocate(evenPort.of({ reserve: true }), mobilityTicket.of(new Uint8Array()))
    const { port } = answer.get(xorRelayedAddress)!
    const token = Uint8Array.from(answer.get(reservationToken)!)
    const redeemed = await second.allocate(reservationToken.of(token), mobilityTicket.of(new Uint8Array()))
    assert.equal(redeemed.get(xorRelayedAddress)?.port, port + 1, `round ${round}`)
    owners.add(ticketOf(redeemed)[0] === token[0])
    using third = await Asker.open(served.at, 'alice')
    assert.equal((await third.allocate(reservationToken.of(token))).class, 'error')
    for (const each of [first, second]) assert.equal(await each.codeOf('refresh', lifetime.of(0)), 0)
  }
  assert.deepEqual([...owners].sort(), [false, true], 'once by its own thread, once by another')
})
