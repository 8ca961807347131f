import {
  type Attached,
  checkIntegrity,
  encodeMessage,
  errorCode,
  hasIntegrity,
  type Message,
  type Method,
  methods,
  type Retransmission,
  Transaction,
} from '../../stun/index.ts'
import { TurnError } from './error.ts'
import { understood } from './known.ts'
import type { LongTermSession, Proof } from './session.ts'

/** How a request ended. */
export type Answer =
  | { readonly message: Message; readonly failed?: undefined }
  /** With the message, if there was one: a 300 holds where to go. `sealed`: who knows the password wrote it. */
  | { readonly failed: TurnError; readonly message?: Message; readonly sealed?: boolean }

/** What is asked for, under whatever transaction and nonce. */
interface Wanted {
  readonly operation: Method
  readonly attributes: readonly Attached[]
  readonly settle: (answer: Answer, now: number) => void
  /** Also while requests are held. */
  readonly ahead: boolean
  /** How often the server asked for another nonce or password. */
  challenges: number
  /** Why it waits for other credentials. */
  refusal: TurnError | undefined
}

/** A request on its way. */
interface Asked {
  readonly wanted: Wanted
  readonly proof: Proof | undefined
  readonly transaction: Transaction
}

export interface RequestOptions {
  /** Of the server that is asked now. */
  readonly session: () => LongTermSession
  readonly random: (bytes: number) => Uint8Array
  readonly retransmission: Retransmission
  /** The server refuses our credentials. True: others were asked for, and requests wait for them. */
  readonly refused?: (now: number) => boolean
}

/** More at a time would only queue up at the server. */
const AT_A_TIME = 32
/** A server that finds every nonce stale is broken, or not the server. */
const MOST_CHALLENGES = 5
/** Requests wait so long for other credentials. Milliseconds. */
const PATIENCE = 30_000

/**
 * Requests on their way to one server: repeated until they are answered, and asked anew with the new nonce when the
 * server finds the old one stale (RFC 8489 sections 6.2 and 9.2.5).
 */
export class Requests {
  readonly #options: RequestOptions
  readonly #flying: Map<string, Asked> = new Map()
  readonly #waiting: Wanted[] = []
  #held = false
  /** Until when requests wait for other credentials. */
  #starving: number | undefined

  constructor(options: RequestOptions) {
    this.#options = options
  }

  /** Requests that are not settled. */
  get size(): number {
    return this.#flying.size + this.#waiting.length
  }

