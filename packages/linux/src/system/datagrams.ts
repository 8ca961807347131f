import { littleEndian } from '../bytes/index.ts'
import { Arena, type InArena } from './arena.ts'
import { EAGAIN, EINTR, EINVAL, EIO, EMSGSIZE, ENOBUFS, errnoName, isOfEarlier, SystemError } from './errno.ts'
import * as libc from './libc.ts'
import { ATTEMPTS } from './udp-descriptor.ts'

// struct mmsghdr of 64-bit machines: struct msghdr (56 bytes), unsigned int msg_len, padding
const MMSGHDR = 64
const MSG_NAME = 0
const MSG_NAMELEN = 8
const MSG_IOV = 16
const MSG_IOVLEN = 24
const MSG_CONTROL = 32
const MSG_CONTROLLEN = 40
const MSG_LEN = 56
// struct iovec: void *iov_base, size_t iov_len
const IOVEC = 16
/** struct sockaddr_in6, the longer one, rounded up. */
export const SOCKADDR = 32
const SOCKADDR_IN6 = 28

export interface ReceiverOptions {
  readonly slots?: number
  readonly slotSize?: number
  readonly headroom?: number
}

/**
 * Receives many datagrams of any sockets with one call each, into slots of its own memory: `headroom` bytes are left free
 * in front of every payload. For loops that must not allocate for each packet.
 */
export class DatagramReceiver {
  readonly slots: number
  /** Payloads and senders; valid until their slots are received into again. */
  readonly bytes: Uint8Array
  readonly view: DataView
  readonly arena: Arena
  readonly #slotSize: number
  readonly #headroom: number
  readonly #headers: readonly Uint8Array[]
  readonly #names: number
  readonly #payloads: number

