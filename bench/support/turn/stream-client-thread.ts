import { parentPort, workerData } from 'node:worker_threads'
import {
  closeDescriptor,
  connectError,
  connectTcp,
  ECONNREFUSED,
  EPOLLOUT,
  Epoll,
  openTcp,
  StreamBuffer,
  sendBytes,
  sendFrom,
  setNoDelay,
} from '@sallyport/linux'
import { stun } from '@sallyport/traversal'
import type { Found, Load } from './client-thread.ts'
import { Dialog, isWhole, layMessage } from './dialog.ts'

/** Clients of a TURN server over TCP, that keep messages in flight as those over UDP do. */

const load = workerData as Load
/** Bytes of a message on its stream: all sizes are multiples of four. */
const LENGTH = load.size + 4
/** Until an answer is given up; milliseconds. */
const PATIENCE = 10_000
/** Until a server that does not listen yet is tried again; milliseconds. */
const AGAIN = 50
/** Until what did not come back, by way of UDP, is taken for lost; milliseconds. */
const PAUSE = 2000

/** What a client may have in flight, laid out once; and where what it receives is put together. */
const outgoing = new StreamBuffer(load.window * LENGTH)
for (let n = 0; n < load.window; n += 1) layMessage(outgoing.view, n * LENGTH, load.size)
const ROOM = Math.max(8192, 2 * load.window * LENGTH)
const incoming = new StreamBuffer(load.flows * ROOM)

function wait(fd: number, kinds?: number): void {
  using epoll = new Epoll(1)
  epoll.add(fd, 1, kinds)
  if (epoll.wait(PATIENCE) === 0) throw new Error('the server does not answer')
}

/** Connects, again and again while the server is not there yet. */
function connected(): number {
  for (const end = performance.now() + PATIENCE; ; ) {
    const fd = openTcp({ address: '127.0.0.1' })
    const errno = connectTcp(fd, load.server)
    if (errno === 0) wait(fd, EPOLLOUT)
    const failed = errno || connectError(fd)
    if (failed === 0) {
      setNoDelay(fd)
      return fd
    }
    closeDescriptor(fd)
    if (failed !== ECONNREFUSED || performance.now() > end) throw new Error(`cannot connect: errno ${failed}`)
    using pause = new Epoll(1)
    pause.wait(AGAIN)
  }
}

class Flow {
  readonly fd: number = connected()
  sent = 0
  received = 0
  wrong = 0
  readonly #base: number
  readonly #dialog = new Dialog(load, (request) => this.#exchange(request))
  /** Bytes received and not looked at yet. */
  #filled = 0
  /** Bytes to be sent, and where in the endless row of messages they begin. */
  #owed = 0
  #phase = 0

  constructor(index: number) {
    this.#base = index * ROOM
    if (!this.#dialog.allocate()) throw new Error('a connection has an allocation already')
    this.#dialog.bind()
  }

  close(): void {
    this.#dialog.release()
    closeDescriptor(this.fd)
  }

  send(messages: number): void {
    this.sent += messages
    this.#owed += messages * LENGTH
    while (this.#owed > 0) {
      const length = Math.min(this.#owed, outgoing.bytes.length - this.#phase)
      const sent = sendFrom(outgoing, this.fd, this.#phase, length)
      if (sent <= 0) return // full: what is received makes room
      this.#owed -= sent
      this.#phase = (this.#phase + sent) % outgoing.bytes.length
    }
  }

  /** Takes what has come; returns how many messages that were. */
  receive(): number {
    this.#fill()
    const end = this.#base + this.#filled
    let at = this.#base
    for (; at + LENGTH <= end; at += LENGTH) {
      if (!isWhole(incoming.view, at, LENGTH, load.size)) this.wrong += 1
    }
    const count = (at - this.#base) / LENGTH
    this.received += count
    this.#drop(at - this.#base)
    return count
  }

  #fill(): void {
    const got = incoming.receive(this.fd, this.#base + this.#filled, ROOM - this.#filled)
    if (got === 0) throw new Error('the server ended the connection')
    if (got > 0) this.#filled += got
  }

  #drop(bytes: number): void {
    incoming.bytes.copyWithin(this.#base, this.#base + bytes, this.#base + this.#filled)
    this.#filled -= bytes
  }

  /** Messages that come before the answer are thrown away. */
  #exchange(request: Uint8Array): stun.Message {
    sendBytes(this.fd, request)
    for (;;) {
      const answer = this.#answer()
      if (answer !== undefined) return answer
      wait(this.fd)
      this.#fill()
    }
  }

  #answer(): stun.Message | undefined {
    while (this.#filled >= 4) {
      const isData = incoming.bytes[this.#base]! >= 0x40
      const length = incoming.view.getUint16(this.#base + 2) + (isData ? 4 : 20)
      if (this.#filled < length) return undefined
      const message = incoming.bytes.slice(this.#base, this.#base + length)
      this.#drop(length)
      if (!isData) return stun.decodeMessage(message)
    }
    return undefined
  }
}

function measure(flows: readonly Flow[]): Found {
  const epoll = new Epoll(256)
  for (const [index, { fd }] of flows.entries()) epoll.add(fd, index)
  let total = 0
  const round = (): void => {
    const ready = epoll.wait(PAUSE)
    // What was in flight is lost on its way by UDP, and everybody begins anew.
    if (ready === 0) for (const flow of flows) flow.send(load.window)
    for (let index = 0; index < ready; index += 1) {
      const flow = flows[epoll.ticket(index)]!
      const count = flow.receive()
      total += count
      flow.send(count)
    }
  }
  for (const flow of flows) flow.send(load.window)
  for (const end = performance.now() + load.warmUp; performance.now() < end; ) round()
  const before = total
  const begin = performance.now()
  while (performance.now() - begin < load.duration) round()
  const seconds = (performance.now() - begin) / 1000
  const wrong = flows.reduce((sum, flow) => sum + flow.wrong, 0)
  const lost = flows.reduce((sum, { sent, received }) => sum + sent - received, 0) - flows.length * load.window
  return { perSecond: (total - before) / seconds, messages: total, lost: Math.max(0, lost), wrong }
}

const flows = Array.from({ length: load.flows }, (_, index) => new Flow(index))
const found = measure(flows)
for (const flow of flows) flow.close()
parentPort!.postMessage(found)
