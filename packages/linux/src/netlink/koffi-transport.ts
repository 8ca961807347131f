import { writeAside } from '../system/aside.ts'
import { EMSGSIZE, SystemError } from '../system/errno.ts'
import * as libc from '../system/libc.ts'
import { Poll } from '../system/poll.ts'
import { cancelWait, readable } from '../system/readiness.ts'
import { netlinkAddress, portIdOf } from '../system/sockaddr.ts'
import { NetlinkError } from './error.ts'
import type { Transport } from './transport.ts'

// Protocols of AF_NETLINK, linux/netlink.h
export const NETLINK_ROUTE = 0
export const NETLINK_SOCK_DIAG = 4
export const NETLINK_NETFILTER = 12
export const NETLINK_GENERIC = 16

const SOL_NETLINK = 270
const NETLINK_ADD_MEMBERSHIP = 1
const NETLINK_CAP_ACK = 10
const NETLINK_EXT_ACK = 11
const NETLINK_GET_STRICT_CHK = 12

export interface OpenOptions {
  /** Where the socket lives, for good; default: the namespace of the calling thread. */
  readonly namespace?: { run<T>(fn: () => T): T } | undefined
  /** Bytes that may queue up unread; default 1 MiB. Without privilege the kernel caps it at net.core.rmem_max. */
  readonly receiveBuffer?: number | undefined
  /** Bytes of the largest datagram to be sent without enlarging the buffer first; it grows by itself when needed. */
  readonly sendBuffer?: number | undefined
  /** NETLINK_GET_STRICT_CHK: dump requests are checked, and filtered by the kernel. rtnetlink knows it. */
  readonly strict?: boolean | undefined
}

/**
 * Opens a netlink socket that talks to the kernel alone, with extended acknowledgements.
 * Throws {@link SystemError} if the kernel has no such protocol.
 */
export function openNetlink(protocol: number, options: OpenOptions = {}): Transport {
  const open = (): KoffiTransport => new KoffiTransport(protocol, options)
  return options.namespace === undefined ? open() : options.namespace.run(open)
}

// Dumps come in pieces of 32 KiB at most, nflog packets in up to 128 KiB. Shared, since every receive copies out of it.
let scratch: Uint8Array | undefined

class KoffiTransport implements Transport {
  readonly portId: number
  readonly #fd: number
  #closed = false
  /** A thread of the pool has the descriptor's number, and perhaps not come to use it yet. */
  #lent = false
  /** Bytes of the largest datagram that the send buffer takes. */
  #largest = 0

  constructor(protocol: number, options: OpenOptions) {
    this.#fd = libc.socket(libc.AF_NETLINK, libc.SOCK_RAW | libc.SOCK_CLOEXEC, protocol)
    try {
      this.portId = this.#configure(options)
    } catch (error) {
      libc.close(this.#fd)
      throw error
    }
  }

  #configure(options: OpenOptions): number {
    const fd = this.#fd
    libc.setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, 1)
    libc.setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, 1)
    if (options.strict) libc.setsockopt(fd, SOL_NETLINK, NETLINK_GET_STRICT_CHK, 1)
    libc.growBuffer(fd, 'receive', options.receiveBuffer ?? 1 << 20)
    this.#largest = largestDatagram(fd)
    if (options.sendBuffer !== undefined) this.#growSendBuffer(options.sendBuffer)
    libc.bind(fd, netlinkAddress(0))
    // Connected to the kernel, the socket takes no unicast from other processes.
    libc.connect(fd, netlinkAddress(0))
    return portIdOf(libc.getsockname(fd))
  }

  send(datagram: Uint8Array): void {
    const fd = this.#open()
    this.#makeRoom(datagram)
    const sent = libc.send(fd, datagram, 0)
    if (sent !== datagram.length) throw new Error(`netlink took ${sent} of ${datagram.length} bytes`)
  }

  sendAside(datagram: Uint8Array): Promise<void> {
    const fd = this.#open()
    this.#makeRoom(datagram)
    this.#lent = true
    return writeAside(fd, datagram).finally(() => {
      if (this.#closed && this.#lent) libc.close(fd)
      this.#lent = false
    })
  }

  receive(): Uint8Array | undefined {
    const fd = this.#open()
    scratch ??= new Uint8Array(1 << 20)
    const length = libc.recvQueued(fd, scratch, libc.MSG_TRUNC)
    if (length === undefined) return undefined
    this.#lent = false // who is answered has been heard
    if (length > scratch.length)
      throw new SystemError(
        'recv',
        EMSGSIZE,
        `a netlink datagram of ${length} bytes is more than the buffer of ${scratch.length}`,
      )
    return copyOf(scratch, length)
  }

  wait(timeoutMs?: number): Promise<boolean> {
    return this.#closed ? Promise.resolve(false) : readable(this.#fd, timeoutMs)
  }

  waitHere(timeoutMs: number): boolean {
    return new Poll([this.#open()]).wait(timeoutMs)
  }

  join(group: number): void {
    libc.setsockopt(this.#open(), SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, group)
  }

  [Symbol.dispose](): void {
    if (this.#closed) return
    this.#closed = true
    cancelWait(this.#fd)
    if (!this.#lent) libc.close(this.#fd)
  }

  #open(): number {
    if (this.#closed) throw new Error('this netlink socket has been disposed of')
    return this.#fd
  }

  #makeRoom({ length }: Uint8Array): void {
    if (length > this.#largest) this.#growSendBuffer(length)
  }

  #growSendBuffer(bytes: number): void {
    const fd = this.#fd
    libc.growBuffer(fd, 'send', bytes)
    this.#largest = largestDatagram(fd)
    if (this.#largest >= bytes) return
    throw new NetlinkError({
      operation: 'send',
      errno: EMSGSIZE,
      hint:
        `a batch of ${bytes} bytes goes to the kernel in one datagram, and net.core.wmem_max lets this process send ` +
        `${this.#largest}: raise it on the host (sysctl -w net.core.wmem_max=${bytes}), or send less at once`,
    })
  }
}

const SLAB = 1 << 14
let slab = new Uint8Array(SLAB)
let used = 0

/** Small answers side by side in one buffer: one for each would be garbage that takes long to collect. */
function copyOf(bytes: Uint8Array, length: number): Uint8Array {
  if (length > SLAB / 16) return bytes.slice(0, length)
  if (used + length > SLAB) {
    slab = new Uint8Array(SLAB)
    used = 0
  }
  slab.set(bytes.subarray(0, length), used)
  used += length
  return slab.subarray(used - length, used)
}

/** netlink_sendmsg takes sk_sndbuf - 32 bytes; SO_SNDBUF reports sk_sndbuf, which is twice what was set. */
function largestDatagram(fd: number): number {
  return libc.getsockopt(fd, libc.SOL_SOCKET, libc.SO_SNDBUF) - 32
}
