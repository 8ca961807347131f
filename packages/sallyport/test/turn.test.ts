import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { createHmac } from 'node:crypto'
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { get } from 'node:http'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { sandbox } from '@sallyport/lab'
import { turn } from '@sallyport/traversal'
import { program } from './support/command.ts'
import { Folder, Running } from './support/server.ts'

await sandbox()

/** What never comes is waited for no longer. Milliseconds. */
const within = { timeout: 60_000 }

const LOOPBACK = '127.0.0.1'
const CONTRACT = ['turn', '--listen', '127.0.0.1:0', '--relay', LOOPBACK, '--realm', 'example.org']
const FLAGS = [...CONTRACT, '--allow-peer', '127.0.0.0/8', '--workers', '2', '--user', 'alice:secret']

function portOf({ listen }: { readonly [field: string]: unknown }): number {
  return (listen as { port: number }[])[0]!.port
}

/** A server and its port. */
async function start(
  args: readonly string[],
  env?: Record<string, string>,
): Promise<{ server: Running; port: number }> {
  const server = await Running.start(args, env)
  return { server, port: portOf(server.ready) }
}

function allocate(port: number, user = 'alice:secret'): Promise<turn.Relay> {
  const colon = user.lastIndexOf(':')
  const [username, password] = [user.slice(0, colon), user.slice(colon + 1)]
  return turn.allocate({ server: { address: LOOPBACK, port }, username, password })
}

const refusedWith = (code: number): ((error: unknown) => boolean) => {
  return (error) => error instanceof turn.TurnError && error.code === code
}

/** Sends back what it gets. */
async function echo(): Promise<{ socket: Socket; at: { address: string; port: number } } & Disposable> {
  const socket = createSocket('udp4').bind(0, LOOPBACK)
  socket.on('message', (bytes, { address, port }) => socket.send(bytes, port, address))
  await once(socket, 'listening')
  return { socket, at: { address: LOOPBACK, port: socket.address().port }, [Symbol.dispose]: () => socket.close() }
}

/** A datagram by way of the relay to the echo and back. */
async function roundTrip(relay: turn.Relay, to: { address: string; port: number }, text: string): Promise<void> {
  const back = once(relay, 'message')
  relay.send(Buffer.from(text), to)
  const [bytes] = await back
  assert.equal(Buffer.from(bytes).toString(), text)
}

async function metrics(port: number): Promise<string> {
  const [response] = await once(get({ host: LOOPBACK, port, path: '/metrics', agent: false }), 'response')
  let text = ''
  for await (const chunk of response) text += chunk
  return text
}

test(
  'by flags alone: one line when it is ready, relays, says what it did, and SIGTERM ends it with exit 0',
  within,
  async () => {
    const { server, port } = await start(FLAGS)
    await using _ = server
    using peer = await echo()
    const relay = await allocate(port)
    await relay.permit(LOOPBACK)
    await roundTrip(relay, peer.at, 'hello')
    const opened = await server.next('allocation-opened')
    assert.deepEqual([opened.user, opened.relays], ['alice', [`udp/${LOOPBACK}:${relay.address.port}`]])
    await relay.close()
    const closed = await server.next('allocation-closed')
    assert.deepEqual([closed.reason, closed.bytesToPeers, closed.bytesFromPeers], ['released', 5, 5])
    server.child.kill('SIGTERM')
    assert.deepEqual(await server.exit, [0, null])
    assert.equal(server.stderr, '')
  },
)

test('for people: one line on stdout, the log on stderr', within, async () => {
  const child = spawn(process.execPath, [program, ...FLAGS], { stdio: ['ignore', 'pipe', 'pipe'] })
  let [stdout, stderr] = ['', '']
  child.stderr.on('data', (text) => {
    stderr += text
  })
  child.stdout.on('data', (text) => {
    stdout += text
  })
  await once(child.stdout, 'data')
  const port = Number(/^listening on udp 127\.0\.0\.1:(\d+)\n$/.exec(stdout)?.[1])
  await (await allocate(port)).close()
  child.kill('SIGTERM')
  assert.deepEqual(await once(child, 'close'), [0, null])
  assert.equal(stdout.split('\n').length, 2)
  const line = (what: string): RegExp => new RegExp(`^\\d{4}-\\S+Z allocation-${what} user=alice client=udp/127`, 'm')
  assert.match(stderr, line('opened'))
  assert.match(stderr, line('closed'))
})

