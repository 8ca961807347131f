import { EINTR, EIO } from '../system/errno.ts'
import { type Ack, isAck, parseAck } from './ack.ts'
import { NetlinkError, type Refused, refusal } from './error.ts'
import {
  encodeMessage,
  type Message,
  NLM_F_ACK,
  NLM_F_DUMP,
  NLM_F_DUMP_INTR,
  NLM_F_REQUEST,
  NLMSG_DONE,
  NLMSG_MIN_TYPE,
  parseMessages,
} from './header.ts'
import type { Transport } from './transport.ts'

/** One message to be sent; NLM_F_REQUEST, NLM_F_ACK and NLM_F_DUMP are added where they belong. */
export interface Request extends Refused {
  readonly type: number
  readonly flags?: number
}

/** What the kernel had to say about one datagram. */
export interface Exchange {
  /** Messages that are not acknowledgements: answers, echoes. Their bodies are views that stay valid. */
  readonly messages: readonly Message[]
  /** Every refusal, by the sequence number of the message it is about, in the kernel's order. */
  readonly errors: readonly Ack[]
}

const DUMP_ATTEMPTS = 10
/** Some 100 bytes each: far from what a socket takes (net.core.wmem_max). */
const REQUESTS_AT_ONCE = 500

/**
 * Questions and answers over a transport, all of it synchronous: the kernel answers before `send` returns.
 *
 * A connection is for requests. Subscribe to multicast groups on a transport of its own, since events would mix with
 * the answers here. Every method throws SystemError ENOBUFS when answers were lost for want of receive buffer.
 */
export class Connection implements Disposable {
  readonly transport: Transport
  #sequence = 1
  #unread = false
  /** Counts what was sent: tells a stream that the queue is no longer its own. */
  #sent = 0
  /** Requests of a function that {@link together} runs; undefined outside of one. */
  #queued: Request[] | undefined

  constructor(transport: Transport) {
    this.transport = transport
  }

