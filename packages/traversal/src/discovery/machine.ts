import type { Endpoint } from '../stun/index.ts'
import { Exchange } from './exchange.ts'
import type { Knocked, OpenOptions, Outcome, Question, Result, Script, Step } from './script.ts'

/** What the machine wants done. */
export type Effect<T> =
  /** To be answered by {@link Machine.opened}. */
  | { readonly kind: 'open'; readonly socket: number; readonly options: OpenOptions }
  /** To be answered by {@link Machine.knocked}. */
  | { readonly kind: 'knock'; readonly to: Endpoint }
  | { readonly kind: 'send'; readonly socket: number; readonly to: Endpoint; readonly bytes: Uint8Array }
  | { readonly kind: 'say'; readonly text: string }
  | { readonly kind: 'done'; readonly result: T }

/**
 * Takes the steps of a script: asks, repeats, waits. No I/O: sockets have numbers, time (milliseconds of a clock that
 * only goes forward) and randomness come in.
 */
export class Machine<T> {
  readonly #script: Script<T>
  readonly #random: (bytes: number) => Uint8Array
  readonly #spacing: number
  /** Before that, no new request begins. */
  #free = Number.NEGATIVE_INFINITY
  #effects: Effect<T>[] = []
  #sockets = 0
  #opening: number | undefined
  #knocking = false
  #exchange: Exchange | undefined
  #wake: number | undefined

  /** @param spacing milliseconds between two new requests: RFC 5780 section 5 wants no more than ten a second */
  constructor(script: Script<T>, random: (bytes: number) => Uint8Array, now: number, spacing = 100) {
    this.#script = script
    this.#random = random
    this.#spacing = spacing
    this.#advance({ now })
  }

  /** When to {@link poll} next; undefined: when something happens. */
  get deadline(): number | undefined {
    return this.#exchange?.deadline ?? this.#wake
  }

  /** The answer to 'open': where the socket is, or undefined for a socket that could not be opened. */
  opened(socket: number, local: Endpoint | undefined, now: number): void {
    if (socket !== this.#opening) return
    this.#opening = undefined
    this.#advance({ now, opened: local && { socket, local } })
  }

  /** The answer to 'knock'. */
  knocked(knocked: Knocked, now: number): void {
    if (!this.#knocking) return
    this.#knocking = false
    this.#advance({ now, knocked })
  }

  /** A datagram. What is not expected is ignored. */
  handle(datagram: Uint8Array, at: number, from: Endpoint, now: number): void {
    const outcome = this.#exchange?.read(datagram, at, from, now)
    if (outcome !== undefined) this.#finish(outcome, now)
  }

  /** A socket was told that what it sends does not arrive. */
  refused(socket: number, why: 'no listener' | 'forbidden', now: number): void {
    if (this.#exchange?.question.socket === socket) this.#finish({ kind: 'refused', why }, now)
  }

  /** What is to be done now, in that order. */
  poll(now: number): Effect<T>[] {
    if (this.#wake !== undefined && now >= this.#wake) {
      this.#wake = undefined
      this.#advance({ now })
    }
    const due = this.#exchange?.poll(now)
    if (due === 'give up') this.#finish({ kind: 'silence' }, now)
    if (due === 'send') this.#send()
    const effects = this.#effects
    this.#effects = []
    return effects
  }

  #send(): void {
    const { question, request: bytes } = this.#exchange!
    this.#effects.push({ kind: 'send', socket: question.socket, to: question.to, bytes })
  }

  #finish(outcome: Outcome, now: number): void {
    this.#exchange = undefined
    this.#advance({ now, outcome })
  }

  /** Goes on until something has to be waited for. */
  #advance(result: Result): void {
    let given = result
    for (;;) {
      const { done, value } = this.#script.next(given)
      if (done) {
        this.#effects.push({ kind: 'done', result: value })
        return
      }
      if (this.#begin(value, given.now)) return
      given = { now: given.now }
    }
  }

  /** False when the step is over at once. */
  #begin(step: Step, now: number): boolean {
    if (step.kind === 'say') {
      this.#effects.push(step)
      return false
    }
    if (step.kind === 'open') this.#open(step.options)
    else if (step.kind === 'knock') this.#knock(step.to)
    else if (step.kind === 'pause') this.#wake = step.until
    else this.#ask(step.question, now)
    return true
  }

  #open(options: OpenOptions): void {
    this.#opening = this.#sockets
    this.#sockets += 1
    this.#effects.push({ kind: 'open', socket: this.#opening, options })
  }

  #knock(to: Endpoint): void {
    this.#knocking = true
    this.#effects.push({ kind: 'knock', to })
  }

  #ask(question: Question, now: number): void {
    const begins = Math.max(now, this.#free)
    this.#free = begins + this.#spacing
    this.#exchange = new Exchange(question, this.#random(12), begins)
    if (this.#exchange.poll(now) === 'send') this.#send()
  }
}
