import { SystemError } from '../system/errno.ts'
import { type Message, parseMessages } from './header.ts'
import type { Transport } from './transport.ts'

export interface ListenOptions<T> {
  /** Messages that were received before, to begin with. */
  readonly first?: readonly Message[]
  /** What a message means to the listener; undefined: nothing. */
  readonly decode: (message: Message) => T | undefined
  /**
   * Stands for an unknown number of messages that the kernel had to drop: nobody read them in time (ENOBUFS). It comes
   * behind those that were queued: the kernel keeps dropping until the queue is empty (NETLINK_S_CONGESTED), so that
   * only from here on nothing is missing, and what the messages tell about can be read anew.
   */
  readonly lost: () => T
  /** Ends the iteration when it is aborted, as {@link Subscription.return} does. */
  readonly signal?: AbortSignal | undefined
}

/**
 * Messages of a transport that is subscribed to something, in the order in which they came. Owns the transport:
 * leaving the loop, disposing and aborting close it, and end a pending {@link next} at once. One reader at a time.
 */
export class Subscription<T> implements AsyncIterableIterator<T, undefined>, Disposable, AsyncDisposable {
  readonly #transport: Transport
  readonly #items: AsyncGenerator<T, undefined>
  readonly #signal: AbortSignal | undefined
  #closed = false

  constructor(transport: Transport, options: ListenOptions<T>) {
    this.#transport = transport
    this.#items = this.#read(options)
    this.#signal = options.signal
    this.#signal?.addEventListener('abort', this.#close, { once: true })
    if (this.#signal?.aborted) this.#close()
  }

  next(): Promise<IteratorResult<T, undefined>> {
    return this.#items.next()
  }

  return(): Promise<IteratorResult<T, undefined>> {
    this.#close()
    return this.#items.return(undefined)
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  [Symbol.dispose](): void {
    this.#close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return()
  }

  readonly #close = (): void => {
    this.#closed = true
    this.#signal?.removeEventListener('abort', this.#close)
    this.#transport[Symbol.dispose]()
  }

  async *#read({ first = [], decode, lost }: ListenOptions<T>): AsyncGenerator<T, undefined> {
    try {
      yield* this.#decoded(first, decode)
      while (!this.#closed && (await this.#transport.wait())) {
        let dropped = false
        for (let datagram = this.#take(); datagram !== undefined; datagram = this.#take()) {
          if (datagram === 'dropped') dropped = true
          else yield* this.#decoded(parseMessages(datagram), decode)
        }
        if (dropped && !this.#closed) yield lost()
      }
    } finally {
      this.#close()
    }
    return undefined
  }

  *#decoded(messages: Iterable<Message>, decode: (message: Message) => T | undefined): Generator<T> {
    for (const message of messages) {
      if (this.#closed) return
      const item = decode(message)
      if (item !== undefined) yield item
    }
  }

  /** The next datagram, or that some were dropped; undefined when nothing is queued or all is over. */
  #take(): Uint8Array | 'dropped' | undefined {
    if (this.#closed) return undefined
    try {
      return this.#transport.receive()
    } catch (error) {
      if (error instanceof SystemError && error.code === 'ENOBUFS') return 'dropped'
      throw error
    }
  }
}
