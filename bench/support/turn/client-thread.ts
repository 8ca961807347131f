import { parentPort, workerData } from 'node:worker_threads'
import {
  closeDescriptor,
  DatagramReceiver,
  DatagramSender,
  Epoll,
  openUdp,
  sendDatagram,
  socketAddress,
} from '@sallyport/linux'
import { stun } from '@sallyport/traversal'
import { type Caller, Dialog, isWhole, layMessage } from './dialog.ts'

/** Clients of a TURN server, each with an allocation and a channel to one peer, that keep messages in flight. */
export interface Load extends Caller {
  readonly server: { readonly address: string; readonly port: number }
  readonly transport: 'udp' | 'tcp'
  readonly flows: number
  /** Messages of each flow that are under way. */
  readonly window: number
  /** Bytes of payload. */
  readonly size: number
  /** How long is measured, and before that, how long is not; milliseconds. */
  readonly duration: number
  readonly warmUp: number
}

/** What was found. */
export interface Found {
  readonly perSecond: number
  /** In all, the warm-up included. */
  readonly messages: number
  readonly lost: number
  readonly wrong: number
}

const load = workerData as Load
const to = socketAddress(load.server.address, load.server.port)
const receiver = new DatagramReceiver({ slots: 256 })
/** Until a request is sent again; milliseconds. */
const PATIENCE = 250
const ATTEMPTS = 40
/** Of the server, until what it did not answer is taken for lost; milliseconds. */
const PAUSE = 200

/** Sends until the answer comes; what else comes is thrown away. */
function ask(fd: number, bytes: Uint8Array): stun.Message {
  using epoll = new Epoll(1)
  epoll.add(fd, 1)
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    sendDatagram(fd, bytes, to)
    while (epoll.wait(PATIENCE) > 0) {
      const answer = answerTo(bytes, receiver.receive(fd))
      if (answer !== undefined) return answer
    }
  }
  throw new Error('the server does not answer')
}

/** The one among what was received that has the request's transaction ID. */
function answerTo(request: Uint8Array, received: number): stun.Message | undefined {
  for (let slot = 0; slot < received; slot += 1) {
    const at = receiver.payload(slot)
    const bytes = receiver.bytes.slice(at, at + receiver.length(slot))
    if (request.subarray(8, 20).every((byte, index) => bytes[8 + index] === byte)) return stun.decodeMessage(bytes)
  }
  return undefined
}

function openSocket(): number {
  return openUdp({ address: '127.0.0.1', buffer: 1 << 20 })
}

class Flow {
  fd: number = openSocket()
  sent = 0
  received = 0
  readonly #dialog = new Dialog(load, (request) => ask(this.fd, request))

  open(): void {
    // A port that the server still knows from the round before is exchanged for another one.
    while (!this.#dialog.allocate()) {
      const stale = this.fd
      this.fd = openSocket()
      closeDescriptor(stale)
    }
    this.#dialog.bind()
  }

  close(): void {
    this.#dialog.release()
    closeDescriptor(this.fd)
  }
}

function measure(flows: readonly Flow[]): Found {
  const outgoing = new DatagramReceiver({ slots: 1 })
  const message = outgoing.payload(0)
  layMessage(outgoing.view, message, load.size)
  const sender = new DatagramSender({ capacity: 256 })
  const epoll = new Epoll(256)
  for (const [index, { fd }] of flows.entries()) epoll.add(fd, index)
  const send = (flow: Flow, count: number): void => {
    for (let n = 0; n < count; n += 1) sender.add(outgoing, message, load.size + 4, to, 0, to.length)
    sender.flush(flow.fd)
    flow.sent += count
  }
  let wrong = 0
  let total = 0
  const round = (): void => {
    const ready = epoll.wait(PAUSE)
    // What was in flight is lost, and everybody begins anew.
    if (ready === 0) for (const flow of flows) send(flow, load.window)
    for (let index = 0; index < ready; index += 1) {
      const flow = flows[epoll.ticket(index)]!
      const count = receiver.receive(flow.fd)
      for (let slot = 0; slot < count; slot += 1) if (!isRight(slot)) wrong += 1
      flow.received += count
      total += count
      if (count > 0) send(flow, count)
    }
  }
  for (const flow of flows) send(flow, load.window)
  for (const end = performance.now() + load.warmUp; performance.now() < end; ) round()
  const before = total
  const begin = performance.now()
  while (performance.now() - begin < load.duration) round()
  const seconds = (performance.now() - begin) / 1000
  const lost = flows.reduce((sum, { sent, received }) => sum + sent - received, 0)
  const inFlight = flows.length * load.window
  return { perSecond: (total - before) / seconds, messages: total, lost: Math.max(0, lost - inFlight), wrong }
}

function isRight(slot: number): boolean {
  return isWhole(receiver.view, receiver.payload(slot), receiver.length(slot), load.size)
}

const flows = Array.from({ length: load.flows }, () => new Flow())
for (const flow of flows) flow.open()
const found = measure(flows)
for (const flow of flows) flow.close()
parentPort!.postMessage(found)
