import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type FrameAbout, NetworkNamespace, PacketSocket, Route, sandbox, udpSocket } from '@sallyport/linux'

await sandbox()

/** Two namespaces with a cable between them. */
async function pair(): Promise<{ a: NetworkNamespace; b: NetworkNamespace; link: (of: NetworkNamespace) => number }> {
  const a = NetworkNamespace.create()
  const b = NetworkNamespace.create()
  for (const [namespace, address] of [[a, '10.0.0.1/24'] as const, [b, '10.0.0.2/24'] as const]) {
    using route = Route.open({ namespace })
    if (namespace === a) route.addVeth({ name: 'eth0', peer: { name: 'eth0', namespace: b } })
    route.addAddress('eth0', address)
    route.setLink('eth0', { up: true })
  }
  for (const namespace of [a, b]) {
    using route = Route.open({ namespace })
    await route.running('eth0')
  }
  const link = (namespace: NetworkNamespace): number => {
    using route = Route.open({ namespace })
    return route.link('eth0').index
  }
  return { a, b, link }
}

/** The first frame with that text in it. */
async function heard(socket: PacketSocket, text: string): Promise<{ bytes: Buffer; about: FrameAbout }> {
  for (;;) {
    const found: { bytes: Buffer; about: FrameAbout }[] = []
    socket.receive((frame, about) => {
      if (Buffer.from(frame).includes(text)) found.push({ bytes: Buffer.from(frame), about })
    })
    if (found[0] !== undefined) return found[0]
    assert.ok(await socket.wait(2000), `no frame with '${text}' in 2 s`)
  }
}

test('a datagram is heard where it leaves and where it arrives', async () => {
  const { a, b, link } = await pair()
  using leaving = PacketSocket.open({ namespace: a })
  using arriving = PacketSocket.open({ namespace: b, link: link(b) })
  const sender = await udpSocket({ namespace: a, address: '10.0.0.1' })
  sender.send('hello there', 7, '10.0.0.2')
  assert.deepEqual((await heard(leaving, 'hello there')).about, { link: link(a), direction: 'out' })
  const { bytes, about } = await heard(arriving, 'hello there')
  assert.deepEqual(about, { link: link(b), direction: 'in' })
  assert.equal(bytes.readUInt16BE(12), 0x0800)
  sender.close()
})

test('a frame made by hand arrives as it was made', async () => {
  const { a, b, link } = await pair()
  using out = PacketSocket.open({ namespace: a })
  using arriving = PacketSocket.open({ namespace: b, protocol: 0x88b5 })
  const frame = Buffer.concat([
    Buffer.alloc(6, 0xff),
    Buffer.alloc(6, 2),
    Buffer.from([0x88, 0xb5]),
    Buffer.from('x'.repeat(50)),
  ])
  out.send(frame, link(a))
  assert.deepEqual((await heard(arriving, 'xxxx')).bytes, frame)
})

test('a wait ends when the socket is disposed of, and nothing can be sent after it', async () => {
  const { a, link } = await pair()
  const socket = PacketSocket.open({ namespace: a, protocol: 0x88b5 })
  const waiting = socket.wait()
  socket[Symbol.dispose]()
  assert.equal(await waiting, false)
  assert.throws(() => socket.send(new Uint8Array(60), link(a)), /disposed/)
})
