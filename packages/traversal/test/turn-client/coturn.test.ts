import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import dgram from 'node:dgram'
import { once } from 'node:events'
import net from 'node:net'
import { type TestContext, test } from 'node:test'
import { sandbox } from '@sallyport/linux'
import { stun, turn } from '../../src/index.ts'
import { Coturn, coturnIsThere, login } from './support/coturn.ts'

await sandbox()

type Options = Partial<turn.AllocateOptions>

/** A peer that sends back what it gets. */
async function echo(t: TestContext, address: string = '127.0.0.1'): Promise<stun.Endpoint> {
  const socket = dgram.createSocket(address.includes(':') ? 'udp6' : 'udp4')
  socket.on('message', (bytes, { address: from, port }) => socket.send(bytes, port, from))
  socket.bind(0, address)
  await once(socket, 'listening')
  t.after(() => socket.close())
  return { address, port: socket.address().port }
}

async function allocate(coturn: Coturn, options: Options = {}): Promise<turn.Relay> {
  const tls = { ca: coturn.ca, servername: 'turn.example' }
  return await turn.allocate({ server: '127.0.0.1:3478', ...login, tls, ...options })
}

/** Sends a text by the relay and gives what the peer sent back. */
async function roundTrip(relay: turn.Relay, peer: stun.Endpoint, text: string): Promise<string> {
  const answer = once(relay, 'message')
  assert.equal(relay.send(Buffer.from(text), peer), true)
  const [bytes, from] = await answer
  assert.deepEqual(from, peer)
  return Buffer.from(bytes).toString()
}

test('bind says where we are seen, over UDP, TCP and TLS', coturnIsThere, async () => {
  await using coturn = await Coturn.start()
  for (const [server, transport] of [
    ['127.0.0.1:3478', 'udp'],
    ['stun:127.0.0.1', 'tcp'],
    ['[::1]:3478', 'udp'],
    ['stuns:127.0.0.1', 'tls'],
  ] as const) {
    const binding = await stun.bind(server, { transport, tls: { ca: coturn.ca } })
    assert.equal(binding.mapped.port, binding.local.port, `${server} ${transport}`)
    assert.equal(binding.mapped.address, server.startsWith('[') ? '::1' : '127.0.0.1')
  }
})

for (const transport of ['udp', 'tcp', 'tls'] as const) {
  test(
    `a relay over ${transport} carries data to peers and back, with and without a channel`,
    coturnIsThere,
    async (t) => {
      await using coturn = await Coturn.start()
      const peer = await echo(t)
      const server = transport === 'tls' ? '127.0.0.1:5349' : '127.0.0.1:3478'
      await using relay = await allocate(coturn, { server, transport })
      await relay.permit(peer.address)
      assert.equal(await roundTrip(relay, peer, 'by Send'), 'by Send')
      const number = await relay.channel(peer)
      assert.equal(number >= 0x4000 && number <= 0x4fff, true)
      assert.equal(await roundTrip(relay, peer, 'by channel'), 'by channel')
      for (const length of [1, 2, 3, 4, 1200]) {
        assert.equal(await roundTrip(relay, peer, 'x'.repeat(length)), 'x'.repeat(length))
      }
      assert.match(coturn.log, /peer 127\.0\.0\.1 lifetime updated/)
    },
  )
}

test('the first datagram to a peer asks for the permission by itself', coturnIsThere, async (t) => {
  await using coturn = await Coturn.start()
  const peer = await echo(t)
  await using relay = await allocate(coturn)
  assert.equal(await roundTrip(relay, peer, 'unannounced'), 'unannounced')
})

test('IPv6: a relay of that family, and one of each', coturnIsThere, async (t) => {
  await using coturn = await Coturn.start()
  const peer = await echo(t, '::1')
  await using six = await allocate(coturn, { server: '[::1]:3478', family: 6 })
  assert.equal(six.address.address, '::1')
  assert.equal(await roundTrip(six, peer, 'six'), 'six')
  await using both = await allocate(coturn, { family: 'both' })
  assert.deepEqual(
    both.addresses.map(({ address }) => address),
    ['127.0.0.1', '::1'],
  )
  assert.equal(await roundTrip(both, peer, 'to six'), 'to six')
  assert.equal(await roundTrip(both, await echo(t), 'to four'), 'to four')
})

test('an even port, and the next one for who has the token', coturnIsThere, async () => {
  await using coturn = await Coturn.start()
  await using first = await allocate(coturn, { evenPort: 'reserve' })
  assert.equal(first.address.port % 2, 0)
  assert.ok(first.reservation)
  await using second = await allocate(coturn, { reservation: first.reservation })
  assert.equal(second.address.port, first.address.port + 1)
})

test('nonces of one second: everything goes on', coturnIsThere, async (t) => {
  await using coturn = await Coturn.start('--stale-nonce=1')
  const peer = await echo(t)
  await using relay = await allocate(coturn)
  const another = await echo(t, '127.0.0.2')
  await relay.permit(peer.address)
  await new Promise((resolve) => setTimeout(resolve, 2100)) // the life of a nonce, by coturn's clock of whole seconds
  await Promise.all([relay.permit(another.address), relay.channel(peer), relay.channel(another)])
  assert.equal(await roundTrip(relay, peer, 'later'), 'later')
  assert.match(coturn.log, /438/)
})

