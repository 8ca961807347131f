import assert from 'node:assert/strict'
import { once } from 'node:events'
import test from 'node:test'
import { Lab, report, sandbox, TopologyError } from '@sallyport/lab'
import { buildHouse } from './support/house.ts'

await sandbox()

test('two nodes on one network hear each other', async () => {
  await using lab = await Lab.create()
  const net = lab.network('net')
  const a = lab.node('a', { eth0: net.at('10.0.0.1/24') })
  const b = lab.node('b', { eth0: net.at('10.0.0.2/24') })
  await using server = await b.reflector({ port: 3478 })
  await using box = await a.mailbox({ port: 4000 })
  const seen = await report(box, server.endpoint)
  assert.deepEqual(seen, { host: 'b', port: 3478, source: { address: '10.0.0.1', port: 4000 } })
})

test('a forwarding node carries IPv4 and IPv6, UDP and TCP, between its networks', async () => {
  await using lab = await Lab.create()
  const left = lab.network('left')
  const right = lab.network('right')
  const edges = { l: left.at('10.1.0.1/24', '2001:db8:1::1/64'), r: right.at('10.2.0.1/24', '2001:db8:2::1/64') }
  lab.node('router', edges, { forwarding: true })
  const a = lab.node('a', { eth0: left.at('10.1.0.2/24', '2001:db8:1::2/64') }, { via: ['10.1.0.1', '2001:db8:1::1'] })
  const b = lab.node('b', { eth0: right.at('10.2.0.2/24', '2001:db8:2::2/64') }, { via: ['10.2.0.1', '2001:db8:2::1'] })
  for (const [own, address] of [
    ['10.1.0.2', '10.2.0.2'],
    ['2001:db8:1::2', '2001:db8:2::2'],
  ] as const) {
    await using server = await b.reflector({ port: 3478, address })
    await using box = await a.mailbox({ address: own })
    assert.equal((await report(box, server.endpoint)).source.address, own)
    await using doorman = await b.doorman({ port: 80, address })
    const socket = await a.tcpConnect({ to: doorman.endpoint })
    socket.resume()
    await once(socket, 'close')
    assert.deepEqual(doorman.visitors, [{ address: own, port: doorman.visitors[0]?.port }])
  }
})

test('a node that does not forward, does not', async () => {
  await using lab = await Lab.create()
  const left = lab.network('left')
  const right = lab.network('right')
  lab.node('middle', { l: left.at('10.1.0.1/24'), r: right.at('10.2.0.1/24') })
  const a = lab.node('a', { eth0: left.at('10.1.0.2/24') }, { via: '10.1.0.1' })
  const b = lab.node('b', { eth0: right.at('10.2.0.2/24') }, { via: '10.2.0.1' })
  await using listening = await b.mailbox({ port: 4000 })
  await using box = await a.mailbox()
  await box.send('hello', { address: '10.2.0.2', port: 4000 })
  await listening.expectNothing({ within: 100 })
})

test('two labs at once use the same addresses and do not hear each other', async () => {
  await using one = await buildHouse()
  await using two = await buildHouse()
  await using here = await one.servers[0].mailbox({ port: 3478 })
  await using there = await two.servers[0].mailbox({ port: 3478 })
  await using sender = await one.stranger.mailbox()
  await sender.send('for one', { address: '203.0.113.10', port: 3478 })
  assert.equal((await here.receive()).payload.toString(), 'for one')
  await there.expectNothing({ within: 50 })
})

test('an interface has the MTU it was given, in both directions', async () => {
  await using lab = await Lab.create()
  const net = lab.network('net')
  const narrow = lab.node('narrow', { eth0: { ...net.at('10.0.0.1/24'), mtu: 1280 } })
  const wide = lab.node('wide', { eth0: net.at('10.0.0.2/24') })
  await using box = await narrow.mailbox({ port: 4000 })
  await using sender = await wide.mailbox()
  await sender.send(Buffer.alloc(1400), { address: '10.0.0.1', port: 4000 })
  await sender.send(Buffer.alloc(1252), { address: '10.0.0.1', port: 4000 })
  assert.equal((await box.receive()).payload.length, 1252)
})

test('a house of eight nodes is built in well under 150 ms', async () => {
  // The machine may be busy with other tests: one round that nothing disturbs is the claim.
  let best = Number.POSITIVE_INFINITY
  for (let round = 0; round < 20 && best >= 150; round += 1) {
    const start = performance.now()
    await using _house = await buildHouse()
    best = Math.min(best, performance.now() - start)
  }
  assert.ok(best < 150, `the best of twenty took ${best.toFixed(1)} ms`)
})