test('peers are denied by default: without --allow-peer, loopback is forbidden', within, async () => {
  const { server, port } = await start([...CONTRACT, '--user', 'alice:secret'])
  await using _ = server
  await using relay = await allocate(port)
  await assert.rejects(relay.permit('127.0.0.2'), refusedWith(403))
  await assert.rejects(relay.permit('169.254.169.254'), refusedWith(403))
  await assert.rejects(relay.channel({ address: LOOPBACK, port: 22 }), refusedWith(403))
})

test(
  'credentials that end: names with a time and passwords signed with the secret, from the environment',
  within,
  async () => {
    const { server, port } = await start(CONTRACT, { SALLYPORT_TURN_SECRET: 'north' })
    await using _ = server
    const signed = (name: string, secret: string): string =>
      `${name}:${createHmac('sha1', secret).update(name).digest('base64')}`
    const later = Math.floor(Date.now() / 1000) + 60
    await using relay = await allocate(port, signed(`${later}:alice`, 'north'))
    assert.ok(relay.address.port > 0)
    // Of the same user, with another time: the relay is theirs, too.
    let time = later
    const names: string[] = []
    const credentials = (): turn.Credentials => {
      time += 1
      const username = `${time}:alice`
      names.push(username)
      return { username, password: createHmac('sha1', 'north').update(username).digest('base64'), ttl: 1 }
    }
    await using renewed = await turn.allocate({ server: { address: LOOPBACK, port }, credentials })
    while (names.length < 3) await delay(50)
    await assert.rejects(renewed.permit('127.0.0.2'), refusedWith(403)) // and not 441
    await assert.rejects(allocate(port, signed(`${later}:alice`, 'south')), refusedWith(401))
    await assert.rejects(allocate(port, signed(`${later - 120}:alice`, 'north')), refusedWith(401))
  },
)

test('SIGHUP: other users, filters and limits at once, and an allocation goes on relaying', within, async () => {
  using folder = new Folder()
  const config = (more: string): string => `listen: 127.0.0.1:0\nrelay: 127.0.0.1\nrealm: example.org\n${more}`
  const before = config('files: { users: users.txt }\npeers: { allow: [127.0.0.0/8] }\nmetrics: 127.0.0.1:0\n')
  const file = folder.file('turn.yaml', before)
  folder.file('users.txt', '# who may\nalice:secret\n')
  const { server, port } = await start(['turn', '-c', file])
  await using _ = server
  using peer = await echo()
  await using relay = await allocate(port)
  await relay.permit(LOOPBACK)
  await roundTrip(relay, peer.at, 'before')

  folder.file('users.txt', 'alice:secret\nbob:builder\n')
  assert.deepEqual(Object.keys(await server.signal('SIGHUP', 'reloaded')), ['time', 'event'])
  await roundTrip(relay, peer.at, 'after')
  await using second = await allocate(port, 'bob:builder')
  assert.ok(second.address.port > 0)

  folder.file('users.txt', 'alice:secret\nbob\n')
  const failed = await server.signal('SIGHUP', 'reload-failed')
  assert.match(String(failed.error), /users\.txt:2:1: a line without a colon; write name:password/)
  await server.complains(/^sallyport: .*users\.txt:2:1: a line without a colon/)
  await relay.permit('127.0.0.2')
  await using third = await allocate(port, 'bob:builder')
  await roundTrip(relay, peer.at, 'still there')
  assert.ok(third.address.port > 0)
  const text = await metrics(Number(server.ready.metrics))
  assert.match(text, /^sallyport_reloads_total\{result="done"} 1$/m)
  assert.match(text, /^sallyport_reloads_total\{result="failed"} 1$/m)
  assert.match(text, /^sallyport_allocations 3$/m)

  folder.file('users.txt', 'alice:secret\n')
  folder.file(
    'turn.yaml',
    `${before.replace('127.0.0.0/8', '10.0.0.0/8')}limits: { user: { allocations: 1 } }\nworkers: 3\n`,
  )
  const changed = await server.signal('SIGHUP', 'reloaded')
  assert.deepEqual(changed.unchangedUntilRestart, ['workers'])
  await assert.rejects(allocate(port, 'bob:builder'), refusedWith(401))
  await assert.rejects(allocate(port), refusedWith(486))
  await assert.rejects(relay.permit('127.0.0.3'), refusedWith(403))
})

