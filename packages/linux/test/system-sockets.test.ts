import assert from 'node:assert/strict'
import type { Socket as UdpSocket } from 'node:dgram'
import { once } from 'node:events'
import type { Server, Socket } from 'node:net'
import { test } from 'node:test'
import { NetworkNamespace, Route, sandbox, tcpConnect, tcpListen, UdpBatch, udpSocket } from '../src/index.ts'
import * as libc from '../src/system/libc.ts'

await sandbox()

/** Two namespaces with a link between them: 10.0.0.1 and 2001:db8::1 here, .2 and ::2 there. */
class Pair implements Disposable {
  readonly here = NetworkNamespace.create()
  readonly there = NetworkNamespace.create()

  static async open(): Promise<Pair> {
    const pair = new Pair()
    using a = Route.open({ namespace: pair.here })
    using b = Route.open({ namespace: pair.there })
    a.addVeth({ name: 'eth0', up: true, peer: { name: 'eth0', namespace: pair.there } })
    b.setLink('eth0', { up: true })
    for (const [route, host] of [
      [a, 1],
      [b, 2],
    ] as const) {
      route.addAddress('eth0', `10.0.0.${host}/24`)
      route.addAddress('eth0', `2001:db8::${host}/64`)
      await route.running('eth0')
    }
    return pair
  }

  [Symbol.dispose](): void {
    this.here[Symbol.dispose]()
    this.there[Symbol.dispose]()
  }
}

/** One socket towards another: what arrives, and from where. UDP may lose a datagram, so it is sent until one does. */
async function deliver(from: UdpSocket, to: UdpSocket, address: string): Promise<[string, string, number]> {
  const arrived = once(to, 'message')
  const send = (): void => from.send('hello', to.address().port, address)
  const again = setInterval(send, 500)
  send()
  const [payload, source] = await arrived
  clearInterval(again)
  return [String(payload), source.address, source.port]
}

test('one process holds UDP sockets of two namespaces on the same port, and they reach each other', async () => {
  using pair = await Pair.open()
  const a = await udpSocket({ namespace: pair.here, port: 5000 })
  const b = await udpSocket({ namespace: pair.there, port: 5000 })
  assert.deepEqual(await deliver(a, b, '10.0.0.2'), ['hello', '10.0.0.1', 5000])
  assert.deepEqual(await deliver(b, a, '10.0.0.1'), ['hello', '10.0.0.2', 5000])
  a.close()
  b.close()
})

test('UDP works over IPv6 right after the addresses were given', async () => {
  using pair = await Pair.open()
  const a = await udpSocket({ namespace: pair.here, address: '2001:db8::1' })
  const b = await udpSocket({ namespace: pair.there, address: '2001:db8::2' })
  assert.deepEqual(await deliver(a, b, '2001:db8::2'), ['hello', '2001:db8::1', a.address().port])
  a.close()
  b.close()
})

async function connection(server: Server, client: Promise<Socket>): Promise<{ client: Socket; served: Socket }> {
  const [[served], connected] = await Promise.all([once(server, 'connection'), client])
  return { client: connected, served }
}

test('TCP connects from a chosen address and port, and carries data both ways', async () => {
  using pair = await Pair.open()
  const server = await tcpListen({ namespace: pair.there, address: '10.0.0.2', port: 80 })
  const from = { address: '10.0.0.1', port: 7777 }
  const { client, served } = await connection(
    server,
    tcpConnect({ namespace: pair.here, from, to: { address: '10.0.0.2', port: 80 } }),
  )
  assert.deepEqual([served.remoteAddress, served.remotePort], ['10.0.0.1', 7777])
  assert.deepEqual([client.remoteAddress, client.remotePort, client.localPort], ['10.0.0.2', 80, 7777])
  const big = Buffer.alloc(1 << 20, 'x')
  served.pipe(served)
  client.end(big)
  const echoed: Buffer[] = []
  for await (const chunk of client) echoed.push(chunk)
  assert.equal(Buffer.concat(echoed).equals(big), true)
  server.close()
})

test('TCP works over IPv6', async () => {
  using pair = await Pair.open()
  const server = await tcpListen({ namespace: pair.there, address: '::', port: 80 })
  const { client, served } = await connection(
    server,
    tcpConnect({ namespace: pair.here, to: { address: '2001:db8::2', port: 80 } }),
  )
  assert.equal(served.remoteAddress, '2001:db8::1')
  client.destroy()
  served.destroy()
  server.close()
})

test('a half-open connection still carries data the other way, where that is wanted', async () => {
  using pair = await Pair.open()
  const server = await tcpListen({ namespace: pair.there, port: 80, allowHalfOpen: true })
  const to = { address: '10.0.0.2', port: 80 }
  const { client, served } = await connection(server, tcpConnect({ namespace: pair.here, to, allowHalfOpen: true }))
  served.resume()
  client.end()
  await once(served, 'end')
  served.end('late')
  let text = ''
  for await (const chunk of client) text += chunk
  assert.equal(text, 'late')
  server.close()
})

