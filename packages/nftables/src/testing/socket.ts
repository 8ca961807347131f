import { ENOBUFS, SystemError, type Transport } from '@sallyport/linux'

/** What a socket needs of the kernel that it belongs to. */
export interface Ears {
  hear(socket: MemorySocket, datagram: Uint8Array): void
  closed(socket: MemorySocket): void
}

/** One netlink socket of a memory kernel. */
export class MemorySocket implements Transport {
  readonly portId: number
  readonly groups: Set<number> = new Set()
  readonly #kernel: Ears
  readonly #queue: Uint8Array[] = []
  readonly #limit: number
  #queued = 0
  /** Events are dropped until the queue is empty (NETLINK_S_CONGESTED). */
  #congested = false
  #overrun = false
  #closed = false
  #wake: ((ready: boolean) => void) | undefined

  constructor(kernel: Ears, portId: number, receiveBuffer: number) {
    this.#kernel = kernel
    this.portId = portId
    this.#limit = receiveBuffer
  }

  send(datagram: Uint8Array): void {
    this.#open()
    this.#kernel.hear(this, Uint8Array.from(datagram))
  }

  receive(): Uint8Array | undefined {
    this.#open()
    if (this.#overrun) {
      this.#overrun = false
      throw new SystemError('recv', ENOBUFS)
    }
    const next = this.#queue.shift()
    this.#queued -= next?.length ?? 0
    if (this.#queue.length === 0) this.#congested = false
    return next
  }

  wait(timeoutMs?: number): Promise<boolean> {
    if (this.#closed) return Promise.resolve(false)
    if (this.#queue.length > 0 || this.#overrun) return Promise.resolve(true)
    return new Promise((resolve) => {
      const timer = timeoutMs === undefined ? undefined : setTimeout(() => this.#resume(false), timeoutMs)
      this.#wake = (ready) => {
        clearTimeout(timer)
        resolve(ready)
      }
    })
  }

  join(group: number): void {
    this.#open()
    this.groups.add(group)
  }

  [Symbol.dispose](): void {
    if (this.#closed) return
    this.#closed = true
    this.#resume(false)
    this.#kernel.closed(this)
  }

  /** An answer: the kernel makes more of a dump only as it is read, so that it always fits. */
  answer(datagram: Uint8Array): void {
    this.#queue.push(datagram)
    this.#queued += datagram.length
    this.#resume(true)
  }

  /** An event: dropped when the receive buffer is full. */
  notify(datagram: Uint8Array): void {
    if (this.#congested) return
    if (this.#queued + datagram.length <= this.#limit) {
      this.answer(datagram)
      return
    }
    this.#congested = true
    this.#overrun = true
    this.#resume(true)
  }

  #resume(ready: boolean): void {
    this.#wake?.(ready)
    this.#wake = undefined
  }

  #open(): void {
    if (this.#closed) throw new Error('this netlink socket has been disposed of')
  }
}
