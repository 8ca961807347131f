import { parentPort, workerData } from 'node:worker_threads'
import {
  closeDescriptor,
  DatagramReceiver,
  DatagramSender,
  Epoll,
  openUdp,
  portOfDescriptor,
  socketAddress,
} from '@sallyport/linux'
import type { Found } from './client-thread.ts'

/** Sockets that ask a STUN server for bindings, and keep requests in flight. */
export interface BindingLoad {
  readonly server: { readonly address: string; readonly port: number }
  readonly sockets: number
  /** Requests of each socket that are under way. */
  readonly window: number
  /** How long is measured, and before that, how long is not; milliseconds. */
  readonly duration: number
  readonly warmUp: number
}

const load = workerData as BindingLoad
const to = socketAddress(load.server.address, load.server.port)
const COOKIE = 0x2112a442
const REQUEST = 0x0001
const SUCCESS = 0x0101
const XOR_MAPPED_ADDRESS = 0x0020
const IPV4 = 1
const HEADER = 20
/** Of the server, until what it did not answer is taken for lost; milliseconds. */
const PAUSE = 200
/** 127.0.0.1, under the cookie. */
const ADDRESS = (0x7f000001 ^ COOKIE) >>> 0

const receiver = new DatagramReceiver({ slots: 256 })
const requests = new DatagramReceiver({ slots: load.window })
const sender = new DatagramSender({ capacity: load.window })

/** A socket; its requests carry its port and their number, so that an answer to another one is noticed. */
class Asker {
  readonly fd = openUdp({ address: '127.0.0.1', buffer: 1 << 20 })
  readonly port = portOfDescriptor(this.fd)
  sent = 0
  received = 0

  ask(count: number): void {
    const { view } = requests
    for (let n = 0; n < count; n += 1) {
      const at = requests.payload(n)
      view.setUint16(at, REQUEST)
      view.setUint16(at + 2, 0)
      view.setUint32(at + 4, COOKIE)
      view.setUint32(at + 8, this.port)
      view.setUint32(at + 12, this.sent)
      view.setUint32(at + 16, ~this.sent)
      sender.add(requests, at, HEADER, to, 0, to.length)
      this.sent += 1
    }
    sender.flush(this.fd)
  }

  /** A success for this socket, whose mapped address is its own; coturn may add attributes behind it. */
  isRight(slot: number): boolean {
    const { view } = receiver
    const at = receiver.payload(slot)
    return (
      receiver.length(slot) >= HEADER + 12 &&
      view.getUint16(at) === SUCCESS &&
      view.getUint16(at + 2) === receiver.length(slot) - HEADER &&
      view.getUint32(at + 4) === COOKIE &&
      view.getUint32(at + 8) === this.port &&
      view.getInt32(at + 12) === ~view.getInt32(at + 16) &&
      view.getUint16(at + HEADER) === XOR_MAPPED_ADDRESS &&
      view.getUint16(at + HEADER + 4) === IPV4 &&
      view.getUint16(at + HEADER + 6) === (this.port ^ (COOKIE >>> 16)) &&
      view.getUint32(at + HEADER + 8) === ADDRESS
    )
  }
}

function measure(askers: readonly Asker[]): Found {
  const epoll = new Epoll(256)
  for (const [index, { fd }] of askers.entries()) epoll.add(fd, index)
  let wrong = 0
  let total = 0
  const round = (): void => {
    const ready = epoll.wait(PAUSE)
    // What was in flight is lost, and everybody begins anew.
    if (ready === 0) for (const asker of askers) asker.ask(load.window)
    for (let index = 0; index < ready; index += 1) {
      const asker = askers[epoll.ticket(index)]!
      const count = receiver.receive(asker.fd)
      for (let slot = 0; slot < count; slot += 1) if (!asker.isRight(slot)) wrong += 1
      asker.received += count
      total += count
      if (count > 0) asker.ask(Math.min(count, load.window))
    }
  }
  for (const asker of askers) asker.ask(load.window)
  for (const end = performance.now() + load.warmUp; performance.now() < end; ) round()
  const before = total
  const begin = performance.now()
  while (performance.now() - begin < load.duration) round()
  const seconds = (performance.now() - begin) / 1000
  const lost = askers.reduce((sum, { sent, received }) => sum + sent - received, 0)
  const inFlight = askers.length * load.window
  return { perSecond: (total - before) / seconds, messages: total, lost: Math.max(0, lost - inFlight), wrong }
}

const askers = Array.from({ length: load.sockets }, () => new Asker())
const found = measure(askers)
for (const { fd } of askers) closeDescriptor(fd)
parentPort!.postMessage(found)
