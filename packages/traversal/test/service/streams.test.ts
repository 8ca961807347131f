import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { test } from 'node:test'
import { sandbox } from '@sallyport/linux'
import { Journal, type LogRecord, type RelaySettings, Server } from '../../src/service/index.ts'
import { errorCode, requestedTransport } from '../../src/stun/index.ts'
import { certificate, type Listening, Peer, readChannelData, Talker } from '../streams/support/stage.ts'

await sandbox()

/** What never comes is waited for no longer. Milliseconds. */
const within = { timeout: 60_000 }
const local = { address: '127.0.0.1', port: 0 }

const relay: RelaySettings = {
  realm: 'example.org',
  addresses: [{ address: '127.0.0.1' }],
  ports: { min: 50_000, max: 60_000 },
  nonceSecret: new Uint8Array(32),
  nonceLifetime: 600,
  software: undefined,
  policy: {
    users: [{ name: 'alice', password: 'alice has one' }],
    secrets: [],
    filter: { allow: ['127.0.0.0/8'] },
    limits: {},
  },
}

interface Served extends AsyncDisposable, Listening {
  readonly server: Server
  readonly log: readonly LogRecord[]
}

/** A server of TCP and TLS alone, and what it logs. */
async function serve(): Promise<Served> {
  const log: LogRecord[] = []
  const journal = new Journal({ write: (line) => log.push(JSON.parse(line)), form: 'json', clock: Date.now })
  const listen = { udp: [], tcp: [local], tls: [local] }
  const server = await Server.start({ listen, workers: 0, relay, certificate, metrics: undefined }, journal)
  const over = (transport: 'tcp' | 'tls') => ({ transport, ...server.listen[transport][0]! })
  const dispose = async (): Promise<void> => {
    await server[Symbol.asyncDispose]()
    journal.flush()
  }
  return { server, log, addresses: [over('tcp'), over('tls')], [Symbol.asyncDispose]: dispose }
}

test('the thread of streams relays for TCP and TLS, counts, and tells what happens', within, async () => {
  const served = await serve()
  using peer = await Peer.open()
  for (const transport of ['tcp', 'tls'] as const) {
    await using client = await Talker.connect(served, transport)
    await client.permit(peer.endpoint) // too early: refused
    const relayed = await client.allocate()
    await client.bind(0x4000, peer.endpoint)
    client.channelData(0x4000, 'there')
    assert.deepEqual(await peer.receive(), { text: 'there', from: relayed })
    peer.send('and back', relayed)
    assert.deepEqual(readChannelData(await client.frame()), [0x4000, 'and back'])
  }
  const { bytesFromClients, bytesFromPeers, allocationsOpened } = served.server.counters
  assert.deepEqual([bytesFromClients, bytesFromPeers, allocationsOpened], [10, 16, 2])
  await served[Symbol.asyncDispose]()
  const events = served.log.map(({ event, client }) => `${event} ${String(client).slice(0, 3)}`)
  for (const transport of ['tcp', 'tls']) {
    assert.ok(events.includes(`allocation-opened ${transport}`), `${events}`)
    assert.ok(events.includes(`allocation-closed ${transport}`), `${events}`)
  }
  assert.ok(
    events.some((event) => event.startsWith('requests-refused')),
    `${events}`,
  )
})

test('a change reaches the thread: peers that are denied now are cut off, connections stay', within, async () => {
  await using served = await serve()
  await using client = await Talker.connect(served)
  using peer = await Peer.open()
  await client.allocate()
  await client.bind(0x4000, peer.endpoint)
  await served.server.change({ relay: { ...relay, policy: { ...relay.policy, filter: {} } }, certificate })
  const answer = await client.bind(0x4000, peer.endpoint)
  assert.equal(answer.get(errorCode)?.code, 403)
  assert.equal((await client.ask('refresh')).class, 'success')
})

test('how many may connect can be changed; who is there stays', within, async () => {
  await using served = await serve()
  const change = async (clients: { perAddress?: number; total?: number }): Promise<void> =>
    await served.server.change({ relay: { ...relay, policy: { ...relay.policy, clients } }, certificate })
  await using first = await Talker.connect(served)
  await using _second = await Talker.connect(served)
  for (const clients of [{ perAddress: 1 }, { total: 2 }]) {
    await change(clients)
    const refused = connect(served.addresses[0]!).on('error', () => {})
    await new Promise((resolve) => refused.on('close', resolve).resume())
  }
  await change({})
  await using third = await Talker.connect(served)
  for (const client of [first, third]) assert.equal((await client.ask('binding')).class, 'success')
})

test('a drained thread of streams takes nothing new, and has ended when its last allocation has', within, async () => {
  await using served = await serve()
  const old = await Talker.connect(served, 'tls')
  await old.allocate()
  await served.server.drain()
  const emptied = served.server.emptied(50)
  await using late = await Talker.connect(served)
  const answer = await late.ask('allocate', [requestedTransport.of(17)])
  assert.equal(answer.get(errorCode)?.code, 508)
  assert.equal((await old.ask('refresh')).class, 'success')
  await old[Symbol.asyncDispose]()
  await late[Symbol.asyncDispose]()
  assert.equal(await emptied, 'empty')
})

test('when the server ends, its connections do', within, async () => {
  const served = await serve()
  const clients = [await Talker.connect(served), await Talker.connect(served, 'tls')]
  await clients[1]!.allocate()
  await served[Symbol.asyncDispose]()
  await Promise.all(clients.map((client) => client.closed()))
})
