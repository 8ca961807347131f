import { isMainThread, Worker } from 'node:worker_threads'
import { Wakeup } from '@sallyport/linux'
import type { Happening, Order, Report, Request, ThreadData } from './message.ts'

/** Worker.terminate ends nothing that sleeps in the kernel; and in a worker, nobody says that it is about to happen. */
const PATIENCE = isMainThread ? Infinity : 200

interface Pending {
  readonly resolve: (value: unknown) => void
  readonly reject: (error: Error) => void
}

export interface ThreadOptions extends Pick<ThreadData, 'seed' | 'socket'> {
  readonly onHappening: (happening: Happening) => void
  /** The thread has ended by an error that no request was told of. */
  readonly onFailure: (error: Error) => void
}

/** A thread gets the flags of its process, of which one is about the program itself when it came from standard input. */
function threadArguments(): { execArgv?: string[] } {
  const own = process.execArgv.filter((flag) => !flag.startsWith('--input-type'))
  return own.length === process.execArgv.length ? {} : { execArgv: own }
}

/**
 * The owner's side of the thread. It keeps the process alive only while somebody waits for an answer; when the process
 * ends, so does the thread.
 */
export class ThreadOwner {
  readonly #worker: Worker
  readonly #wakeup = new Wakeup()
  readonly #stopped = new Int32Array(new SharedArrayBuffer(4))
  readonly #pending = new Map<number, Pending>()
  readonly #options: ThreadOptions
  readonly #ended: Promise<unknown>
  #lastId = 0
  #failure: Error | undefined
  #closed: Promise<void> | undefined

  constructor(options: ThreadOptions) {
    const { seed, socket } = options
    const wakeup = this.#wakeup.fd
    const stopped = this.#stopped.buffer as SharedArrayBuffer
    const workerData: ThreadData = { seed, socket, wakeup, stopped, patience: PATIENCE }
    this.#options = options
    // What is published is JavaScript, what is tested is TypeScript.
    const file = import.meta.url.endsWith('.ts') ? './thread.ts' : './thread.js'
    const threadOptions = { workerData, name: 'sallyport wire', ...threadArguments() }
    this.#worker = new Worker(new URL(file, import.meta.url), threadOptions)
    this.#worker.on('message', (report: Report) => this.#hear(report))
    this.#worker.on('error', (error) => this.#fail(new Error('the thread of the wire has failed', { cause: error })))
    this.#worker.on('exit', () => this.#fail(new Error('the thread of the wire has ended')))
    this.#ended = new Promise((resolve) => this.#worker.once('exit', resolve))
    this.#worker.unref()
    running.add(this)
  }

  /** Gives an order and does not wait. */
  tell(order: Order): void {
    this.#post({ id: 0, order })
  }

  /** Resolves with the thread's answer: what was ordered before has happened, too. */
  ask(order: Order): Promise<unknown> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure)
    this.#lastId += 1
    const id = this.#lastId
    const { promise, resolve, reject } = Promise.withResolvers<unknown>()
    this.#pending.set(id, { resolve, reject })
    this.#worker.ref()
    this.#post({ id, order })
    return promise
  }

  /** Ends the thread's loop at once, without waiting for it. */
  stop(): void {
    Atomics.store(this.#stopped, 0, 1)
    this.#wakeup.signal()
  }

  /** Resolves when the thread is gone. Idempotent. */
  close(): Promise<void> {
    this.#closed ??= this.#close()
    return this.#closed
  }

  async #close(): Promise<void> {
    this.#worker.ref()
    this.stop()
    await this.#ended
    running.delete(this)
    this.#wakeup[Symbol.dispose]()
  }

  #post(request: Request): void {
    if (this.#failure !== undefined) throw this.#failure
    this.#worker.postMessage(request)
    this.#wakeup.signal()
  }

  #hear(report: Report): void {
    if (report.kind === 'happening') this.#options.onHappening(report.happening)
    else this.#answer(report)
  }

  #answer(report: Extract<Report, { kind: 'answer' }>): void {
    const pending = this.#pending.get(report.id)
    this.#pending.delete(report.id)
    if (this.#pending.size === 0 && this.#closed === undefined) this.#worker.unref()
    pending?.resolve(report.value)
  }

  /** Whoever waits hears of it; when nobody does, the owner. */
  #fail(error: Error): void {
    if (this.#failure !== undefined) return
    this.#failure = error
    const pending = [...this.#pending.values()]
    this.#pending.clear()
    for (const { reject } of pending) reject(error)
    if (pending.length === 0 && this.#closed === undefined) this.#options.onFailure(error)
  }
}

/** Exit joins all threads, and one that sleeps in the kernel would never come back by itself. */
const running = new Set<ThreadOwner>()
process.once('exit', () => {
  for (const owner of running) owner.stop()
})
