import { Worker } from 'node:worker_threads'
import { Wakeup } from '@sallyport/linux'
import { AnswerCells, CounterCells } from '../datapath/index.ts'
import type { Command, Happening, Notice, Order } from './messages.ts'
import type { Hear } from './part.ts'
import { ServerError } from './server-error.ts'
import type { ThreadCells } from './thread-settings.ts'
import { permitCollector } from './tidy.ts'

/** Messages leave garbage, packets do not: a small nursery keeps memory flat under a flood of requests. Megabytes. */
const resourceLimits = { maxYoungGenerationSizeMb: 8 }

/** What a thread says to who owns it, and nobody logs. */
export type Inward = Extract<Notice, { kind: 'want' | 'handed' | 'secure' | 'leave' }>

/** A thread of a server: what it counts, what it is told, and how it ends. */
export class Thread {
  readonly cells: CounterCells = new CounterCells()
  readonly answers: AnswerCells = new AnswerCells()
  readonly ready: Promise<void>
  readonly failure: Promise<never>
  /** Hears what is for the owner. */
  inward: (notice: Inward) => void = () => {}
  readonly #wakeup = new Wakeup()
  readonly #worker: Worker
  readonly #hear: Hear
  readonly #ended: Promise<void>
  readonly #ready = Promise.withResolvers<void>()
  /** Orders that were not answered yet, in order. */
  readonly #orders: (() => void)[] = []
  readonly #failure = Promise.withResolvers<never>()
  #stopping = false

  /** Starts `file` with `settings` and what every thread has. `hear`: what is worth a line of a log. */
  constructor(file: URL, settings: object, hear: Hear) {
    const memory: ThreadCells = { counters: this.cells.memory, answers: this.answers.memory, wakeup: this.#wakeup.fd }
    const workerData = { ...settings, ...memory }
    this.#hear = hear
    this.ready = this.#ready.promise
    this.failure = this.#failure.promise
    this.failure.catch(() => {}) // asked for by who waits for the whole server
    permitCollector()
    this.#worker = new Worker(file, { workerData, resourceLimits })
    this.#worker.on('message', (notice: Notice) => this.#heard(notice))
    this.#worker.on('error', (error) => this.#fail(error))
    this.#ended = new Promise((resolve) => {
      this.#worker.once('exit', () => {
        if (!this.#stopping) this.#fail(new ServerError('a thread of the server ended by itself'))
        this.#answerAll()
        resolve()
      })
    })
  }

  /** Resolves when the thread has obeyed, or is no more. */
  order(order: Order): Promise<void> {
    return new Promise((resolve) => {
      this.#orders.push(resolve)
      this.tell(order)
    })
  }

  tell(command: Command): void {
    this.#worker.postMessage(command)
    this.#wakeup.signal()
  }

  async stop(): Promise<void> {
    if (!this.#stopping) this.tell({ kind: 'stop' })
    this.#stopping = true
    await this.#ended
    this.#wakeup[Symbol.dispose]()
  }

  #heard(notice: Notice): void {
    if (notice.kind === 'ready') this.#ready.resolve()
    else if (notice.kind === 'failed') this.#fail(new ServerError(notice.message))
    else if (notice.kind === 'obeyed') this.#orders.shift()?.()
    else if (isInward(notice)) this.inward(notice)
    else this.#hear(notice satisfies Happening)
  }

  #fail(error: unknown): void {
    this.#ready.reject(error)
    this.#failure.reject(error)
    this.#answerAll()
  }

  /** It answers nobody any more. */
  #answerAll(): void {
    for (const answer of this.#orders.splice(0)) answer()
  }
}

function isInward(notice: Notice): notice is Inward {
  return ['want', 'handed', 'secure', 'leave'].includes(notice.kind)
}
