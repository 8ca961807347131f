import { parentPort, workerData } from 'node:worker_threads'
import { DatagramReceiver, DatagramSender, Epoll, openUdp, portOfDescriptor } from '@sallyport/linux'

/** A peer that sends everything back to where it came from. Ends with its process, or when its cell is set. */
const { stop } = workerData as { readonly stop: SharedArrayBuffer }
const stopped = new Int32Array(stop)
const fd = openUdp({ address: '127.0.0.1', buffer: 8 << 20 })
const epoll = new Epoll(4)
epoll.add(fd, 1)
const receiver = new DatagramReceiver({ slots: 256 })
const sender = new DatagramSender({ capacity: 256 })
parentPort!.postMessage(portOfDescriptor(fd))
while (Atomics.load(stopped, 0) === 0) {
  if (epoll.wait(50) === 0) continue
  const count = receiver.receive(fd)
  for (let slot = 0; slot < count; slot += 1) {
    sender.add(receiver, receiver.payload(slot), receiver.length(slot), receiver.bytes, receiver.sender(slot), 16)
  }
  sender.flush(fd)
}