  /** When to {@link poll} next; infinite when nothing is on its way. */
  get deadline(): number {
    let first = this.#starving ?? Number.POSITIVE_INFINITY
    for (const { transaction } of this.#flying.values()) first = Math.min(first, transaction.deadline)
    return first
  }

  /**
   * @param settle called once, from {@link receive}, {@link poll} or {@link abort}
   * @param ahead also while requests are held
   */
  ask(operation: Method, attributes: readonly Attached[], now: number, settle: Wanted['settle'], ahead = false): void {
    const wanted = { operation, attributes, settle, ahead, challenges: 0, refusal: undefined }
    const waits = !ahead && (this.#held || this.#flying.size >= AT_A_TIME)
    if (waits || this.#starving !== undefined) this.#waiting.push(wanted)
    else this.#start(wanted, now)
  }

  /** From now on requests wait, those on their way too: the server could not tell whose they are. */
  hold(): void {
    this.#held = true
    this.#waiting.unshift(...this.#wanted())
    this.#flying.clear()
  }

  /** Lets them go again, under new transactions. */
  resume(now: number): void {
    this.#held = false
    this.#next(now)
  }

  /** There are other credentials: what waited for them goes, under new transactions. */
  fed(now: number): void {
    this.#starving = undefined
    this.#next(now)
  }

  /**
   * There are none, for now: what waits for them ends as if nobody had answered, so that it may be asked for again.
   * @param believed it ends as it was refused, since there will be none
   */
  starved(now: number, believed: boolean, cause?: unknown): void {
    if (this.#starving === undefined) return
    this.#starving = now + PATIENCE
    for (const { operation, settle, refusal } of this.#waiting.splice(0)) {
      const failed = new TurnError(operation, (believed && refusal?.code) || 'credentials', '', cause)
      settle({ failed }, now)
    }
  }

  /** Forgets those of a kind without a word. */
  cancel(operation: Method): void {
    for (const [id, { wanted }] of this.#flying) if (wanted.operation === operation) this.#flying.delete(id)
    const kept = this.#waiting.filter((wanted) => wanted.operation !== operation)
    this.#waiting.splice(0, this.#waiting.length, ...kept)
  }

  /** Ends all of them. */
  abort(trouble: 'closed' | 'timeout', now: number): void {
    const all = [...this.#wanted(), ...this.#waiting]
    this.#flying.clear()
    this.#waiting.length = 0
    for (const { operation, settle } of all) settle({ failed: new TurnError(operation, trouble) }, now)
  }

  /** Forgets all of them without a word. */
  clear(): void {
    this.#flying.clear()
    this.#waiting.length = 0
    this.#held = false
    this.#starving = undefined
  }

  /** A response; false when it answers nothing that is on its way, or nobody knows who wrote it. */
  receive(message: Message, now: number): boolean {
    const id = idOf(message.transaction)
    const asked = this.#flying.get(id)
    if (asked === undefined || message.method !== methods[asked.wanted.operation]) return false
    const answer = this.#judge(asked, message)
    if (answer === 'ignore') return false
    this.#flying.delete(id)
    if (answer === 'again') this.#start(asked.wanted, now)
    else if (answer.failed?.code === 401 && this.#options.refused?.(now)) this.#starve(asked.wanted, answer.failed, now)
    else asked.wanted.settle(answer, now)
    this.#next(now)
    return true
  }

  /** Gives what is due to `send`. */
  poll(now: number, send: (bytes: Uint8Array) => void): void {
    for (const [id, { wanted, transaction }] of this.#flying) {
      const due = transaction.poll(now)
      if (due === 'send') send(transaction.request)
      if (due !== 'give up') continue
      this.#flying.delete(id)
      wanted.settle({ failed: new TurnError(wanted.operation, 'timeout') }, now)
    }
    if (this.#starving !== undefined && this.#starving <= now) this.starved(now, false)
    this.#next(now)
  }

  #starve(wanted: Wanted, refusal: TurnError, now: number): void {
    wanted.challenges = 0
    wanted.refusal = refusal
    this.#waiting.unshift(wanted)
    this.#starving ??= now + PATIENCE
  }

  #judge(asked: Asked, message: Message): Answer | 'again' | 'ignore' {
    const error = message.class === 'error' ? message.get(errorCode) : undefined
    const { proof } = asked
    const { operation } = asked.wanted
    if (error?.code === 401 || error?.code === 438) return this.#challenged(asked, message, error.code, error.reason)
    // Also when it is not sealed, as coturn's is not: all that comes of it is the name that was good before.
    if (error?.code === 441 && this.#options.session().turnedAway(proof)) return 'again'
    const sealed = proof !== undefined && isSealed(message, proof)
    if (proof !== undefined && !sealed) {
      // Over a stream nobody else can have written it, and the right one is not coming any more (section 9.2.5).
      const reliable = this.#options.retransmission.reliable ?? false
      return reliable === false ? 'ignore' : { failed: new TurnError(operation, 'integrity') }
    }
    if (sealed) this.#options.session().accepted(proof)
    if (message.class === 'error') {
      const { code, reason } = error ?? { code: 'malformed' as const, reason: '' }
      return { failed: new TurnError(operation, code, reason), message, sealed }
    }
    // RFC 8489 section 6.3.3
    if (message.unknown(understood).length > 0) return { failed: new TurnError(operation, 'malformed') }
    return { message }
  }

  #challenged(
    { wanted, proof }: Asked,
    message: Message,
    code: 401 | 438,
    reason: string,
  ): Answer | 'again' | 'ignore' {
    const { operation } = wanted
    const session = this.#options.session()
    const said = session.challenged(code, message, proof)
    const verdict = said === 'refused' && session.turnedAway(proof) ? 'again' : said
    if (verdict === 'again') wanted.challenges += 1
    const refused = verdict === 'refused' || (verdict === 'again' && wanted.challenges > MOST_CHALLENGES)
    if (refused) return { failed: new TurnError(operation, code, reason), message, sealed: false }
    return verdict === 'again' || verdict === 'ignore' ? verdict : { failed: new TurnError(operation, verdict) }
  }

  #next(now: number): void {
    while (this.#starving === undefined && this.#flying.size < AT_A_TIME) {
      const index = this.#waiting.findIndex(({ ahead }) => ahead || !this.#held)
      if (index < 0) return
      this.#start(this.#waiting.splice(index, 1)[0]!, now)
    }
  }

  #start(wanted: Wanted, now: number): void {
    const { random, retransmission } = this.#options
    const session = this.#options.session()
    const id = random(12)
    const header = { class: 'request', method: methods[wanted.operation], transaction: id } as const
    const bytes = encodeMessage(header, [...wanted.attributes, ...session.identity()], session.seals())
    const transaction = new Transaction(bytes, now, retransmission)
    this.#flying.set(idOf(id), { wanted, proof: session.proof, transaction })
  }

  #wanted(): Wanted[] {
    return [...this.#flying.values()].map(({ wanted }) => wanted)
  }
}

/** Exactly one seal, and the right one: both at once are no answer of a server (RFC 8489 section 9.2.5). */
function isSealed(message: Message, { key, algorithm }: Proof): boolean {
  const other = algorithm === 'sha1' ? 'sha256' : 'sha1'
  return !hasIntegrity(message, other) && checkIntegrity(message, key, algorithm)
}

function idOf(transaction: Uint8Array): string {
  return Buffer.from(transaction.buffer, transaction.byteOffset, transaction.length).toString('latin1')
}
