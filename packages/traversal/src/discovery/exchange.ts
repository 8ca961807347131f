import {
  decodeMessage,
  type Endpoint,
  encodeMessage,
  errorCode,
  fingerprint,
  type Message,
  mappedAddress,
  methods,
  otherAddress,
  Transaction,
  xorMappedAddress,
} from '../stun/index.ts'
import { sameEndpoint } from './endpoint.ts'
import type { Outcome, Question } from './script.ts'

/** One request that is on its way. */
export class Exchange {
  readonly question: Question
  readonly request: Uint8Array
  readonly #transaction: Transaction
  readonly #id: Uint8Array
  readonly #began: number

  /** @param id 12 random bytes */
  constructor(question: Question, id: Uint8Array, now: number) {
    const { pace, attributes = [] } = question
    this.question = question
    this.#id = id
    this.#began = now
    const header = { class: 'request', method: methods.binding, transaction: id } as const
    this.request = encodeMessage(header, attributes, [fingerprint])
    this.#transaction = new Transaction(this.request, now, pace)
  }

  get deadline(): number {
    return this.#transaction.deadline
  }

  poll(now: number): 'send' | 'give up' | 'wait' {
    return this.#transaction.poll(now)
  }

  /**
   * What a datagram means for it; undefined: nothing. The 96 random bits tell, not the sender, which is to be found out.
   * A fingerprint is not looked at: who rewrites addresses on the way breaks it, and is to be noticed.
   */
  read(datagram: Uint8Array, at: number, from: Endpoint, now: number): Outcome | undefined {
    const message = decodeMessage(datagram)
    if (message === undefined || message.method !== methods.binding || !this.#isOurs(message)) return undefined
    if (message.class === 'request') return { kind: 'looped', at, from }
    if (message.class === 'error') return { kind: 'error', code: message.get(errorCode)?.code ?? 500 }
    const plain = message.get(mappedAddress)
    const mapped = message.get(xorMappedAddress) ?? plain
    if (message.class !== 'success' || mapped === undefined) return undefined
    const rewritten = plain !== undefined && !sameEndpoint(plain, mapped) ? plain : undefined
    const other = message.get(otherAddress)
    return { kind: 'success', at, from, took: now - this.#began, now, mapped, other, rewritten }
  }

  #isOurs({ transaction }: Message): boolean {
    return this.#id.every((byte, index) => byte === transaction[index])
  }
}
