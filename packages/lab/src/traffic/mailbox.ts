import type { Socket } from 'node:dgram'
import { type Endpoint, printEndpoint, sameEndpoint } from './endpoint.ts'

/** A datagram that arrived. */
export interface Letter {
  readonly payload: Buffer
  readonly from: Endpoint
}

/** What a receiver waits for. */
export interface Expected {
  /** Only from this endpoint; default: from anybody. */
  readonly from?: Endpoint
  /** Only with this text as the whole payload. */
  readonly text?: string
  /** Only letters that this accepts. */
  readonly where?: (letter: Letter) => boolean
  /** Milliseconds to wait; default 2000 for something, 100 for nothing. */
  readonly within?: number
}

/** How a question is repeated until it is answered, as real programs do over UDP. */
export interface Patience extends Omit<Expected, 'from' | 'within'> {
  /** How often it is sent at most; default 8. */
  readonly attempts?: number
  /** Milliseconds between two; default 250. */
  readonly interval?: number
}

/** Nobody answered a question, however often it was asked. */
export class NoAnswer extends Error {
  override readonly name = 'NoAnswer'
}

interface Waiter {
  readonly wanted: (letter: Letter) => boolean
  readonly take: (letter: Letter) => void
  readonly fail: (error: Error) => void
}

/**
 * A datagram socket that a test can ask: letters are kept in order of arrival until somebody takes them, so that
 * nothing is lost between two calls and no test needs to sleep.
 */
export class Mailbox implements AsyncDisposable {
  readonly socket: Socket
  readonly local: Endpoint
  readonly #letters: Letter[] = []
  readonly #waiters = new Set<Waiter>()
  #failure: Error | undefined
  #closed = false

  /** @param socket bound already; the mailbox closes it. */
  constructor(socket: Socket) {
    const { address, port } = socket.address()
    this.socket = socket
    this.local = { address, port }
    socket.on('message', (payload, { address, port }) => this.deliver({ payload, from: { address, port } }))
    socket.on('error', (error) => this.#fail(error))
    socket.once('close', () => this.#fail(new Error(`${this.#name} is closed`)))
  }

  /** Resolves when the kernel has taken the datagram; rejects with its errno (EPERM: a rule dropped it on output). */
  send(payload: string | Uint8Array, to: Endpoint): Promise<void> {
    return new Promise((resolve, reject) => {
      this.socket.send(payload, to.port, to.address, (error) => (error ? reject(error) : resolve()))
    })
  }

  /** The first letter that fits, taken out of the box; throws when none came in time, and says what came instead. */
  async receive(expected: Expected = {}): Promise<Letter> {
    const within = expected.within ?? 2000
    const letter = await this.tryReceive({ ...expected, within })
    if (letter !== undefined) return letter
    throw new Error(`${this.#name} received nothing${describe(expected)} within ${within} ms; ${this.#contents()}`)
  }

  /** As {@link receive}, but undefined when none came in time. */
  tryReceive(expected: Expected = {}): Promise<Letter | undefined> {
    const wanted = (letter: Letter): boolean => fits(letter, expected)
    const index = this.#letters.findIndex(wanted)
    if (index >= 0) return Promise.resolve(this.#letters.splice(index, 1)[0])
    if (this.#failure !== undefined) return Promise.reject(this.#failure)
    return this.#wait(wanted, expected.within ?? 2000)
  }

  /** Throws when a letter that fits is there or comes within the time (default 100 ms). */
  async expectNothing(expected: Expected = {}): Promise<void> {
    const letter = await this.tryReceive({ ...expected, within: expected.within ?? 100 })
    if (letter !== undefined) throw new Error(`${this.#name} received ${show(letter)}, expected nothing`)
  }

  /** Sends, and sends again until an answer from there comes: the first answer. Throws when there is none. */
  async ask(server: Endpoint, payload: string | Uint8Array, patience: Patience = {}): Promise<Letter> {
    const { attempts = 8, interval = 250, ...expected } = patience
    for (let attempt = 0; attempt < attempts; attempt += 1) {
      await this.send(payload, server)
      const answer = await this.tryReceive({ ...expected, from: server, within: interval })
      if (answer !== undefined) return answer
    }
    const effort = `${attempts} attempts in ${attempts * interval} ms`
    throw new NoAnswer(`${printEndpoint(server)} did not answer ${this.#name}: ${effort}`)
  }

  /** Every letter that waits now, taken out. */
  drain(): Letter[] {
    return this.#letters.splice(0)
  }

  /** Closes the socket; letters that wait can still be taken. */
  close(): Promise<void> {
    if (this.#closed) return Promise.resolve()
    this.#closed = true
    return new Promise((resolve) => this.socket.close(resolve))
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  /** Hands a letter to who waits for it, else keeps it. */
  protected deliver(letter: Letter): void {
    const waiter = [...this.#waiters].find(({ wanted }) => wanted(letter))
    if (waiter === undefined) this.#letters.push(letter)
    else waiter.take(letter)
  }

  get #name(): string {
    return `mailbox ${printEndpoint(this.local)}`
  }

  #fail(error: Error): void {
    this.#failure = error
    for (const waiter of this.#waiters) waiter.fail(error)
  }

  #wait(wanted: Waiter['wanted'], within: number): Promise<Letter | undefined> {
    const { promise, resolve, reject } = Promise.withResolvers<Letter | undefined>()
    const settled = (): void => {
      clearTimeout(timer)
      this.#waiters.delete(waiter)
    }
    const take = (letter: Letter | undefined): void => {
      settled()
      resolve(letter)
    }
    const fail = (error: Error): void => {
      settled()
      reject(error)
    }
    const waiter: Waiter = { wanted, take, fail }
    // On a busy machine the timer may be late, with the letter in the socket: one look there before giving up.
    const timer = setTimeout(() => setImmediate(take, undefined), within)
    this.#waiters.add(waiter)
    return promise
  }

  #contents(): string {
    return this.#letters.length === 0 ? 'the box is empty' : `in the box: ${this.#letters.map(show).join(', ')}`
  }
}

function fits(letter: Letter, { from, text, where }: Expected): boolean {
  if (from !== undefined && !sameEndpoint(from, letter.from)) return false
  if (text !== undefined && text !== letter.payload.toString()) return false
  return where?.(letter) ?? true
}

function describe({ from, text }: Expected): string {
  return `${text === undefined ? '' : ` like '${text}'`}${from === undefined ? '' : ` from ${printEndpoint(from)}`}`
}

function show({ payload, from }: Letter): string {
  return `'${payload.toString().slice(0, 60)}' from ${printEndpoint(from)}`
}
