import { type Connection, EIO, isAck, NetlinkError, type Transport } from '@sallyport/linux'
import type { Batch } from './batch.ts'
import { check, tooMany } from './commit.ts'
import { type Answers, answersOf, drain, exchange, type Received } from './exchange.ts'

/** Seconds that a batch may take: it is milliseconds, unless it is huge or the machine has other things to do. */
const PATIENCE = 60

/**
 * A batch that the kernel works on while this thread goes on. Of several for one namespace nobody knows which comes
 * first: {@link wait} for one before the next is submitted.
 */
export class Submission implements AsyncDisposable {
  readonly #connection: Connection
  readonly #batch: Batch
  readonly #first: number
  #sent: Promise<void> = Promise.resolve()
  #answers: Answers | undefined

  /**
   * Throws what the socket says before a thread has the batch.
   * @param connection over which nothing else is sent; it is disposed of with the answer
   */
  constructor(connection: Connection, batch: Batch) {
    this.#connection = connection
    this.#batch = batch
    this.#first = connection.sequences(batch.size + 2)
    if (batch.size === 0) this.#answers = { errors: [], echoes: [], lost: false }
    else this.#send(connection.transport, batch.encode(this.#first, undefined, { acknowledge: true }))
  }

  #send(transport: Transport, datagram: Uint8Array): void {
    if (transport.sendAside === undefined) {
      this.#answers = exchange(this.#connection, datagram, this.#first, this.#end)
      return
    }
    // A send that failed has no answer: wait() tells.
    this.#sent = transport.sendAside(datagram).catch(() => {})
  }

  /** Number of BATCH_END. */
  get #end(): number {
    return this.#first + this.#batch.size + 1
  }

  /**
   * Returns when the kernel has made all of it, and throws what commit() would, whenever it is called: TransactionError
   * with every refused operation, NftablesUnavailable.
   */
  settle(): void {
    const answers = this.#answered()
    check(answers, this.#batch, this.#first, undefined)
    if (answers.lost) throw tooMany()
  }

  /** Returns when the kernel has made or refused it. Blocks the thread until then; throws after a minute. */
  wait(): void {
    this.#answered()
  }

  #answered(): Answers {
    this.#answers ??= answersOf(this.#receive(this.#connection.transport), this.#first, this.#end)
    this.#connection[Symbol.dispose]()
    return this.#answers
  }

  #receive(transport: Transport): Received {
    const all: Received = { messages: [], lost: false }
    // A signal ends a wait early.
    for (let left = PATIENCE; left > 0; left -= 1) {
      if (transport.waitHere?.(1000) === false) continue
      const { messages, lost } = drain(transport)
      all.messages.push(...messages)
      if (lost || messages.some((message) => isAck(message) && this.#isLast(message.sequence))) return { ...all, lost }
    }
    throw new NetlinkError({ operation: 'batch', errno: EIO, hint: `the kernel has not answered in ${PATIENCE} s` })
  }

  /** The last message asks for an acknowledgement; a refusal of the whole batch is about BATCH_BEGIN. */
  #isLast(sequence: number): boolean {
    return sequence === this.#first || sequence === this.#end - 1
  }

  /** Waits until the kernel has taken it, and lets go of the socket. What it refuses nobody is told any more. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#sent
    this.#connection[Symbol.dispose]()
  }
}
