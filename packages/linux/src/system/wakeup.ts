import * as libc from './libc.ts'

/**
 * An eventfd: what one thread writes wakes another that waits for it in {@link Poll}. Threads share it by its number,
 * as they share all descriptors.
 */
export class Wakeup implements Disposable {
  readonly fd: number
  #closed = false

  constructor() {
    this.fd = libc.eventfd()
  }

  /** Wakes whoever waits, or will wait next. After {@link Symbol.dispose} it does nothing. */
  signal(): void {
    if (!this.#closed) libc.signalEvent(this.fd)
  }

  /** In the thread that was woken. */
  static clear(fd: number): void {
    libc.clearEvent(fd)
  }

  /** When nobody waits for it any more. Idempotent. */
  [Symbol.dispose](): void {
    if (this.#closed) return
    this.#closed = true
    libc.close(this.fd)
  }
}
