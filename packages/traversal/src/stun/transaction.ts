/** How a request over UDP is repeated (RFC 8489 section 6.2.1). Milliseconds. */
export interface Retransmission {
  /** The first pause; each following one is twice as long. Default 500. */
  readonly rto?: number
  /** How often it is sent at most (Rc); default 7. */
  readonly attempts?: number
  /** How many times `rto` the answer to the last one is waited for (Rm); default 16. */
  readonly patience?: number
  /** Over TCP nothing is repeated: it is sent once, and this long is waited for (Ti); default: over UDP. */
  readonly reliable?: boolean | number
}

/** RFC 8489 section 6.2.2. */
const RELIABLE_TIMEOUT = 39_500

/**
 * One request on its way: says when to send it again, and when nobody is going to answer. Times are milliseconds of
 * any clock that only goes forward, and come in as arguments.
 */
export class Transaction {
  readonly request: Uint8Array
  #left: number
  #pause: number
  #deadline: number
  readonly #last: number

  /** @param request whole, with its transaction ID; to be sent at `now`, which {@link poll} says at once */
  constructor(request: Uint8Array, now: number, options: Retransmission = {}) {
    const { rto = 500, attempts = 7, patience = 16, reliable = false } = options
    this.request = request
    this.#left = reliable === false ? attempts : 1
    this.#pause = rto
    this.#last = reliable === false ? rto * patience : reliable === true ? RELIABLE_TIMEOUT : reliable
    this.#deadline = now
  }

  /** When to {@link poll} next. */
  get deadline(): number {
    return this.#deadline
  }

  /** What is due: to send the request (again), to give up, or nothing yet. */
  poll(now: number): 'send' | 'give up' | 'wait' {
    if (now < this.#deadline) return 'wait'
    if (this.#left === 0) return 'give up'
    this.#left -= 1
    this.#deadline = now + (this.#left === 0 ? this.#last : this.#pause)
    this.#pause *= 2
    return 'send'
  }
}