for (const [what, options, message] of [
  ['a closed port', { to: { address: '10.0.0.2', port: 81 } }, 'connect 10.0.0.2:81: ECONNREFUSED: connection refused'],
  ['no route', { to: { address: '9.9.9.9', port: 81 } }, 'connect 9.9.9.9:81: ENETUNREACH: network is unreachable'],
  [
    'silence',
    { to: { address: '10.0.0.77', port: 81 }, timeout: 20 },
    'connect 10.0.0.77:81: ETIMEDOUT: no answer in 20 ms',
  ],
  [
    'somebody else’s address',
    { from: { address: '10.0.0.9' }, to: { address: '10.0.0.2', port: 81 } },
    'bind 10.0.0.9:0: EADDRNOTAVAIL: cannot assign requested address',
  ],
] as const) {
  test(`connecting fails on ${what} with an error that says so, and leaves no descriptor`, async () => {
    using pair = await Pair.open()
    const before = nextDescriptor()
    await assert.rejects(tcpConnect({ namespace: pair.here, ...options }), { name: 'SystemError', message })
    assert.equal(nextDescriptor(), before)
  })
}

function nextDescriptor(): number {
  const fd = libc.eventfd()
  libc.close(fd)
  return fd
}

test('a port in use is refused by name', async () => {
  using pair = await Pair.open()
  const first = await udpSocket({ namespace: pair.here, address: '10.0.0.1', port: 5000 })
  await assert.rejects(udpSocket({ namespace: pair.here, address: '10.0.0.1', port: 5000 }), {
    code: 'EADDRINUSE',
    message: 'bind 10.0.0.1:5000: EADDRINUSE: address already in use',
  })
  first.close()
})

test('two sockets share a port when both allow it', async () => {
  using pair = await Pair.open()
  const options = { namespace: pair.here, address: '10.0.0.1', port: 5000, reuseAddress: true }
  for (const socket of [await udpSocket(options), await udpSocket(options)]) socket.close()
})

test('ports that are none and addresses that are none are refused before a socket is made', async () => {
  await assert.rejects(udpSocket({ port: 65536 }), { name: 'RangeError', message: 'port 65536 is not 0 to 65535' })
  await assert.rejects(tcpListen({ port: 1.5 }), RangeError)
  await assert.rejects(tcpConnect({ to: { address: 'example.org', port: 80 } }), RangeError)
})

test('thousands of datagrams are sent and received by few calls, each with its content', async () => {
  using pair = await Pair.open()
  using from = UdpBatch.open({ namespace: pair.here, port: 4000, buffer: 8 << 20 })
  using to = UdpBatch.open({ namespace: pair.there, address: '10.0.0.2', buffer: 8 << 20 })
  const endpoint = { address: '10.0.0.2', port: to.port }
  const texts = Array.from({ length: 3000 }, (_, i) => `datagram ${i}`)
  const prepared = UdpBatch.prepare(texts.map((text) => ({ to: endpoint, payload: Buffer.from(text) })))
  assert.equal(from.send(prepared), 3000)
  const seen: string[] = []
  while (seen.length < 3000 && (await to.wait(30_000)))
    to.receive((payload) => seen.push(Buffer.from(payload).toString()))
  assert.deepEqual(seen, texts)
  assert.equal(to.receive(), 0)
})

test('a batch goes to many destinations, from several ports, over IPv6 as well', async () => {
  using pair = await Pair.open()
  const senders = [4001, 4002, 4003].map((port) =>
    UdpBatch.open({ namespace: pair.here, address: '2001:db8::1', port }),
  )
  const receivers = [5001, 5002].map((port) => UdpBatch.open({ namespace: pair.there, address: '2001:db8::2', port }))
  const prepared = UdpBatch.prepare(
    receivers.map(({ port }) => ({ to: { address: '2001:db8::2', port }, payload: Uint8Array.of(1) })),
  )
  // What one socket has laid out, any may send, and again.
  for (const sender of [...senders, ...senders]) assert.equal(sender.send(prepared), 2)
  for (const receiver of receivers) {
    let count = 0
    while (count < 6 && (await receiver.wait(30_000))) count += receiver.receive()
    assert.equal(count, 6)
  }
  for (const socket of [...senders, ...receivers]) socket[Symbol.dispose]()
})

test('datagrams longer than a slot are cut off', async () => {
  using pair = await Pair.open()
  using from = UdpBatch.open({ namespace: pair.here })
  using to = UdpBatch.open({ namespace: pair.there, address: '10.0.0.2', slots: 2, slotSize: 4 })
  from.send(UdpBatch.prepare([{ to: { address: '10.0.0.2', port: to.port }, payload: Buffer.from('too long') }]))
  await to.wait(30_000)
  const seen: string[] = []
  to.receive((payload) => seen.push(Buffer.from(payload).toString()))
  assert.deepEqual(seen, ['too '])
})

test('a datagram that cannot leave is an error', async () => {
  using pair = await Pair.open()
  using from = UdpBatch.open({ namespace: pair.here })
  const nowhere = UdpBatch.prepare([{ to: { address: '9.9.9.9', port: 9 }, payload: Uint8Array.of(1) }])
  assert.throws(() => from.send(nowhere), { name: 'SystemError', code: 'ENETUNREACH' })
})

test('a disposed batch ends its wait and refuses work', async () => {
  const batch = UdpBatch.open()
  const waiting = batch.wait()
  batch[Symbol.dispose]()
  assert.equal(await waiting, false)
  assert.throws(() => batch.receive(), /disposed/)
})
