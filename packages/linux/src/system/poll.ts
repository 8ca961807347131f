import * as libc from './libc.ts'

// struct pollfd: int fd, short events, short revents
const POLLFD = 8
const POLLIN = 1

/**
 * Waits for descriptors on the calling thread itself, to a fraction of a millisecond (ppoll): for threads that do
 * nothing else. Nothing of JavaScript runs meanwhile, Worker.terminate included.
 */
export class Poll {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  readonly #count: number
  readonly #timeout = new BigInt64Array(2) // struct timespec: seconds, nanoseconds

  constructor(fds: readonly number[]) {
    this.#count = fds.length
    this.#view = new DataView(new ArrayBuffer(fds.length * POLLFD))
    this.#bytes = new Uint8Array(this.#view.buffer)
    for (const [index, fd] of fds.entries()) {
      this.#view.setInt32(index * POLLFD, fd, true)
      this.#view.setInt16(index * POLLFD + 4, POLLIN, true)
    }
  }

  /** True when one of them can be read; false after `timeoutMs` (fractions count; Infinity: never) or a signal. */
  wait(timeoutMs: number): boolean {
    if (timeoutMs === Infinity) return libc.ppoll(this.#bytes, this.#count, null)
    const nanoseconds = Math.max(0, Math.ceil(timeoutMs * 1e6))
    this.#timeout[0] = BigInt(Math.floor(nanoseconds / 1e9))
    this.#timeout[1] = BigInt(nanoseconds % 1e9)
    return libc.ppoll(this.#bytes, this.#count, this.#timeout)
  }

  /** Was the descriptor at this place of the list ready when {@link wait} returned true? */
  isReady(index: number): boolean {
    return this.#view.getInt16(index * POLLFD + 6, true) !== 0
  }
}
