import { type AnswerCells, type Counters, rateMemory, sum } from '../datapath/index.ts'
import { reflectionMemory, replyMemory } from '../stun/index.ts'
import type { Order } from './messages.ts'
import type { Hear, Part } from './part.ts'
import { quotaMemory } from './quota.ts'
import { type Inward, Thread } from './thread.ts'
import type { SharedCells, ThreadCells, ThreadSettings } from './thread-settings.ts'

export interface ThreadsSettings extends Pick<ThreadSettings, 'listen' | 'relay'> {
  /** Default: of these threads alone. */
  readonly shared?: SharedCells
}

const file = new URL('./udp-thread.ts', import.meta.url)

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

/** The threads of a server: started together, told the same, counted together. */
export class Threads implements Part {
  readonly #threads: readonly Thread[]

  private constructor(threads: readonly Thread[]) {
    this.#threads = threads
    for (const [index, thread] of threads.entries()) thread.inward = (notice) => this.#pass(index, notice)
  }

  /** Resolves when all of them serve. Rejects with the first complaint, after the others have stopped. */
  static async start(count: number, settings: ThreadsSettings, hear: Hear = () => {}): Promise<Threads> {
    const all = { shared: sharedCells(), ...settings, threads: count }
    const settingsOf = (number: number): Omit<ThreadSettings, keyof ThreadCells> => ({ ...all, number })
    const threads = new Threads(
      Array.from({ length: count }, (_, number) => new Thread(file, settingsOf(number), hear)),
    )
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

  async order(order: Order): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.order(order)))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.stop()))
  }

  /** Threads talk to each other by way of this one. */
  #pass(from: number, notice: Inward): void {
    if (notice.kind !== 'want' && notice.kind !== 'handed') return
    const { id } = notice
    const to = this.#threads[notice.to]
    if (notice.kind === 'want') to?.tell({ kind: 'want', from, id, wanted: notice.wanted })
    else to?.tell({ kind: 'handed', id, handed: notice.handed })
  }
}