test(
  'a password that changes while a relay lives: the source of credentials is asked, and the relay goes on',
  within,
  async () => {
    using folder = new Folder()
    const write = (password: string): string => folder.file('users.txt', `alice:${password}\n`)
    write('first')
    const text = 'listen: 127.0.0.1:0\nrelay: 127.0.0.1\nrealm: example.org\nfiles: { users: users.txt }\n'
    const file = folder.file('turn.yaml', `${text}peers: { allow: [127.0.0.0/8] }\n`)
    const { server, port } = await start(['turn', '-c', file])
    await using _ = server
    using peer = await echo()
    const asked: string[] = []
    const credentials = async (why: string): Promise<turn.Credentials> => {
      asked.push(why)
      return { username: 'alice', password: asked.length === 1 ? 'first' : 'second' }
    }
    await using relay = await turn.allocate({ server: { address: LOOPBACK, port }, credentials })
    await relay.permit(LOOPBACK)
    write('second')
    await server.signal('SIGHUP', 'reloaded')
    const permitted = relay.permit(['127.0.0.2', '127.0.0.3'])
    await roundTrip(relay, peer.at, 'meanwhile')
    await permitted
    assert.deepEqual(asked, ['first', 'refused'])
  },
)

test('a source of credentials that fails is why there is no relay', within, async () => {
  const { server, port } = await start([...CONTRACT, '--user', 'alice:secret'])
  await using _ = server
  const wish = { server: { address: LOOPBACK, port } }
  const nobody = new Error('nobody is logged in')
  await assert.rejects(turn.allocate({ ...wish, credentials: () => Promise.reject(nobody) }), nobody)
  const credentials = (why: string): turn.Credentials => {
    if (why === 'refused') throw nobody
    return { username: 'alice', password: 'wrong' }
  }
  await assert.rejects(turn.allocate({ ...wish, credentials }), { code: 401, cause: nobody })
})

test(
  'SIGUSR1 drains: nothing new, what there is goes on, and the end comes with the last allocation',
  within,
  async () => {
    const { server, port } = await start(FLAGS)
    await using _ = server
    using peer = await echo()
    const relay = await allocate(port)
    await relay.permit(LOOPBACK)
    assert.equal((await server.signal('SIGUSR1', 'draining')).allocations, 1)
    await assert.rejects(allocate(port), refusedWith(508))
    await roundTrip(relay, peer.at, 'still there')
    await relay.close()
    assert.equal((await server.next('drained')).result, 'empty')
    assert.deepEqual(await server.exit, [0, null])
    assert.doesNotMatch(server.stderr, /[Dd]ebugger/)
  },
)

test('SIGUSR1 waits no longer than --drain-timeout', within, async () => {
  const { server, port } = await start([...FLAGS, '--drain-timeout', '1s'])
  await using _ = server
  await using _relay = await allocate(port)
  server.child.kill('SIGUSR1')
  assert.equal((await server.next('drained')).result, 'timeout')
  assert.equal((await server.next('allocation-closed')).reason, 'stopped')
  assert.deepEqual(await server.exit, [0, null])
})

