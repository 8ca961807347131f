import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DatagramReceiver, DatagramSender, sandbox, udpSocket } from '@sallyport/linux'
import * as libc from '../src/system/libc.ts'
import { boundSocket } from '../src/system/sockets.ts'

await sandbox()

function socket(): number {
  return boundSocket(libc.SOCK_DGRAM, { namespace: undefined, address: '127.0.0.1', port: 0, reuseAddress: false })
}

test('what is received goes on to another socket, from where it lies, with a head of four bytes put in front', async () => {
  const relay = socket()
  const port = new DataView(libc.getsockname(relay).buffer).getUint16(2)
  const receiver = new DatagramReceiver({ slots: 8 })
  const sender = new DatagramSender({ capacity: 8 })
  const peer = await udpSocket({ address: '127.0.0.1' })
  const got: string[] = []
  const all = new Promise<void>((resolve) =>
    peer.on('message', (m) => got.push(m.toString('latin1')) === 5 && resolve()),
  )
  for (const text of ['one', 'two', 'tri', 'x', 'longer']) peer.send(text, port, '127.0.0.1')
  let seen = 0
  while (seen < 5) {
    const count = receiver.receive(relay)
    for (let slot = 0; slot < count; slot += 1) {
      const at = receiver.payload(slot) - 4
      receiver.bytes.set([64, 0, 0, receiver.length(slot)], at)
      sender.add(receiver, at, receiver.length(slot) + 4, receiver.bytes, receiver.sender(slot), 16)
    }
    sender.flush(relay)
    seen += count
    await new Promise(setImmediate)
  }
  await all
  assert.deepEqual(got, ['@\0\0\x03one', '@\0\0\x03two', '@\0\0\x03tri', '@\0\0\x01x', '@\0\0\x06longer'])
  assert.deepEqual(sender.counts, { sent: 5, full: 0, refused: new Map() })
  peer.close()
  libc.close(relay)
})

test('one datagram is received and sent by itself, and what comes behind it is there with the next call', async () => {
  const relay = socket()
  const receiver = new DatagramReceiver({ slots: 2 })
  const sender = new DatagramSender({ capacity: 2 })
  assert.equal(receiver.receiveOne(relay), 0)
  const peer = await udpSocket({ address: '127.0.0.1' })
  const got: string[] = []
  const all = new Promise<void>((resolve) => peer.on('message', (m) => got.push(m.toString()) === 2 && resolve()))
  const port = new DataView(libc.getsockname(relay).buffer).getUint16(2)
  for (const text of ['one', 'second']) peer.send(text, port, '127.0.0.1')
  for (let seen = 0; seen < 2; await new Promise(setImmediate)) {
    if (receiver.receiveOne(relay, 1) === 0) continue
    seen += 1
    sender.add(receiver, receiver.payload(1), receiver.length(1), receiver.bytes, receiver.sender(1), 16)
    sender.flush(relay)
  }
  await all
  assert.deepEqual(got, ['one', 'second'])
  assert.deepEqual(sender.counts, { sent: 2, full: 0, refused: new Map() })
  peer.close()
  libc.close(relay)
})

for (const [name, size] of [
  ['datagrams to one place leave together and arrive by themselves', 1000],
  ['datagrams that are longer than a segment may be arrive as well', 20_000],
] as const) {
  test(name, async () => {
    const from = socket()
    const receiver = new DatagramReceiver({ slots: 4, slotSize: size })
    const sender = new DatagramSender()
    const feeder = await udpSocket({ address: '127.0.0.1' })
    const target = await udpSocket({ address: '127.0.0.1' })
    const sizes: number[] = []
    const all = new Promise<void>((resolve) => target.on('message', (m) => sizes.push(m.length) === 4 && resolve()))
    const port = new DataView(libc.getsockname(from).buffer).getUint16(2)
    for (let n = 0; n < 4; n += 1) feeder.send(Buffer.alloc(size, n), port, '127.0.0.1')
    const to = new Uint8Array(16)
    const view = new DataView(to.buffer)
    view.setUint16(0, 2, true)
    view.setUint16(2, target.address().port)
    to.set([127, 0, 0, 1], 4)
    for (let seen = 0; seen < 4; ) {
      const count = receiver.receive(from, seen)
      for (let slot = seen; slot < seen + count; slot += 1)
        sender.add(receiver, receiver.payload(slot), size, to, 0, 16)
      seen += count
      await new Promise(setImmediate)
    }
    sender.flush(from)
    await all
    assert.deepEqual(sizes, [size, size, size, size])
    assert.equal(sender.counts.sent, 4)
    feeder.close()
    target.close()
    libc.close(from)
  })
}