test('the first packet of a new lab arrives at once: no link is still coming up', async () => {
  for (let round = 0; round < 5; round += 1) {
    await using lab = await Lab.create()
    const net = lab.network('net')
    const a = lab.node('a', { eth0: net.at('10.0.0.1/24') })
    const b = lab.node('b', { eth0: net.at('10.0.0.2/24') })
    await using listening = await b.mailbox({ port: 4000 })
    await using box = await a.mailbox()
    await box.send('hello', { address: '10.0.0.2', port: 4000 })
    await listening.receive({ within: 200 })
  }
})

test('a topology is data, and a replica is built from it', async () => {
  await using house = await buildHouse()
  const copy = JSON.parse(JSON.stringify(house.lab.topology))
  await using replica = await Lab.create(copy)
  assert.deepEqual(replica.topology, house.lab.topology)
  assert.equal(replica.get('stranger').address, '203.0.113.66')
})

test('mistakes in a topology are named before anything is built', async () => {
  await using lab = await Lab.create()
  const net = lab.network('net')
  lab.node('a', { eth0: net.at('10.0.0.1/24') })
  const refused = (message: RegExp, attempt: () => unknown): void =>
    assert.throws(attempt, (error) => error instanceof TopologyError && message.test(error.message))
  refused(/there is a network 'net' already/, () => lab.network('net'))
  refused(/there is a node 'a' already/, () => lab.node('a', {}))
  refused(/'10\.0\.0\.2' has no prefix length/, () => lab.node('b', { eth0: net.at('10.0.0.2') }))
  refused(/'10\.0\.0\.256' is not an IP address/, () => lab.node('b', { eth0: net.at('10.0.0.256/24') }))
  refused(/an interface name has 1 to 15 bytes/, () => lab.node('b', { 'a-very-long-name': net.at('10.0.0.2/24') }))
  refused(/there is no network 'elsewhere'/, () => lab.node('b', { eth0: { network: 'elsewhere', addresses: [] } }))
  refused(/the gateway 'router' is no address/, () => lab.node('b', { eth0: net.at('10.0.0.2/24') }, { via: 'router' }))
  refused(/an MTU of 20 is not/, () => lab.node('b', { eth0: { ...net.at('10.0.0.2/24'), mtu: 20 } }))
  refused(/there is no node 'b'; known: a/, () => lab.get('b'))
})

test('a sysctl is written and read in its node only', async () => {
  await using house = await buildHouse()
  assert.equal(house.router.sysctl('net.ipv4.ip_forward'), '1')
  assert.equal(house.stranger.sysctl('net.ipv4.ip_forward'), '0')
  assert.equal(house.stranger.sysctl('net.ipv4.ip_forward', 1), '1')
  assert.equal(house.servers[0].sysctl('net.ipv4.ip_forward'), '0')
})

test('a program runs in its node', async () => {
  await using house = await buildHouse()
  const { status, stdout } = await house.stranger.exec('cat', ['/proc/thread-self/net/fib_trie'])
  assert.equal(status, 0)
  assert.match(stdout, /203\.0\.113\.66/)
  assert.doesNotMatch(stdout, /203\.0\.113\.10\b/)
})

test('a program gets its input, and a failed one is a result', async () => {
  await using house = await buildHouse()
  assert.deepEqual(await house.router.exec('cat', [], { input: 'hello' }), { status: 0, stdout: 'hello', stderr: '' })
  const failed = await house.router.exec('sh', ['-c', 'echo no >&2; exit 3'])
  assert.deepEqual(failed, { status: 3, stdout: '', stderr: 'no\n' })
  await assert.rejects(house.router.exec('/no-such-program'), { code: 'ENOENT' })
})

test('a program that does not end in its time is killed', async () => {
  await using lab = await Lab.create()
  const { status } = await lab.node('a', {}).exec('sleep', ['1000'], { timeout: 50 })
  assert.equal(status, null)
})

test('a refused connection, and one that nobody answers, say so', async () => {
  await using house = await buildHouse()
  const to = { address: '203.0.113.66', port: 9 }
  await assert.rejects(house.servers[0].tcpConnect({ to }), { code: 'ECONNREFUSED' })
  const nowhere = { address: '203.0.113.99', port: 9 }
  await assert.rejects(house.servers[0].tcpConnect({ to: nowhere, timeout: 50 }), { code: 'ETIMEDOUT' })
})

test('disposing closes sockets and ends programs, and can be done twice', async () => {
  const house = await buildHouse()
  const socket = await house.stranger.udp({ port: 4000 })
  const server = await house.stranger.tcpListen({ port: 80 })
  const program = house.stranger.spawn('sleep', ['1000'])
  const closed = Promise.all([once(socket, 'close'), once(server, 'close'), once(program, 'exit')])
  await house.lab[Symbol.asyncDispose]()
  const [, , [, signal]] = await closed
  assert.equal(signal, 'SIGKILL')
  assert.throws(() => house.stranger.namespace.fd, /disposed/)
  await house.lab[Symbol.asyncDispose]()
})
