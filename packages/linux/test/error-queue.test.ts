import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  closeDescriptor,
  DatagramReceiver,
  DatagramSender,
  ErrorQueue,
  keepErrors,
  openUdp,
  portOfDescriptor,
  sandbox,
  socketAddress,
} from '../src/index.ts'

await sandbox()

for (const [address, family, want] of [
  ['127.0.0.1', 4, { family: 4, type: 3, code: 3, info: 0 }],
  ['::1', 6, { family: 6, type: 1, code: 4, info: 0 }],
] as const) {
  test(`${address}: a refused datagram is in the queue with where it went, and costs no other one`, () => {
    const from = openUdp({ address })
    const to = openUdp({ address })
    keepErrors(from, family)
    const nobody = socketAddress(address, 9)
    const somebody = socketAddress(address, portOfDescriptor(to))
    const receiver = new DatagramReceiver({ slots: 4 })
    const sender = new DatagramSender({ capacity: 8 })
    for (let round = 0; round < 5; round += 1) {
      sender.add(receiver, receiver.payload(0), 10, nobody, 0, nobody.length)
      sender.flush(from)
      sender.add(receiver, receiver.payload(0), 10, somebody, 0, somebody.length)
      sender.flush(from)
    }
    assert.deepEqual(
      [sender.counts.sent, sender.counts.full, sender.counts.refused.size],
      [10, 0, 0],
      JSON.stringify([...sender.counts.refused]),
    )
    assert.equal(new DatagramReceiver({ slots: 16 }).receive(to), 5)
    const queue = new ErrorQueue()
    for (let round = 0; round < 5; round += 1) {
      const { to: where, ...error } = queue.read(from)!
      assert.deepEqual(error, want)
      assert.deepEqual([where[2]! * 256 + where[3]!, where[0]! + where[1]!], [9, family === 4 ? 2 : 10])
    }
    assert.equal(queue.read(from), undefined)
    for (const fd of [from, to]) closeDescriptor(fd)
  })
}

test('a socket with an error in its way is read all the same', () => {
  const from = openUdp({ address: '127.0.0.1' })
  keepErrors(from, 4)
  const receiver = new DatagramReceiver({ slots: 4 })
  const sender = new DatagramSender({ capacity: 8 })
  const self = socketAddress('127.0.0.1', portOfDescriptor(from))
  const nobody = socketAddress('127.0.0.1', 9)
  sender.add(receiver, receiver.payload(0), 1, self, 0, self.length)
  sender.add(receiver, receiver.payload(0), 1, nobody, 0, nobody.length)
  sender.flush(from)
  const counts = [receiver.receive(from), receiver.receive(from)]
  assert.deepEqual(counts, [0, 1]) // the error first, then the datagram
  closeDescriptor(from)
})
