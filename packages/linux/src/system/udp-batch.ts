import { littleEndian } from '../bytes/index.ts'
import { EAGAIN, SystemError } from './errno.ts'
import * as libc from './libc.ts'
import { cancelWait, readable } from './readiness.ts'
import { internetAddress, portOf } from './sockaddr.ts'
import { boundSocket, checkPort, type Endpoint, type SocketOptions } from './sockets.ts'

/** A datagram to be sent by {@link UdpBatch}. */
export interface Datagram {
  readonly to: Endpoint
  readonly payload: Uint8Array
}

/**
 * A UDP socket that sends and receives many datagrams with one system call (sendmmsg, recvmmsg).
 *
 * What is sent is laid out in memory once, by {@link prepare}, and can be sent any number of times; so that a
 * benchmark measures the kernel. Nothing here blocks.
 */
export class UdpBatch implements Disposable {
  readonly port: number
  readonly #fd: number
  readonly #received: MessageArray
  #closed = false

  private constructor(fd: number, slots: number, slotSize: number) {
    this.#fd = fd
    this.port = portOf(libc.getsockname(fd))
    this.#received = new MessageArray(Array.from({ length: slots }, () => ({ size: slotSize })))
  }

  /**
   * Opens and binds it. `slots` datagrams of up to `slotSize` bytes are received by one call (default 64 of 2048; what
   * is longer is cut off). `buffer`: bytes that may queue up unsent or unread, as far as the kernel allows.
   */
  static open(
    options: SocketOptions & {
      readonly slots?: number | undefined
      readonly slotSize?: number | undefined
      readonly buffer?: number | undefined
    } = {},
  ): UdpBatch {
    const { namespace, address = '0.0.0.0', port = 0, reuseAddress = false, slots = 64, slotSize = 2048 } = options
    const fd = boundSocket(libc.SOCK_DGRAM, { namespace, address, port, reuseAddress })
    try {
      if (options.buffer !== undefined) {
        libc.growBuffer(fd, 'send', options.buffer)
        libc.growBuffer(fd, 'receive', options.buffer)
      }
      return new UdpBatch(fd, slots, slotSize)
    } catch (error) {
      libc.close(fd)
      throw error
    }
  }

  /** Lays datagrams out for {@link send}, of this socket or of any other of the same family. */
  static prepare(datagrams: readonly Datagram[]): PreparedDatagrams {
    const messages = new MessageArray(
      datagrams.map(({ to, payload }) => {
        checkPort(to.port)
        return { size: payload.length, name: internetAddress(to.address, to.port), payload }
      }),
    )
    return { count: datagrams.length, messages }
  }

  /**
   * Sends them, from the one numbered `from` on; returns how many the kernel took, less than all of them when the send
   * buffer is full. Throws {@link SystemError} for a datagram that is refused right away (EPERM, ENETUNREACH, …).
   */
  send(prepared: PreparedDatagrams, from = 0): number {
    let at = from
    while (at < prepared.count) {
      const tail = prepared.messages.headers.subarray(at * MMSGHDR)
      const taken = orAgain(() => libc.sendmmsg(this.#open(), tail, Math.min(prepared.count - at, UIO_MAXIOV), 0))
      if (taken === 0) break
      at += taken
    }
    return at - from
  }

  /**
   * Takes all that has arrived; returns how many. `visit` gets each payload, as a view that is valid during the call.
   */
  receive(visit?: (payload: Uint8Array) => void): number {
    const { headers, count } = this.#received
    let total = 0
    for (;;) {
      const came = orAgain(() => libc.recvmmsg(this.#open(), headers, count, libc.MSG_DONTWAIT))
      if (visit !== undefined) for (let i = 0; i < came; i++) visit(this.#received.payload(i))
      total += came
      if (came < count) return total
    }
  }

  /** Resolves true when there is something to receive, false after `timeoutMs` or once disposed of. */
  wait(timeoutMs?: number): Promise<boolean> {
    return this.#closed ? Promise.resolve(false) : readable(this.#fd, timeoutMs)
  }

  [Symbol.dispose](): void {
    if (this.#closed) return
    this.#closed = true
    cancelWait(this.#fd)
    libc.close(this.#fd)
  }

  #open(): number {
    if (this.#closed) throw new Error('this UDP socket has been disposed of')
    return this.#fd
  }
}

/** Datagrams in the kernel's layout. */
export interface PreparedDatagrams {
  readonly count: number
  readonly messages: MessageArray
}

function orAgain(call: () => number): number {
  try {
    return call()
  } catch (error) {
    if (error instanceof SystemError && error.errno === EAGAIN) return 0
    throw error
  }
}

const UIO_MAXIOV = 1024 // sendmmsg takes no more at once

// struct mmsghdr of 64-bit machines: struct msghdr (56 bytes), unsigned int msg_len, padding
const MMSGHDR = 64
const MSG_NAME = 0
const MSG_NAMELEN = 8
const MSG_IOV = 16
const MSG_IOVLEN = 24
const MSG_LEN = 56
// struct iovec: void *iov_base, size_t iov_len
const IOVEC = 16
const SOCKADDR = 28 // struct sockaddr_in6, the longer one

interface Slot {
  readonly size: number
  readonly name?: Uint8Array
  readonly payload?: Uint8Array
}

/** An array of struct mmsghdr and all that it points at, in one piece of memory: pointers are base + offset. */
class MessageArray {
  readonly count: number
  readonly headers: Uint8Array
  readonly #arena: Uint8Array
  readonly #view: DataView
  readonly #payloads: { readonly at: number; readonly size: number }[] = []

  constructor(slots: readonly Slot[]) {
    this.count = slots.length
    const fixed = slots.length * (MMSGHDR + IOVEC + SOCKADDR)
    const total = slots.reduce((sum, { size }) => sum + size, fixed)
    this.#arena = new Uint8Array(new ArrayBuffer(total))
    this.#view = new DataView(this.#arena.buffer)
    this.headers = this.#arena.subarray(0, slots.length * MMSGHDR)
    const base = libc.addressOf(this.#arena)
    let at = fixed
    for (const [index, slot] of slots.entries()) {
      this.#lay(base, index, slot, at)
      at += slot.size
    }
  }

  /** The bytes received into a slot. */
  payload(index: number): Uint8Array {
    const { at, size } = this.#payloads[index]!
    const length = this.#view.getUint32(index * MMSGHDR + MSG_LEN, littleEndian)
    return this.#arena.subarray(at, at + Math.min(length, size))
  }

  #lay(base: bigint, index: number, { size, name, payload }: Slot, at: number): void {
    const header = index * MMSGHDR
    const iovec = this.count * MMSGHDR + index * IOVEC
    const address = this.count * (MMSGHDR + IOVEC) + index * SOCKADDR
    const pointer = (field: number, target: number): void =>
      this.#view.setBigUint64(field, base + BigInt(target), littleEndian)
    pointer(header + MSG_IOV, iovec)
    this.#view.setBigUint64(header + MSG_IOVLEN, 1n, littleEndian)
    pointer(iovec, at)
    this.#view.setBigUint64(iovec + 8, BigInt(size), littleEndian)
    if (name !== undefined) {
      pointer(header + MSG_NAME, address)
      this.#view.setUint32(header + MSG_NAMELEN, name.length, littleEndian)
      this.#arena.set(name, address)
    }
    if (payload !== undefined) this.#arena.set(payload, at)
    this.#payloads.push({ at, size })
  }
}