test('--quota and --max-allocations hold over all workers', within, async () => {
  const limits = ['--workers', '4', '--quota', '3', '--max-allocations', '5', '--user', 'bob:builder']
  const { server, port } = await start([...FLAGS, ...limits])
  await using _ = server
  const results = await Promise.allSettled(Array.from({ length: 8 }, () => allocate(port)))
  const others = await Promise.allSettled(Array.from({ length: 4 }, () => allocate(port, 'bob:builder')))
  const codes = [...results, ...others].flatMap((each) => (each.status === 'rejected' ? [each.reason.code] : []))
  assert.deepEqual(codes.sort(), [486, 486, 486, 486, 486, 508, 508])
  const relays = [...results, ...others].flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []))
  await Promise.all(relays.map((relay) => relay.close()))
})

for (const transport of ['udp', 'tcp'] as const) {
  test(`what a crowd of clients by ${transport} leaves behind is given back`, { timeout: 240_000 }, async () => {
    const { server } = await start([...FLAGS, '--listen-tcp', '127.0.0.1:0', '--workers', '1'])
    await using _ = server
    const listen = server.ready.listen as { transport: string; port: number }[]
    const { port } = listen.find((each) => each.transport === transport)!
    await using relays = new AsyncDisposableStack()
    let joined = 0
    const join = async (): Promise<turn.Relay> => {
      joined += 1
      const local = { address: `127.0.0.${1 + (joined % 10)}` } // an address may have 256 connections
      const login = { username: 'alice', password: 'secret' }
      return turn.allocate({ server: { address: LOOPBACK, port }, ...login, transport, local })
    }
    const crowd: turn.Relay[] = []
    while (crowd.length < 1200) {
      const fifty = await Promise.all(Array.from({ length: 50 }, join))
      for (const relay of fifty) relays.use(relay)
      crowd.push(...fifty)
    }
    while (crowd.length > 0) await Promise.all(crowd.splice(-50).map((relay) => relay.close()))
    const { bytes } = await server.next('memory-returned')
    assert.ok(Number(bytes) > 2 << 20, `${bytes} bytes`)
    await using another = await join()
    assert.ok(another.address.port > 0)
  })
}

test('relay ports are in the range, and the external address is what clients are told', within, async () => {
  const range = ['--min-port', '41000', '--max-port', '41010', '--external', '198.51.100.1']
  const { server, port } = await start([...FLAGS, ...range])
  await using _ = server
  await using relay = await allocate(port)
  assert.equal(relay.address.address, '198.51.100.1')
  assert.ok(relay.address.port >= 41_000 && relay.address.port <= 41_010)
})

test('a wildcard is every address of the machine, and answers come from the one that was asked', within, async () => {
  const args = ['turn', '--listen', '*:0', '--relay', LOOPBACK, '--realm', 'example.org', '--user', 'alice:secret']
  const { server } = await start(args)
  await using _ = server
  const listen = server.ready.listen as { address: string; port: number }[]
  assert.deepEqual(listen.map(({ address }) => address).sort(), [LOOPBACK, '::1'])
  for (const { address, port } of listen) {
    await using relay = await turn.allocate({ server: { address, port }, username: 'alice', password: 'secret' })
    assert.equal(relay.address.address, LOOPBACK)
  }
})

test('clients of TCP are served too, and count against the same quota', within, async () => {
  const { server, port } = await start([...FLAGS, '--listen-tcp', '127.0.0.1:0', '--quota', '2'])
  await using _ = server
  using peer = await echo()
  const tcp = (server.ready.listen as { transport: string; port: number }[]).find((each) => each.transport === 'tcp')!
  const options = { username: 'alice', password: 'secret', transport: 'tcp' } as const
  await using one = await turn.allocate({ ...options, server: { address: LOOPBACK, port: tcp.port } })
  await one.permit(LOOPBACK)
  await roundTrip(one, peer.at, 'by TCP')
  await using two = await allocate(port)
  assert.ok(two.address.port > 0)
  await assert.rejects(allocate(port), refusedWith(486))
  await assert.rejects(turn.allocate({ ...options, server: { address: LOOPBACK, port: tcp.port } }), refusedWith(486))
})
