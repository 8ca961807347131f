import * as libc from './libc.ts'

/** epoll_ctl(2): it can be read; written; has an error; is over in both directions. */
export const EPOLLIN: number = libc.EPOLLIN
export const EPOLLOUT: number = libc.EPOLLOUT
export const EPOLLERR: number = libc.EPOLLERR
export const EPOLLHUP: number = libc.EPOLLHUP

/**
 * Waits for any number of descriptors on the calling thread itself (epoll): for threads that do nothing else. Nothing of
 * JavaScript runs meanwhile, Worker.terminate included.
 */
export class Epoll implements Disposable {
  readonly #fd = libc.epollCreate()
  readonly #events: Uint8Array
  readonly #view: DataView
  #closed = false

  /** @param capacity events that one wait gives at most */
  constructor(capacity = 256) {
    this.#events = libc.epollEvents(capacity)
    this.#view = new DataView(this.#events.buffer)
  }

  /**
   * Hears of `fd` when it can be read, or of other `kinds` (EPOLL…; of errors always); {@link ticket} gives `ticket` (32
   * bits, of the caller's choice) then.
   */
  add(fd: number, ticket: number, kinds: number = EPOLLIN): void {
    libc.epollAdd(this.#fd, fd, kinds, ticket)
  }

  /** Hears of other kinds from now on. */
  change(fd: number, ticket: number, kinds: number): void {
    libc.epollChange(this.#fd, fd, kinds, ticket)
  }

  remove(fd: number): void {
    libc.epollRemove(this.#fd, fd)
  }

  /** How many are ready; 0 after `timeoutMs` (whole ones; -1: never) or a signal. */
  wait(timeoutMs: number): number {
    return libc.epollWaitHere(this.#fd, this.#events, timeoutMs)
  }

  /** Whose turn it is: the ticket of one of those that {@link wait} counted. */
  ticket(index: number): number {
    return libc.epollTicket(this.#view, index)
  }

  /** What happened to that one: bits EPOLL…. */
  kinds(index: number): number {
    return libc.epollKinds(this.#view, index)
  }

  /** Whether that one has something in its error queue, or another error. */
  failed(index: number): boolean {
    return (libc.epollKinds(this.#view, index) & libc.EPOLLERR) !== 0
  }

  [Symbol.dispose](): void {
    if (this.#closed) return
    this.#closed = true
    libc.close(this.#fd)
  }
}
