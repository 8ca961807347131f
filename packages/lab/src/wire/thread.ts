import { type MessagePort, parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads'
import { Poll, runFirst, Wakeup } from '@sallyport/linux'
import { monotonic } from './clock.ts'
import { Forwarder } from './forwarder.ts'
import type { Report, Request, ThreadData } from './message.ts'
import { Sleep } from './sleep.ts'

/**
 * The thread of a wire. It does not go back to its event loop until the wire ends: it sleeps in the kernel until there
 * is a frame, an order, or a frame that is due, so that nothing that the owner does delays anything here.
 */
function run(data: ThreadData, owner: MessagePort): void {
  using forwarder = new Forwarder(data.socket, data.seed)
  const stopped = new Int32Array(data.stopped)
  const poll = new Poll([data.socket.fd, data.wakeup])
  const sleep = new Sleep(poll)
  runFirst() // where it may not, a busy machine makes it late as everybody else
  const readOrders = (): void => {
    for (let message = receiveMessageOnPort(owner); message !== undefined; message = receiveMessageOnPort(owner))
      obey(forwarder, message.message, owner)
  }
  while (Atomics.load(stopped, 0) === 0) {
    if (forwarder.work(readOrders)) continue
    const deadline = Math.min(monotonic() + data.patience, forwarder.deadline)
    if (!sleep.until(deadline) || !poll.isReady(1)) continue
    Wakeup.clear(data.wakeup)
    readOrders()
  }
}

function obey(forwarder: Forwarder, { id, order }: Request, owner: MessagePort): void {
  const report = (report: Report): void => owner.postMessage(report)
  if (order.kind === 'watch') watch(forwarder, order.on, report)
  const value = order.kind === 'watch' ? undefined : forwarder.obey(order)
  if (id !== 0) report({ kind: 'answer', id, value })
}

function watch(forwarder: Forwarder, on: boolean, report: (report: Report) => void): void {
  forwarder.watch(on ? (happening) => report({ kind: 'happening', happening }) : undefined)
}

if (parentPort === null) throw new Error('this file is the thread of a wire; it is started by Wire.open')
run(workerData as ThreadData, parentPort)