// coturn 4.6 throws away what a peer sends before ConnectionBind, and what is on its way when one side ends: here nobody
// speaks too early, and nobody ends before all is said.
test('a TCP relay connects to a peer, and peers to it', coturnIsThere, async (t) => {
  await using coturn = await Coturn.start()
  const server = net.createServer((socket) => {
    socket.on('data', (bytes) => socket.write(`welcome, ${bytes}`)).on('error', () => undefined)
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  t.after(() => server.close())
  await using relay = await allocate(coturn, { relay: 'tcp' })
  const out = await relay.connect({ address: '127.0.0.1', port: (server.address() as net.AddressInfo).port })
  out.write('alice')
  assert.equal(`${(await once(out, 'data'))[0]}`, 'welcome, alice')
  out.destroy()

  await relay.permit('127.0.0.1')
  const incoming = once(relay, 'connection')
  const peer = net.connect(relay.address.port, relay.address.address)
  const [socket, from] = await incoming
  assert.deepEqual(from, { address: '127.0.0.1', port: peer.localPort })
  peer.write('hello')
  assert.equal(`${(await once(socket, 'data'))[0]}`, 'hello')
  socket.destroy()
  peer.destroy()
})

test('a TCP relay says when the peer does not take the connection', coturnIsThere, async () => {
  await using coturn = await Coturn.start()
  await using relay = await allocate(coturn, { relay: 'tcp' })
  await assert.rejects(relay.connect({ address: '127.0.0.1', port: 1 }), { name: 'TurnError', code: 447 })
})

test('mobility: the client goes on from another port with the same relay', coturnIsThere, async (t) => {
  await using coturn = await Coturn.start('--mobility')
  const peer = await echo(t)
  await using relay = await allocate(coturn, { mobility: true })
  assert.equal(await roundTrip(relay, peer, 'before'), 'before')
  const { address } = relay
  await relay.move()
  assert.deepEqual(relay.address, address)
  assert.equal(await roundTrip(relay, peer, 'after'), 'after')
})

// coturn answers the very first request with its 300, before there is a password to seal it with.
test('a redirection that nothing proves is followed when the caller says so, else not', coturnIsThere, async (t) => {
  const ports = ['--tls-listening-port', '5360', '--alt-listening-port', '3495', '--alt-tls-listening-port', '5365']
  await using first = await Coturn.start('--alternate-server=127.0.0.1:3490')
  await using second = await Coturn.start('-p', '3490', ...ports)
  const peer = await echo(t)
  for (const transport of ['udp', 'tcp'] as const) {
    await assert.rejects(allocate(first, { transport }), { code: 300, message: /that is not followed/ })
    await using relay = await allocate(first, { transport, redirects: { unproven: true } })
    assert.equal(await roundTrip(relay, peer, transport), transport)
  }
  assert.match(first.log, /error 300/)
  assert.match(second.log, /incoming packet ALLOCATE processed, success/)
})

test('a wrong password and a full quota are errors with the number and what it means', coturnIsThere, async () => {
  await using coturn = await Coturn.start('--user-quota=1')
  await using relay = await allocate(coturn)
  await assert.rejects(allocate(coturn), { code: 486, message: /as many relays as one may have/ })
  await assert.rejects(allocate(coturn, { password: 'wrong' }), { code: 401, message: /wrong user name or password/ })
  await assert.rejects(relay.permit('0.0.0.0'), { code: 403 })
})

test(
  'a name with a time: the relay outlives it, and goes on where another name is refused (441)',
  coturnIsThere,
  async (t) => {
    await using coturn = await Coturn.start('--use-auth-secret', '--static-auth-secret=north')
    const peer = await echo(t)
    const asked: string[] = []
    const credentials = (why: string): turn.Credentials => {
      asked.push(why)
      const username = `${Math.ceil(Date.now() / 1000) + 2 + asked.length}:alice`
      return { username, password: createHmac('sha1', 'north').update(username).digest('base64'), ttl: 1 }
    }
    await using relay = await turn.allocate({ server: '127.0.0.1:3478', credentials })
    assert.equal(await roundTrip(relay, peer, 'in time'), 'in time')
    // A request with each new name, until coturn has seen one.
    for (let last = 2; !/processed, error 441/.test(coturn.log); last += 1) {
      await relay.permit(`127.0.0.${last}`)
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
    const ends = Number(/username=<(\d+):alice>/.exec(coturn.log)?.[1])
    while (Date.now() / 1000 < ends + 1) await new Promise((resolve) => setTimeout(resolve, 50))
    await relay.permit('127.0.1.1')
    assert.equal(await roundTrip(relay, peer, 'later'), 'later')
    await assert.rejects(turn.allocate({ server: '127.0.0.1:3478', ...credentials('again'), password: 'wrong' }), {
      code: 401,
    })
  },
)

test('a server that ends is the end of a relay over TCP, with a reason', coturnIsThere, async () => {
  const coturn = await Coturn.start()
  const relay = await allocate(coturn, { transport: 'tcp' })
  const closed = once(relay, 'close')
  await coturn[Symbol.asyncDispose]()
  assert.deepEqual((await closed)[0], { why: 'disconnected' })
  await assert.rejects(relay.permit('127.0.0.1'), { trouble: 'closed' })
  await relay.close()
})

test('nobody at the port: an error that says so', async () => {
  const retransmission = { rto: 5, attempts: 2, patience: 2 }
  await assert.rejects(stun.bind('127.0.0.1:9', { retransmission }), { name: 'BindError', message: /ECONNREFUSED/ })
  const wish = { server: '127.0.0.1:9', ...login }
  await assert.rejects(turn.allocate({ ...wish, retransmission }), { name: 'TurnError', trouble: 'timeout' })
  await assert.rejects(turn.allocate({ ...wish, transport: 'tcp' }), { code: 'ECONNREFUSED' })
})
