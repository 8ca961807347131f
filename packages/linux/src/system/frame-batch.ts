import { EAGAIN, EMSGSIZE, ENETDOWN, ENOBUFS, ENODEV, ENXIO, SystemError } from './errno.ts'
import * as libc from './libc.ts'
import { linkAddress } from './sockaddr.ts'

// struct mmsghdr of 64-bit machines, struct iovec, struct sockaddr_ll
const MMSGHDR = 64
const MSG_NAME = 0
const MSG_NAMELEN = 8
const MSG_IOV = 16
const MSG_IOVLEN = 24
const IOVEC = 16
const SOCKADDR = 20
const IFINDEX = 4

/** A link that is gone or down, or refuses a frame of that length: the frame is lost, as on any such link. */
const refusals: ReadonlySet<number> = new Set([ENXIO, ENODEV, ENETDOWN, ENOBUFS, EMSGSIZE, EAGAIN])

/**
 * Frames to be sent over links of a {@link FrameSocket}'s namespace, many by one system call. Each starts with its
 * `struct virtio_net_hdr`. They are sent from where they lie, and have to stay there until {@link flush}.
 */
export class FrameBatch {
  /** How many wait for {@link flush}. */
  size = 0
  readonly capacity: number
  /** Frames that their link did not take, since the batch was made. */
  refused = 0
  readonly #fd: number
  readonly #arena: Uint8Array
  readonly #words: Uint32Array
  readonly #iovecs: number
  readonly #addresses: number

  constructor(fd: number, capacity = 128) {
    this.#fd = fd
    this.capacity = capacity
    this.#iovecs = capacity * MMSGHDR
    this.#addresses = this.#iovecs + capacity * IOVEC
    const memory = new ArrayBuffer(this.#addresses + capacity * SOCKADDR)
    this.#arena = new Uint8Array(memory)
    this.#words = new Uint32Array(memory)
    const base = Number(libc.addressOf(this.#arena))
    for (let index = 0; index < capacity; index += 1) this.#lay(base, index)
  }

  get isFull(): boolean {
    return this.size === this.capacity
  }

  /** Adds `length` bytes at `address` (of memory, see {@link addressOf}) for a link (its index). */
  add(address: number, length: number, link: number): void {
    const iovec = (this.#iovecs + this.size * IOVEC) >>> 2
    this.#words[iovec] = address >>> 0
    this.#words[iovec + 1] = Math.floor(address / 0x1_0000_0000)
    this.#words[iovec + 2] = length
    this.#words[(this.#addresses + this.size * SOCKADDR + IFINDEX) >>> 2] = link
    this.size += 1
  }

  /** Sends all of them, in order. Throws {@link SystemError} for what is no matter of one link. */
  flush(): void {
    let at = 0
    while (at < this.size) at += this.#send(at)
    this.size = 0
  }

  /** How many were dealt with: sent, or one that was refused. */
  #send(from: number): number {
    try {
      return libc.sendmmsg(this.#fd, this.#arena.subarray(from * MMSGHDR), this.size - from, libc.MSG_DONTWAIT)
    } catch (error) {
      if (!(error instanceof SystemError) || !refusals.has(error.errno)) throw error
      this.refused += 1
      return 1
    }
  }

  #lay(base: number, index: number): void {
    const header = index * MMSGHDR
    const address = this.#addresses + index * SOCKADDR
    const pointer = (field: number, target: number): void => {
      this.#words[field >>> 2] = (base + target) >>> 0
      this.#words[(field >>> 2) + 1] = Math.floor((base + target) / 0x1_0000_0000)
    }
    pointer(header + MSG_NAME, address)
    this.#words[(header + MSG_NAMELEN) >>> 2] = SOCKADDR
    pointer(header + MSG_IOV, this.#iovecs + index * IOVEC)
    this.#words[(header + MSG_IOVLEN) >>> 2] = 1
    this.#arena.set(linkAddress(0, 0), address) // protocol 0: as the frame itself says
  }
}

/** Where the first byte of `bytes` lies in memory; stays so for as long as its buffer is reachable. */
export function addressOf(bytes: Uint8Array): number {
  return Number(libc.addressOf(bytes))
}