  /** Reserves `count` sequence numbers in a row and returns the first. Never 0, which marks events. */
  sequences(count = 1): number {
    if (this.#sequence + count > 0xffffffff) this.#sequence = 1
    const first = this.#sequence
    this.#sequence += count
    return first
  }

  /**
   * Collects what `fn` {@link post}s, and sends it in few datagrams: at its end, or before it asks for something. The
   * kernel does not stop at a refusal: what stands behind it has happened when the first refusal is thrown.
   */
  together<T>(fn: () => T): T {
    if (this.#queued !== undefined) return fn()
    this.#queued = []
    try {
      const result = fn()
      this.#sendQueued()
      return result
    } finally {
      this.#queued = undefined
    }
  }

  /** Sends a request that has no answer; throws {@link NetlinkError} when the kernel refuses. */
  post(request: Request): void {
    if (this.#queued === undefined) this.request(request)
    else this.#queued.push(request)
  }

  /** Sends one request and returns its answers; throws {@link NetlinkError} when the kernel refuses. */
  request(request: Request): Message[] {
    this.#sendQueued()
    const sequence = this.sequences()
    const flags = (request.flags ?? 0) | NLM_F_REQUEST | NLM_F_ACK
    const answers = this.#roundTrip(encodeMessage({ type: request.type, flags, sequence, body: request.body }))
    const mine = answers.filter((message) => message.sequence === sequence)
    const verdict = mine.filter(isAck).map(parseAck).at(-1)
    if (verdict === undefined) throw silence(request, 'no acknowledgement')
    if (verdict.errno !== 0) throw refusal(verdict, request)
    return mine.filter(isContent)
  }

  /**
   * Asks for everything of a kind (NLM_F_DUMP). When the kernel's tables change meanwhile it says so
   * (NLM_F_DUMP_INTR) and the whole dump is taken again, ten times at most.
   */
  dump(request: Request): Message[] {
    for (let attempt = 0; attempt < DUMP_ATTEMPTS; attempt++) {
      const answers = this.#dumpOnce(request)
      if (answers !== undefined) return answers
    }
    throw new NetlinkError({
      operation: request.operation,
      errno: EINTR,
      hint: `the tables changed during each of ${DUMP_ATTEMPTS} attempts to read them; try again when it is quieter`,
    })
  }

  /**
   * The same piece by piece: the kernel makes the next datagram (32 KiB) when the one before was taken, so that a dump of
   * any size needs the memory of one. Nothing is repeated: throws NetlinkError EINTR behind the last message when the
   * tables changed meanwhile. Leave the loop whenever you like. Any other request on this connection ends it: the next
   * step throws.
   */
  *stream(request: Request): Generator<Message, undefined> {
    const sequence = this.sequences()
    const flags = (request.flags ?? 0) | NLM_F_REQUEST | NLM_F_DUMP
    this.#send(encodeMessage({ type: request.type, flags, sequence, body: request.body }))
    const turn = this.#sent
    let interrupted = false
    for (let datagram = this.transport.receive(); datagram !== undefined; datagram = this.transport.receive()) {
      for (const message of parseMessages(datagram)) {
        if (message.sequence !== sequence) continue
        interrupted ||= (message.flags & NLM_F_DUMP_INTR) !== 0
        if (isContent(message)) yield message
        else if (this.#isEnd(message, request)) return interrupted ? changed(request) : undefined
        if (turn !== this.#sent) throw new Error(`${request.operation}: another request ended this dump`)
      }
    }
    throw silence(request, 'a dump without NLMSG_DONE')
  }

  /** Sends a datagram of messages that the caller has numbered (see {@link sequences}), and sorts what comes back. */
  exchange(datagram: Uint8Array): Exchange {
    const answers = this.#roundTrip(datagram)
    const errors = answers.filter(isAck).map(parseAck)
    return { messages: answers.filter(isContent), errors: errors.filter((ack) => ack.errno !== 0) }
  }

  [Symbol.dispose](): void {
    this.transport[Symbol.dispose]()
  }

  #sendQueued(): void {
    const requests = this.#queued?.splice(0) ?? []
    while (requests.length > 0) this.#sendSome(requests.splice(0, REQUESTS_AT_ONCE))
  }

  /** Of what was done the kernel says nothing when it isn't asked to, so that only the last one asks. */
  #sendSome(requests: readonly Request[]): void {
    const first = this.sequences(requests.length)
    const last = requests.length - 1
    const messages = requests.map(({ type, flags = 0, body }, n) =>
      encodeMessage({ type, flags: flags | NLM_F_REQUEST | (n === last ? NLM_F_ACK : 0), sequence: first + n, body }),
    )
    const acks = this.#roundTrip(Buffer.concat(messages)).filter(isAck).map(parseAck)
    const refused = acks.find(({ errno }) => errno !== 0)
    if (refused !== undefined) throw refusal(refused, requests[refused.sequence - first]!)
    if (!acks.some(({ sequence }) => sequence === first + last)) throw silence(requests[last]!, 'no acknowledgement')
  }

  /** Undefined: the dump is inconsistent. */
  #dumpOnce(request: Request): Message[] | undefined {
    const sequence = this.sequences()
    const flags = (request.flags ?? 0) | NLM_F_REQUEST | NLM_F_DUMP
    const answers = this.#roundTrip(encodeMessage({ type: request.type, flags, sequence, body: request.body }))
    const mine = answers.filter((message) => message.sequence === sequence)
    for (const ack of mine.filter(isAck).map(parseAck)) {
      if (ack.errno !== 0) throw refusal(ack, request)
    }
    if (!mine.some((message) => message.type === NLMSG_DONE)) throw silence(request, 'a dump without NLMSG_DONE')
    const interrupted = mine.some((message) => (message.flags & NLM_F_DUMP_INTR) !== 0)
    return interrupted ? undefined : mine.filter(isContent)
  }

  /** True: the dump is over. Throws what the kernel refuses. */
  #isEnd(message: Message, request: Request): boolean {
    if (!isAck(message)) return false
    const ack = parseAck(message)
    if (ack.errno !== 0) throw refusal(ack, request)
    this.#unread = false
    return message.type === NLMSG_DONE
  }

  /** One datagram out, all that is queued in. */
  #roundTrip(datagram: Uint8Array): Message[] {
    this.#send(datagram)
    const answers = this.#drain()
    this.#unread = false
    return answers
  }

  /** What an earlier call left unread, because it threw or was left, is dropped first. */
  #send(datagram: Uint8Array): void {
    if (this.#unread) this.#drain()
    this.#unread = true
    this.#sent += 1
    this.transport.send(datagram)
  }

  #drain(): Message[] {
    const messages: Message[] = []
    for (let datagram = this.transport.receive(); datagram !== undefined; datagram = this.transport.receive()) {
      for (const message of parseMessages(datagram)) messages.push(message)
    }
    return messages
  }
}

function isContent(message: Message): boolean {
  return message.type >= NLMSG_MIN_TYPE
}

function changed({ operation }: Request): never {
  const hint = 'the tables changed while they were read, and some of it may be missing or twice; read again'
  throw new NetlinkError({ operation, errno: EINTR, hint })
}

function silence(request: Request, what: string): NetlinkError {
  return new NetlinkError({ operation: request.operation, errno: EIO, hint: `the kernel answered with ${what}` })
}
