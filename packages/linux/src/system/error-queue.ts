import { littleEndian } from '../bytes/index.ts'
import * as libc from './libc.ts'

// struct mmsghdr of 64-bit machines (see datagrams.ts), then what it points to
const MMSGHDR = 64
const MSG_NAME = 0
const MSG_NAMELEN = 8
const MSG_CONTROL = 32
const MSG_CONTROLLEN = 40
const NAME = 32
const CONTROL = 256
// struct cmsghdr: size_t length, int level, int type
const CMSG = 16
const IPPROTO_IP = 0
const IPPROTO_IPV6 = 41
const IP_RECVERR = 11
const IPV6_RECVERR = 25
// linux/errqueue.h: struct sock_extended_err
const EE_ORIGIN = 4
const EE_TYPE = 5
const EE_CODE = 6
const EE_INFO = 8
const SO_EE_ORIGIN_ICMP = 2
const SO_EE_ORIGIN_ICMP6 = 3

/** What became of a datagram, as a router or its receiver told by ICMP. */
export interface DatagramError {
  readonly family: 4 | 6
  /** Of the ICMP message. */
  readonly type: number
  readonly code: number
  /** The MTU of "too big" errors. */
  readonly info: number
  /** `struct sockaddr` that the datagram was sent to; valid until the next {@link ErrorQueue.read}. */
  readonly to: Uint8Array
}

/**
 * From now on a UDP socket keeps ICMP errors for {@link ErrorQueue}, also while it is connected to nobody (IP_RECVERR).
 * Each of them makes the next call on the socket fail once: {@link DatagramReceiver} and the senders know.
 */
export function keepErrors(fd: number, family: 4 | 6): void {
  if (family === 4) libc.setsockopt(fd, IPPROTO_IP, IP_RECVERR, 1)
  else libc.setsockopt(fd, IPPROTO_IPV6, IPV6_RECVERR, 1)
}

/** Reads what ICMP said about datagrams of any sockets, with memory of its own. */
export class ErrorQueue {
  readonly #bytes = new Uint8Array(new ArrayBuffer(MMSGHDR + NAME + CONTROL))
  readonly #view = new DataView(this.#bytes.buffer)
  readonly #name = this.#bytes.subarray(MMSGHDR, MMSGHDR + NAME)

  constructor() {
    const base = libc.addressOf(this.#bytes)
    this.#view.setBigUint64(MSG_NAME, base + BigInt(MMSGHDR), littleEndian)
    this.#view.setBigUint64(MSG_CONTROL, base + BigInt(MMSGHDR + NAME), littleEndian)
  }

  /** The next one of a socket; undefined when there are no more. Other kinds of errors are skipped. Never waits. */
  read(fd: number): DatagramError | undefined {
    for (;;) {
      this.#view.setUint32(MSG_NAMELEN, NAME, littleEndian)
      this.#view.setBigUint64(MSG_CONTROLLEN, BigInt(CONTROL), littleEndian)
      if (libc.recvError(fd, this.#bytes.subarray(0, MMSGHDR)) === 0) return undefined
      const error = this.#parse()
      if (error !== undefined) return error
    }
  }

  #parse(): DatagramError | undefined {
    const end = MMSGHDR + NAME + Number(this.#view.getBigUint64(MSG_CONTROLLEN, littleEndian))
    for (let at = MMSGHDR + NAME; at + CMSG <= end; ) {
      const length = Number(this.#view.getBigUint64(at, littleEndian))
      const level = this.#view.getInt32(at + 8, littleEndian)
      const type = this.#view.getInt32(at + 12, littleEndian)
      if (isErrors(level, type)) return this.#errorAt(at + CMSG)
      at += Math.max(CMSG, (length + 7) & ~7)
    }
    return undefined
  }

  #errorAt(at: number): DatagramError | undefined {
    const origin = this.#bytes[at + EE_ORIGIN]!
    if (origin !== SO_EE_ORIGIN_ICMP && origin !== SO_EE_ORIGIN_ICMP6) return undefined
    return {
      family: origin === SO_EE_ORIGIN_ICMP ? 4 : 6,
      type: this.#bytes[at + EE_TYPE]!,
      code: this.#bytes[at + EE_CODE]!,
      info: this.#view.getUint32(at + EE_INFO, littleEndian),
      to: this.#name,
    }
  }
}

function isErrors(level: number, type: number): boolean {
  return (level === IPPROTO_IP && type === IP_RECVERR) || (level === IPPROTO_IPV6 && type === IPV6_RECVERR)
}
