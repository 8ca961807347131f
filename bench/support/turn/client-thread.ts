import { randomBytes } from 'node:crypto'
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

/** Clients of a TURN server, each with an allocation and a channel to one peer, that keep messages in flight. */
export interface Load {
  readonly server: { readonly address: string; readonly port: number }
  readonly user: { readonly username: string; readonly realm: string; readonly password: string }
  readonly peerPort: number
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
const CHANNEL = 0x4000
const MAGIC = 0x5a11
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
  #nonce = ''

  open(): void {
    // A port that the server still knows from the round before is exchanged for another one.
    for (let answer = this.#allocate(); answer.class !== 'success'; answer = this.#allocate()) {
      if (answer.get(stun.errorCode)?.code !== 437) this.#need(answer)
      const stale = this.fd
      this.fd = openSocket()
      closeDescriptor(stale)
    }
    const peer = stun.xorPeerAddress.of({ address: '127.0.0.1', port: load.peerPort })
    this.#need(this.#ask(stun.methods.channelBind, [stun.channelNumber.of(CHANNEL), peer]))
  }

  /** Gives the allocation back: the next run may get the same port from the kernel. */
  close(): void {
    this.#need(this.#ask(stun.methods.refresh, [stun.lifetime.of(0)]))
    closeDescriptor(this.fd)
  }

  #allocate(): stun.Message {
    const transport = stun.requestedTransport.of(17)
    this.#nonce = ''
    this.#nonce = this.#ask(stun.methods.allocate, [transport]).get(stun.nonce) ?? ''
    return this.#ask(stun.methods.allocate, [transport])
  }

  #need(answer: stun.Message): void {
    if (answer.class !== 'success') throw new Error(`refused: ${JSON.stringify(answer.get(stun.errorCode))}`)
  }

  /** Without a nonce, the first of them, there is nobody to speak for. */
  #ask(method: number, attributes: readonly stun.Attached[]): stun.Message {
    const header = { class: 'request', method, transaction: randomBytes(12) } as const
    if (this.#nonce === '') return ask(this.fd, stun.encodeMessage(header, attributes))
    const { username, realm } = load.user
    const identity = [stun.username.of(username), stun.realm.of(realm), stun.nonce.of(this.#nonce)]
    const seal = stun.integrity(stun.longTermKey(load.user, 'md5'))
    return ask(this.fd, stun.encodeMessage(header, [...attributes, ...identity], [seal]))
  }
}

/** Where the message that all flows send lies: the head of a channel, a mark, and padding. */
function layMessage(from: DatagramReceiver): number {
  const at = from.payload(0)
  from.view.setUint16(at, CHANNEL)
  from.view.setUint16(at + 2, load.size)
  from.view.setUint16(at + 4, MAGIC)
  from.view.setUint16(at + 2 + load.size, MAGIC)
  return at
}

function measure(flows: readonly Flow[]): Found {
  const outgoing = new DatagramReceiver({ slots: 1 })
  const message = layMessage(outgoing)
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

/** A whole message of the channel, as it was sent. */
function isRight(slot: number): boolean {
  const at = receiver.payload(slot)
  const { view } = receiver
  const { size } = load
  return (
    receiver.length(slot) >= size + 4 &&
    view.getUint16(at) === CHANNEL &&
    view.getUint16(at + 2) === size &&
    view.getUint16(at + 4) === MAGIC &&
    view.getUint16(at + 2 + size) === MAGIC
  )
}

const flows = Array.from({ length: load.flows }, () => new Flow())
for (const flow of flows) flow.open()
const found = measure(flows)
for (const flow of flows) flow.close()
parentPort!.postMessage(found)
