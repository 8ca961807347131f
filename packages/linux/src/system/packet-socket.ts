import * as libc from './libc.ts'
import { cancelWait, readable } from './readiness.ts'
import { linkAddress, linkOf, packetTypeOf } from './sockaddr.ts'

const ETH_P_ALL = 0x0003
const PACKET_OUTGOING = 4
/** The largest frame of a link with segmentation offload: a packet of 64 KiB and its Ethernet header. */
const LARGEST = 65_536 + 64

export interface PacketSocketOptions {
  /** Where the socket lives; default: the namespace of the calling thread. */
  readonly namespace?: { run<T>(fn: () => T): T } | undefined
  /** Index of the link to hear; default: all of them. */
  readonly link?: number | undefined
  /** EtherType to hear; default: all frames, those that leave included. */
  readonly protocol?: number | undefined
  /** Bytes that may queue up unread; default 4 MiB, as far as the kernel allows. What does not fit is lost. */
  readonly receiveBuffer?: number | undefined
}

/** Where a frame was seen. */
export interface FrameAbout {
  /** Index of the link. */
  readonly link: number
  /** `out`: the namespace sends it over that link. */
  readonly direction: 'in' | 'out'
}

/**
 * Whole Ethernet frames of a namespace (AF_PACKET, packet(7)): hears what its links receive and send, and sends frames
 * made by hand. Needs CAP_NET_RAW in the namespace. Checksums of frames that never left this machine may be incomplete,
 * since the kernel leaves them to the hardware.
 */
export class PacketSocket implements Disposable {
  readonly #fd: number
  readonly #frame = new Uint8Array(LARGEST)
  readonly #from = new Uint8Array(20)
  #closed = false

  private constructor(fd: number) {
    this.#fd = fd
  }

  static open(options: PacketSocketOptions = {}): PacketSocket {
    const { namespace, link = 0, protocol = ETH_P_ALL, receiveBuffer = 4 << 20 } = options
    const open = (): PacketSocket => {
      // Protocol 0 hears nothing until the socket is bound: no frame of another link slips in.
      const fd = libc.socket(libc.AF_PACKET, libc.SOCK_RAW | libc.SOCK_CLOEXEC | libc.SOCK_NONBLOCK, 0)
      try {
        libc.growBuffer(fd, 'receive', receiveBuffer)
        libc.bind(fd, linkAddress(protocol, link))
        return new PacketSocket(fd)
      } catch (error) {
        libc.close(fd)
        throw error
      }
    }
    return namespace === undefined ? open() : namespace.run(open)
  }

  /** Sends a frame, Ethernet header included, over a link (its index). */
  send(frame: Uint8Array, link: number): void {
    libc.sendto(this.#open(), frame, linkAddress(0, link))
  }

  /** Takes all frames that wait; returns how many. `visit` gets each as a view that is valid during the call. */
  receive(visit: (frame: Uint8Array, about: FrameAbout) => void): number {
    for (let count = 0; ; count += 1) {
      const length = libc.recvfromQueued(this.#open(), this.#frame, this.#from)
      if (length === undefined) return count
      const direction = packetTypeOf(this.#from) === PACKET_OUTGOING ? 'out' : 'in'
      visit(this.#frame.subarray(0, Math.min(length, LARGEST)), { link: linkOf(this.#from), direction })
    }
  }

  /** Resolves true when there is a frame to take, false after `timeoutMs` (default: never) or once disposed of. */
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
    if (this.#closed) throw new Error('this packet socket has been disposed of')
    return this.#fd
  }
}
