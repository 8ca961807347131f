import { randomBytes } from 'node:crypto'
import {
  checkFingerprint,
  decodeMessage,
  type Endpoint,
  encodeMessage,
  errorCode,
  mappedAddress,
  methods,
  otherAddress,
  type Retransmission,
  responseOrigin,
  software,
  Transaction,
  xorMappedAddress,
} from '../stun/index.ts'
import { type Link, openLink, resolveServer } from './link.ts'
import { parseServer, type ServerName, type ServerTransport } from './server-name.ts'
import { type ConnectionOptions, namedFor } from './tls-options.ts'

export interface BindOptions {
  /** Default: what the server's URI says, else 'udp'. */
  readonly transport?: ServerTransport
  /** Where to send from; default: as the system likes. */
  readonly local?: Partial<Endpoint>
  readonly tls?: ConnectionOptions
  /** How a request over UDP is repeated; default: for 39.5 seconds (RFC 8489 section 6.2.1). */
  readonly retransmission?: Retransmission
  readonly signal?: AbortSignal
}

/** Where one is seen. */
export interface Binding {
  /** Our address and port as the server sees them. */
  readonly mapped: Endpoint
  /** As we see them; the address is that of every interface where none was chosen. */
  readonly local: Endpoint
  readonly server: Endpoint
  /** RESPONSE-ORIGIN and OTHER-ADDRESS (RFC 5780): where the server sends from, and its other address. */
  readonly origin: Endpoint | undefined
  readonly other: Endpoint | undefined
  readonly software: string | undefined
  /** Milliseconds from the first request to the answer. */
  readonly ms: number
}

/** A Binding request that came to nothing. */
export class BindError extends Error {
  override readonly name = 'BindError'
  /** What the server answered; undefined when it did not answer. */
  readonly code: number | undefined

  constructor(message: string, code?: number, cause?: Error) {
    super(message, cause && { cause })
    this.code = code
  }
}

/**
 * Asks a server where we are seen (RFC 8489 section 3).
 * Throws {@link BindError} when it does not answer or refuses, the system's error when it cannot be reached,
 * RangeError for a name that is no server.
 */
export async function bind(server: ServerName, options: BindOptions = {}): Promise<Binding> {
  const named = parseServer(server, options.transport)
  const transport = options.transport ?? named.transport ?? 'udp'
  const answer = Promise.withResolvers<Binding>()
  answer.promise.catch(() => undefined) // who waits below hears of it; it may fail before
  const request = new BindingRequest(answer, { reliable: transport !== 'udp', ...options.retransmission })
  const events = { message: (b: Uint8Array) => request.handle(b), closed: (e: Error | undefined) => request.end(e) }
  const settings = { ...options, tls: namedFor(named.host, options.tls) }
  const link = await openLink(transport, await resolveServer(named), events, settings)
  const abort = (): void => answer.reject(options.signal?.reason)
  options.signal?.addEventListener('abort', abort, { once: true })
  try {
    request.start(link)
    return await answer.promise
  } finally {
    options.signal?.removeEventListener('abort', abort)
    request.stop()
    link.close()
  }
}

class BindingRequest {
  readonly #id: Uint8Array = Uint8Array.from(randomBytes(12))
  readonly #started: number = performance.now()
  readonly #transaction: Transaction
  readonly #answer: PromiseWithResolvers<Binding>
  #link: Link | undefined
  #timer: NodeJS.Timeout | undefined

  constructor(answer: PromiseWithResolvers<Binding>, retransmission: Retransmission) {
    this.#answer = answer
    const header = { class: 'request', method: methods.binding, transaction: this.#id } as const
    this.#transaction = new Transaction(encodeMessage(header, []), this.#started, retransmission)
  }

  start(link: Link): void {
    this.#link = link
    this.#poll()
  }

  stop(): void {
    clearTimeout(this.#timer)
  }

  end(cause: Error | undefined): void {
    this.#answer.reject(new BindError('the server ended the connection without an answer', undefined, cause))
  }

  handle(bytes: Uint8Array): void {
    const message = decodeMessage(bytes)
    if (message === undefined || checkFingerprint(message) === 'wrong' || this.#link === undefined) return
    if (message.method !== methods.binding || !Buffer.from(message.transaction).equals(this.#id)) return
    const mapped = message.get(xorMappedAddress) ?? message.get(mappedAddress)
    if (message.class === 'error' || (message.class === 'success' && mapped === undefined)) {
      const { code, reason } = message.get(errorCode) ?? { code: undefined, reason: 'an answer without an address' }
      this.#answer.reject(new BindError(`the server answered: ${code ?? ''} ${reason}`, code))
    } else if (message.class === 'success' && mapped !== undefined) {
      this.#answer.resolve({
        mapped,
        local: this.#link.local,
        server: this.#link.server,
        origin: message.get(responseOrigin),
        other: message.get(otherAddress),
        software: message.get(software),
        ms: performance.now() - this.#started,
      })
    }
  }

  #poll(): void {
    const now = performance.now()
    const due = this.#transaction.poll(now)
    if (due === 'send') this.#link?.send(this.#transaction.request)
    if (due === 'give up') {
      const cause = this.#link?.trouble
      const why = cause === undefined ? '' : ` (${cause.message})`
      this.#answer.reject(new BindError(`the server does not answer${why}`, undefined, cause))
    } else this.#timer = setTimeout(() => this.#poll(), Math.max(0, this.#transaction.deadline - now) + 1)
  }
}