  /** `slots` datagrams (default 128) of up to `slotSize` bytes (default 2048); what is longer is cut off. */
  constructor({ slots = 128, slotSize = 2048, headroom = 4 }: ReceiverOptions = {}) {
    this.slots = slots
    this.#slotSize = slotSize
    this.#headroom = headroom
    const iovecs = slots * MMSGHDR
    this.#names = iovecs + slots * IOVEC
    this.#payloads = this.#names + slots * SOCKADDR
    this.arena = new Arena(this.#payloads + slots * (slotSize + headroom))
    this.bytes = this.arena.bytes
    this.view = this.arena.view
    for (let slot = 0; slot < slots; slot += 1) this.#lay(slot, iovecs + slot * IOVEC)
    // One view for each first slot, so that receiving makes none.
    this.#headers = Array.from({ length: slots }, (_, slot) => this.bytes.subarray(slot * MMSGHDR, slots * MMSGHDR))
  }

  /** Takes what has arrived, at most `most`, into the slots from `first` on; returns how many. Never waits. */
  receive(fd: number, first = 0, most: number = this.slots - first): number {
    const count = libc.recvmmsgQueued(fd, this.#headers[first]!, Math.min(most, this.slots - first))
    for (let slot = first; slot < first + count; slot += 1) {
      // The kernel wrote the sender's length here, and reads the room from it the next time.
      this.view.setUint32(slot * MMSGHDR + MSG_NAMELEN, SOCKADDR_IN6, littleEndian)
    }
    return count
  }

  /**
   * {@link receive} of one datagram, or none: where no more than one is to be expected, this is the shorter way. What it
   * leaves behind is there with the next call.
   */
  receiveOne(fd: number, slot = 0): number {
    const size = slot * MMSGHDR + MSG_NAMELEN
    const { arena } = this
    const result = libc.recvfromAtNow(
      fd,
      arena.address(this.payload(slot)),
      this.#slotSize,
      arena.address(this.sender(slot)),
      arena.address(size),
    )
    if (result < 0) return noneOr(result)
    this.view.setUint32(slot * MMSGHDR + MSG_LEN, result, littleEndian)
    this.view.setUint32(size, SOCKADDR_IN6, littleEndian)
    return 1
  }

  /** Where a slot's payload begins in {@link bytes}. */
  payload(slot: number): number {
    return this.#payloads + slot * (this.#slotSize + this.#headroom) + this.#headroom
  }

  length(slot: number): number {
    return this.view.getUint32(slot * MMSGHDR + MSG_LEN, littleEndian)
  }

  /** Where a slot's sender (`struct sockaddr_in` or `sockaddr_in6`) begins in {@link bytes}. */
  sender(slot: number): number {
    return this.#names + slot * SOCKADDR
  }

  #lay(slot: number, iovec: number): void {
    const header = slot * MMSGHDR
    this.arena.point(this.view, header + MSG_NAME, this.sender(slot))
    this.view.setUint32(header + MSG_NAMELEN, SOCKADDR_IN6, littleEndian)
    this.arena.point(this.view, header + MSG_IOV, iovec)
    this.view.setUint32(header + MSG_IOVLEN, 1, littleEndian)
    this.arena.point(this.view, iovec, this.payload(slot))
    this.view.setUint32(iovec + 8, this.#slotSize, littleEndian)
  }
}

/** 0 when nothing is queued, or an ICMP error is told of first. */
function noneOr(result: number): number {
  if (result === -EAGAIN || result === -EINTR || isOfEarlier(-result)) return 0
  throw new SystemError('recvfrom', -result)
}

// struct cmsghdr: size_t length, int level, int type; then a 16-bit segment size
const CMSG = 24
const SOL_UDP = 17
const UDP_SEGMENT = 103
/** linux/udp.h: UDP_MAX_SEGMENTS; and an IP packet has to hold them together. */
const MOST_SEGMENTS = 64
const MOST_BYTES = 65_000

export interface SenderOptions {
  /** Datagrams between two flushes; default 256. */
  readonly capacity?: number
  /** False: every datagram by itself, for kernels and paths without UDP_SEGMENT; default true. */
  readonly offload?: boolean
}

/** What became of what was to be sent. */
export interface SendCounts {
  sent: number
  /** The socket's buffer was full. */
  full: number
  /** The kernel refused them one by one: by errno's name. */
  readonly refused: Map<string, number>
}

/**
 * Sends many datagrams of one socket with one call. Payloads stay where they are, in the memory of a
 * {@link DatagramReceiver} or a {@link import('./stream-buffer.ts').StreamBuffer}. Datagrams that go to one place in a row and have one length become one with segmentation
 * offload (UDP_SEGMENT): the kernel's way down is gone once for all of them.
 */
export class DatagramSender {
  readonly counts: SendCounts = { sent: 0, full: 0, refused: new Map() }
  readonly #arena: Arena
  readonly #capacity: number
  readonly #iovecs: number
  readonly #names: number
  readonly #controls: number
  readonly #headers: readonly Uint8Array[]
  /** Of each message: how many datagrams, and the first of their iovecs. */
  readonly #segments: Uint16Array
  readonly #firsts: Uint16Array
  readonly #offload: boolean
  #messages = 0
  #pieces = 0
  // Of the last message, which the next datagram may join: where its first datagram lies, and so on.
  #address = 0
  #bytes = 0
  #size = 0
  #open = false
  /** How often the one at the head was tried. */
  #attempts = 1

  constructor({ capacity = 256, offload = true }: SenderOptions = {}) {
    this.#capacity = capacity
    this.#offload = offload
    this.#iovecs = capacity * MMSGHDR
    this.#names = this.#iovecs + capacity * IOVEC
    this.#controls = this.#names + capacity * SOCKADDR
    this.#arena = new Arena(this.#controls + capacity * CMSG)
    this.#segments = new Uint16Array(capacity)
    this.#firsts = new Uint16Array(capacity)
    this.#headers = Array.from({ length: capacity }, (_, at) =>
      this.#arena.bytes.subarray(at * MMSGHDR, capacity * MMSGHDR),
    )
    for (let at = 0; at < capacity; at += 1) this.#lay(at)
  }

  /** How many datagrams can be added before a {@link flush}. */
  get room(): number {
    return this.#capacity - this.#pieces
  }

  /**
   * Adds a datagram: `length` bytes at `offset` of `from`'s memory, to the `sockaddr` at `to` of `addresses`. The
   * address is copied, the payload is not.
   */
  add(from: InArena, offset: number, length: number, addresses: Uint8Array, to: number, size: number): void {
    const { view } = this.#arena
    const iovec = this.#iovecs + this.#pieces * IOVEC
    from.arena.point(view, iovec, offset)
    view.setUint32(iovec + 8, length, littleEndian)
    if (this.#joins(length, addresses, to, size)) this.#extend(length)
    else this.#begin(iovec, from.arena.address(offset), length, addresses, to, size)
    this.#pieces += 1
  }

  /** Sends all that was added, through a socket, and counts what became of it. */
  flush(fd: number): void {
    let at = this.#pieces === 1 && this.#sendOnly(fd) ? 1 : 0
    while (at < this.#messages) {
      const result = libc.sendmmsgNow(fd, this.#headers[at]!, this.#messages - at)
      if (result > 0) {
        this.#attempts = 1
        for (let end = at + result; at < end; at += 1) this.counts.sent += this.#segments[at]!
      } else if (-result !== EINTR) at = this.#failed(fd, at, -result)
    }
    this.#messages = 0
    this.#pieces = 0
    this.#open = false
  }

  /** A single datagram goes the shorter way; false when it did not go. */
  #sendOnly(fd: number): boolean {
    const name = this.#arena.address(this.#names)
    const size = this.#arena.view.getUint32(MSG_NAMELEN, littleEndian)
    if (libc.sendtoAtNow(fd, this.#address, this.#bytes, name, size) < 0) return false
    this.counts.sent += 1
    return true
  }

  /** The one at the head could not be sent; returns where to go on. */
  #failed(fd: number, at: number, errno: number): number {
    if (errno === EAGAIN || errno === ENOBUFS) {
      for (let rest = at; rest < this.#messages; rest += 1) this.counts.full += this.#segments[rest]!
      return this.#messages
    }
    // An earlier datagram may have been answered by an ICMP error: this one was not sent, and can be at once.
    if (isOfEarlier(errno) && this.#attempts < ATTEMPTS) {
      this.#attempts += 1
      return at
    }
    this.#attempts = 1
    // Segments longer than the path takes, or a link that cannot: one by one the kernel fragments them.
    if (this.#segments[at]! > 1 && [EINVAL, EIO, EMSGSIZE].includes(errno)) this.#sendSingly(fd, at)
    else this.#refused(errno, this.#segments[at]!)
    return at + 1
  }

  #refused(errno: number, datagrams: number): void {
    const name = errnoName(errno)
    this.counts.refused.set(name, (this.counts.refused.get(name) ?? 0) + datagrams)
  }

  #sendSingly(fd: number, at: number): void {
    const { view } = this.#arena
    const header = at * MMSGHDR
    view.setUint32(header + MSG_IOVLEN, 1, littleEndian)
    view.setUint32(header + MSG_CONTROLLEN, 0, littleEndian)
    for (let piece = 0; piece < this.#segments[at]!; piece += 1) {
      this.#arena.point(view, header + MSG_IOV, this.#iovecs + (this.#firsts[at]! + piece) * IOVEC)
      const result = sendOne(fd, this.#headers[at]!)
      if (result > 0) this.counts.sent += 1
      else if (-result === EAGAIN || -result === ENOBUFS) this.counts.full += 1
      else this.#refused(-result, 1)
    }
  }

  #joins(length: number, addresses: Uint8Array, to: number, size: number): boolean {
    if (!this.#open || !this.#offload || length > this.#size || this.#bytes + length > MOST_BYTES) return false
    const last = this.#messages - 1
    if (this.#segments[last]! >= MOST_SEGMENTS) return false
    const name = this.#names + last * SOCKADDR
    for (let at = 0; at < size; at += 1) if (this.#arena.bytes[name + at] !== addresses[to + at]) return false
    return true
  }

  #extend(length: number): void {
    const last = this.#messages - 1
    const header = last * MMSGHDR
    const { view } = this.#arena
    this.#segments[last]! += 1
    this.#bytes += length
    if (length < this.#size) this.#open = false // a shorter one is the last of its segments
    view.setUint32(header + MSG_IOVLEN, this.#segments[last]!, littleEndian)
    view.setUint32(header + MSG_CONTROLLEN, CMSG, littleEndian)
    view.setUint16(this.#controls + last * CMSG + 16, this.#size, littleEndian)
  }

  #begin(iovec: number, address: number, length: number, addresses: Uint8Array, to: number, size: number): void {
    const at = this.#messages
    const header = at * MMSGHDR
    const { view, bytes } = this.#arena
    const name = this.#names + at * SOCKADDR
    for (let index = 0; index < size; index += 1) bytes[name + index] = addresses[to + index]!
    view.setUint32(header + MSG_NAMELEN, size, littleEndian)
    this.#arena.point(view, header + MSG_IOV, iovec)
    view.setUint32(header + MSG_IOVLEN, 1, littleEndian)
    view.setUint32(header + MSG_CONTROLLEN, 0, littleEndian)
    this.#segments[at] = 1
    this.#firsts[at] = this.#pieces
    this.#messages += 1
    this.#address = address
    this.#bytes = length
    this.#size = length
    this.#open = length > 0
  }

  #lay(at: number): void {
    const { view } = this.#arena
    const control = this.#controls + at * CMSG
    this.#arena.point(view, at * MMSGHDR + MSG_NAME, this.#names + at * SOCKADDR)
    this.#arena.point(view, at * MMSGHDR + MSG_CONTROL, control)
    view.setUint32(control + (littleEndian ? 0 : 4), 18, littleEndian) // cmsg_len: the header and two bytes
    view.setInt32(control + 8, SOL_UDP, littleEndian)
    view.setInt32(control + 12, UDP_SEGMENT, littleEndian)
  }
}

/** Sends one message, again if the call fails for an earlier one; a negative errno otherwise. */
function sendOne(fd: number, header: Uint8Array): number {
  let result = libc.sendmmsgNow(fd, header, 1)
  for (let attempt = 1; attempt < ATTEMPTS && result < 0 && isOfEarlier(-result); attempt += 1) {
    result = libc.sendmmsgNow(fd, header, 1)
  }
  return result
}
