import { connectionId, decodeMessage, type Retransmission, StreamReader } from '../../stun/index.ts'
import { TurnError } from './error.ts'
import { Requests } from './requests.ts'
import type { LongTermSession } from './session.ts'

export interface DataConnectionOptions {
  /** Which connection to a peer, as the server calls it. */
  readonly id: number
  /** Of the allocation that it belongs to. */
  readonly session: LongTermSession
  readonly random: (bytes: number) => Uint8Array
  readonly retransmission?: Retransmission
}

/** An answer is never longer; more is no answer. */
const LONGEST = 2048

/**
 * A stream of its own to the server that becomes one to a peer (ConnectionBind, RFC 6062 section 4.4). Once it is
 * `joined`, what comes and goes is the peer's and does not come here any more.
 */
export class DataConnection {
  readonly #requests: Requests
  readonly #reader: StreamReader = new StreamReader()
  #rest: Uint8Array = new Uint8Array()
  #state: 'joining' | 'joined' | 'failed' = 'joining'
  #error: TurnError | undefined

  constructor({ id, session, random, retransmission = {} }: DataConnectionOptions, now: number) {
    // It begins with the nonce of the allocation, which coturn wants to see; others may answer with another one, and that
    // is good for this connection alone.
    const own = session.copy()
    this.#requests = new Requests({
      session: () => own,
      random,
      retransmission: { reliable: true, ...retransmission },
    })
    this.#requests.ask('connectionBind', [connectionId.of(id)], now, ({ failed }) => {
      this.#state = failed === undefined ? 'joined' : 'failed'
      this.#error = failed
    })
  }

  get state(): 'joining' | 'joined' | 'failed' {
    return this.#state
  }

  /** Why it is `failed`. */
  get error(): TurnError | undefined {
    return this.#error
  }

  /** Once it is `joined`: what the peer sent behind the answer. */
  get rest(): Uint8Array {
    return this.#rest
  }

  get deadline(): number {
    return this.#requests.deadline
  }

  /** Bytes of the stream, in any pieces. */
  push(bytes: Uint8Array, now: number): void {
    // There are no channels here: what looks like one is another protocol, and would be waited for.
    if (this.#reader.waiting === 0 && bytes.length > 0 && bytes[0]! >= 0x40) this.#fail('malformed')
    if (this.state !== 'joining') return
    for (const piece of this.#reader.push(bytes)) {
      const message = decodeMessage(piece)
      if (message === undefined) this.#fail('malformed')
      else this.#requests.receive(message, now)
      if (this.#state !== 'joining') break
    }
    if (this.#reader.broken || this.#reader.waiting > LONGEST) this.#fail('malformed')
    if (this.#state === 'joined') this.#rest = this.#reader.rest()
  }

  /** What is to be written to the stream. */
  poll(now: number): readonly Uint8Array[] {
    const pieces: Uint8Array[] = []
    this.#requests.poll(now, (bytes) => pieces.push(bytes))
    return pieces
  }

  /** The stream ended. */
  disconnected(): void {
    this.#fail('closed')
  }

  #fail(trouble: 'malformed' | 'closed'): void {
    if (this.#state !== 'joining') return
    this.#requests.clear()
    this.#state = 'failed'
    this.#error = new TurnError('connectionBind', trouble)
  }
}
