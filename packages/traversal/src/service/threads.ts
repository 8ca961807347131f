import { Worker } from 'node:worker_threads'
import { Wakeup } from '@sallyport/linux'
import { AnswerCells, CounterCells, type Counters, rateMemory, sum } from '../datapath/index.ts'
import { reflectionMemory, replyMemory } from '../stun/index.ts'
import type { Command, Happening, Notice } from './messages.ts'
import type { Hear, Part } from './part.ts'
import { quotaMemory } from './quota.ts'
import { ServerError } from './server-error.ts'
import type { SharedCells, ThreadSettings } from './thread-settings.ts'
import { permitCollector } from './tidy.ts'

export interface ThreadsSettings extends Pick<ThreadSettings, 'listen' | 'relay'> {
  /** Default: of these threads alone. */
  readonly shared?: SharedCells
}

type OneThread = Omit<ThreadSettings, 'counters' | 'answers' | 'wakeup'>

/** Memory for the counts of one server. */
export function sharedCells(): SharedCells {
  return {
    quota: quotaMemory(),
    kept: quotaMemory(),
    rates: rateMemory(),
    replies: replyMemory(),
    reflections: reflectionMemory(),
  }
}

/** Messages leave garbage, packets do not: a small nursery keeps memory flat under a flood of requests. Megabytes. */
const resourceLimits = { maxYoungGenerationSizeMb: 8 }

/** The threads of a server: started together, told the same, counted together. */
export class Threads implements Part {
  readonly #threads: readonly Thread[]

  private constructor(threads: readonly Thread[]) {
    this.#threads = threads
    for (const [index, thread] of threads.entries()) thread.pass = (notice) => this.#pass(index, notice)
  }

  /** Resolves when all of them serve. Rejects with the first complaint, after the others have stopped. */
  static async start(count: number, settings: ThreadsSettings, hear: Hear = () => {}): Promise<Threads> {
    const all = { shared: sharedCells(), ...settings, threads: count }
    permitCollector()
    const threads = new Threads(Array.from({ length: count }, (_, number) => new Thread({ ...all, number }, hear)))
    const results = await Promise.allSettled(threads.#threads.map((thread) => thread.ready))
    const failed = results.find((result) => result.status === 'rejected')
    if (failed === undefined) return threads
    await threads[Symbol.asyncDispose]()
    throw failed.reason
  }

  get counters(): Counters {
    return sum(this.#threads.map(({ cells }) => cells.read()))
  }

  get answers(): readonly AnswerCells[] {
    return this.#threads.map(({ answers }) => answers)
  }

  /** Rejects when a thread ended that was not told to. Waits for ever, while all is well. */
  get failure(): Promise<never> {
    return Promise.race(this.#threads.map(({ failure }) => failure))
  }

  tell(command: Command): void {
    for (const thread of this.#threads) thread.tell(command)
  }

  async drain(): Promise<void> {
    this.tell({ kind: 'drain' })
    await Promise.all(this.#threads.map(({ draining }) => draining))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.stop()))
  }

  /** Threads talk to each other by way of this one. */
  #pass(from: number, notice: Passed): void {
    const { id } = notice
    const to = this.#threads[notice.to]
    if (notice.kind === 'want') to?.tell({ kind: 'want', from, id, wanted: notice.wanted })
    else to?.tell({ kind: 'handed', id, handed: notice.handed })
  }
}

type Passed = Extract<Notice, { kind: 'want' | 'handed' }>

class Thread {
  readonly cells = new CounterCells()
  readonly answers = new AnswerCells()
  readonly ready: Promise<void>
  readonly draining: Promise<void>
  readonly failure: Promise<never>
  pass: (notice: Passed) => void = () => {}
  readonly #wakeup = new Wakeup()
  readonly #worker: Worker
  readonly #hear: Hear
  readonly #ended: Promise<void>
  readonly #ready = Promise.withResolvers<void>()
  readonly #draining = Promise.withResolvers<void>()
  readonly #failure = Promise.withResolvers<never>()
  #stopping = false

  constructor(settings: OneThread, hear: Hear) {
    const memory = { counters: this.cells.memory, answers: this.answers.memory, wakeup: this.#wakeup.fd }
    const workerData: ThreadSettings = { ...settings, ...memory }
    this.#hear = hear
    this.ready = this.#ready.promise
    this.draining = this.#draining.promise
    this.failure = this.#failure.promise
    this.failure.catch(() => {}) // asked for by who waits for the whole server
    this.#worker = new Worker(new URL('./udp-thread.ts', import.meta.url), { workerData, resourceLimits })
    this.#worker.on('message', (notice: Notice) => this.#heard(notice))
    this.#worker.on('error', (error) => this.#fail(error))
    this.#ended = new Promise((resolve) => {
      this.#worker.once('exit', () => {
        if (!this.#stopping) this.#fail(new ServerError('a thread of the server ended by itself'))
        resolve()
      })
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
    else if (notice.kind === 'draining') this.#draining.resolve()
    else if (notice.kind === 'want' || notice.kind === 'handed') this.pass(notice)
    else this.#hear(notice satisfies Happening)
  }

  #fail(error: unknown): void {
    this.#ready.reject(error)
    this.#failure.reject(error)
    this.#draining.resolve() // it takes nothing any more
  }
}
