import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import type { Server, Socket } from 'node:net'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { NetworkNamespace, Route, sandbox, tcpConnect, tcpListen, udpSocket, writeSysctl } from '@sallyport/linux'

await sandbox()

/** Runs one of examples/nftables in a namespace; returns what it prints. */
function run(namespace: NetworkNamespace, name: string, ...args: string[]): string {
  const program = fileURLToPath(new URL(`../../../examples/nftables/${name}.ts`, import.meta.url))
  return namespace.run(() => execFileSync(process.execPath, [program, ...args], { encoding: 'utf8' })).trim()
}

/** A host on the LAN, a router, and a host on the WAN. */
interface Lab extends Disposable {
  readonly inside: NetworkNamespace // 192.168.1.2
  readonly router: NetworkNamespace // 192.168.1.1 on lan, 203.0.113.1 on wan
  readonly outside: NetworkNamespace // 203.0.113.2
}

async function lab(): Promise<Lab> {
  using stack = new DisposableStack()
  const [inside, router, outside] = [0, 1, 2].map(() => stack.use(NetworkNamespace.create())) as [
    NetworkNamespace,
    NetworkNamespace,
    NetworkNamespace,
  ]
  using center = Route.open({ namespace: router })
  for (const [name, namespace, here, there] of [
    ['lan', inside, '192.168.1.1/24', '192.168.1.2/24'],
    ['wan', outside, '203.0.113.1/24', '203.0.113.2/24'],
  ] as const) {
    using end = Route.open({ namespace })
    center.addVeth({ name, up: true, peer: { name: 'eth0', namespace } })
    end.setLink('lo', { up: true })
    end.setLink('eth0', { up: true })
    center.addAddress(name, here)
    end.addAddress('eth0', there)
    await Promise.all([center.running(name), end.running('eth0')])
  }
  using lan = Route.open({ namespace: inside })
  lan.addRoute({ to: 'default', via: '192.168.1.1' })
  router.run(() => writeSysctl('net.ipv4.ip_forward', '1'))
  const ends = stack.move()
  return { inside, router, outside, [Symbol.dispose]: () => ends.dispose() }
}

/** The address that a server sees a client come from. */
async function seenFrom(server: Server, connecting: Promise<Socket>): Promise<string | undefined> {
  const [[seen], client] = (await Promise.all([once(server, 'connection'), connecting])) as [[Socket], Socket]
  const address = seen.remoteAddress
  client.destroy()
  seen.destroy()
  return address?.replace(/^::ffff:/, '')
}

test('masquerade: a host behind the router is seen with the address of the router', async () => {
  using net = await lab()
  const server = await tcpListen({ namespace: net.outside, address: '203.0.113.2', port: 80 })
  run(net.router, 'masquerade', 'wan')
  const to = { address: '203.0.113.2', port: 80 }
  assert.equal(await seenFrom(server, tcpConnect({ namespace: net.inside, to })), '203.0.113.1')
  server.close()
})

test('destination NAT: a port of the router leads to a host behind it', async () => {
  using net = await lab()
  const server = await tcpListen({ namespace: net.inside, address: '192.168.1.2', port: 22 })
  const to = { address: '203.0.113.1', port: 2222 }
  await assert.rejects(tcpConnect({ namespace: net.outside, to }), { code: 'ECONNREFUSED' })
  run(net.router, 'destination-nat', 'wan', '2222', '192.168.1.2', '22')
  assert.equal(await seenFrom(server, tcpConnect({ namespace: net.outside, to })), '203.0.113.2')
  server.close()
})

test('dynamic blacklist: who is named, and who tries the trap, is out', async () => {
  using net = await lab()
  const server = await tcpListen({ namespace: net.router, address: '0.0.0.0', port: 80 })
  const reach = (from: NetworkNamespace, address: string, port = 80): Promise<Socket> =>
    tcpConnect({ namespace: from, to: { address, port }, timeout: 300 })
  run(net.router, 'dynamic-blacklist', '203.0.113.2')
  await assert.rejects(reach(net.outside, '203.0.113.1'), { code: 'ETIMEDOUT' })
  assert.equal(await seenFrom(server, reach(net.inside, '192.168.1.1')), '192.168.1.2')
  await assert.rejects(reach(net.inside, '192.168.1.1', 23), { code: 'ETIMEDOUT' })
  await assert.rejects(reach(net.inside, '192.168.1.1'), { code: 'ETIMEDOUT' })
  run(net.router, 'dynamic-blacklist', '198.51.100.1')
  await assert.rejects(reach(net.outside, '203.0.113.1'), { code: 'ETIMEDOUT' }, 'the list was only added to')
  server.close()
})

test('packet counter: what was sent is counted, and the next reading begins at zero', async () => {
  using net = await lab()
  assert.equal(run(net.outside, 'packet-counter', '203.0.113.1'), '')
  const socket = await udpSocket({ namespace: net.outside, address: '203.0.113.2' })
  for (let left = 3; left > 0; left--) {
    await new Promise((resolve) => socket.send('hello', 9, '203.0.113.1', resolve))
  }
  socket.close()
  assert.equal(run(net.outside, 'packet-counter', '203.0.113.1'), `3 packets, ${3 * (20 + 8 + 5)} bytes`)
  assert.equal(run(net.outside, 'packet-counter', '203.0.113.1'), '0 packets, 0 bytes')
})
