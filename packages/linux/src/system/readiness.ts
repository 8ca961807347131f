import { isMainThread } from 'node:worker_threads'
import * as libc from './libc.ts'

const WAKE = 0 // the ticket of the eventfd that ends epoll_wait

// Worker.terminate waits for the thread of the pool, and runs nothing here that could wake it.
const PATIENCE = isMainThread ? -1 : 200

interface Wait {
  readonly fd: number
  readonly resolve: (ready: boolean) => void
  readonly reject: (error: unknown) => void
  readonly timer: NodeJS.Timeout | undefined
}

/**
 * Waiting until a descriptor is ready, for sockets that Node's own event loop refuses (netlink).
 *
 * One epoll instance serves the whole process, so that any number of waits occupies one thread of libuv's pool (it has
 * four, which files and DNS need too), and none at all while nobody waits. A pending wait keeps the process alive as a
 * pending read would; `process.exit` ends it.
 */
class Readiness {
  readonly #epoll = libc.epollCreate()
  readonly #wake = libc.eventfd()
  readonly #waits = new Map<number, Wait>()
  // Events carry a number of their own, since that of a descriptor may be another socket's by the time they are read.
  readonly #tickets = new Map<number, number>()
  #lastTicket = WAKE
  #polling = false

  constructor() {
    libc.epollAdd(this.#epoll, this.#wake, libc.EPOLLIN, WAKE)
    // Exit joins the threads of the pool; one that sits in epoll_wait would never come back by itself.
    process.once('exit', () => libc.signalEvent(this.#wake))
  }

  wait(fd: number, events: number, timeoutMs: number | undefined): Promise<boolean> {
    if (this.#tickets.has(fd)) throw new Error(`somebody waits for descriptor ${fd} already; one wait at a time`)
    const ticket = this.#nextTicket()
    libc.epollAdd(this.#epoll, fd, events, ticket)
    this.#tickets.set(fd, ticket)
    return new Promise((resolve, reject) => {
      const timer = timeoutMs === undefined ? undefined : setTimeout(() => this.cancel(fd), timeoutMs)
      this.#waits.set(ticket, { fd, resolve, reject, timer })
      if (!this.#polling) this.#poll().catch((error) => this.#fail(error))
    })
  }

  cancel(fd: number): void {
    const ticket = this.#tickets.get(fd)
    if (ticket === undefined) return
    this.#take(ticket)?.resolve(false)
    if (this.#waits.size === 0) libc.signalEvent(this.#wake)
  }

  /** Has the thread of the pool come back; it waits again when the event loop turns. */
  yield(): void {
    if (this.#polling) libc.signalEvent(this.#wake)
  }

  #nextTicket(): number {
    this.#lastTicket = this.#lastTicket === 0xffffffff ? WAKE + 1 : this.#lastTicket + 1
    return this.#lastTicket
  }

  #take(ticket: number): Wait | undefined {
    const wait = this.#waits.get(ticket)
    if (wait === undefined) return undefined
    this.#waits.delete(ticket)
    this.#tickets.delete(wait.fd)
    clearTimeout(wait.timer)
    libc.epollRemove(this.#epoll, wait.fd)
    return wait
  }

  /** Nobody is left waiting for an answer that can't come. */
  #fail(error: unknown): void {
    this.#polling = false
    for (const ticket of [...this.#waits.keys()]) this.#take(ticket)?.reject(error)
  }

  async #poll(): Promise<void> {
    this.#polling = true
    while (this.#waits.size > 0) {
      for (const ticket of await libc.epollWait(this.#epoll, PATIENCE)) {
        if (ticket === WAKE) libc.clearEvent(this.#wake)
        else this.#take(ticket)?.resolve(true)
      }
    }
    this.#polling = false
  }
}

let shared: Readiness | undefined

/**
 * Resolves true once `fd` can be read without blocking (or has an error to report), false after `timeoutMs`
 * milliseconds (default: never) or {@link cancelWait}. One wait at a time for each descriptor.
 */
export function readable(fd: number, timeoutMs?: number): Promise<boolean> {
  shared ??= new Readiness()
  return shared.wait(fd, libc.EPOLLIN, timeoutMs)
}

/** Like {@link readable}, for writing: a connection attempt that ended counts, whether well or not. */
export function writable(fd: number, timeoutMs?: number): Promise<boolean> {
  shared ??= new Readiness()
  return shared.wait(fd, libc.EPOLLOUT, timeoutMs)
}

/** Leaves the pool to others until the event loop turns: it may have one thread alone (UV_THREADPOOL_SIZE). */
export function yieldThread(): void {
  shared?.yield()
}

/** Ends a pending wait with false. To be called before the descriptor is closed; without a wait it does nothing. */
export function cancelWait(fd: number): void {
  shared?.cancel(fd)
}
