import * as libc from './libc.ts'
import { linkAddress } from './sockaddr.ts'

const ETH_P_ALL = 0x0003
const SOL_PACKET = 263
const PACKET_RX_RING = 5
const PACKET_COPY_THRESH = 7
const PACKET_VERSION = 10
const PACKET_VNET_HDR = 15
const PACKET_QDISC_BYPASS = 20
const PACKET_IGNORE_OUTGOING = 23
const TPACKET_V2 = 1

/** Bytes of a slot of the ring: five segments of 1500 bytes, and what the kernel writes in front of them. */
export const SLOT_SIZE = 8192
const BLOCK_SIZE = 65_536

export interface FrameSocketOptions {
  /** Where the socket lives; default: the namespace of the calling thread. */
  readonly namespace?: { run<T>(fn: () => T): T } | undefined
  /** Frames that may wait, in steps of 8; default 2048 (16 MiB of the kernel's memory). */
  readonly slots?: number | undefined
  /** Bytes of frames longer than a slot that may wait besides, as far as the kernel allows; default 4 MiB. */
  readonly buffer?: number | undefined
}

/**
 * A packet socket (packet(7)) for whoever passes frames on by the ten thousands: it hears the frames that come in over
 * any link of its namespace, and not those that leave. They wait in a ring of memory shared with the kernel
 * ({@link FrameRing}) and leave in batches ({@link FrameBatch}), both in any one thread of this process. Every frame
 * has a `struct virtio_net_hdr` of ten bytes in front of it, so that checksums that the sender's kernel left to the
 * hardware are still unfinished business when the frame is sent on, and nobody has to compute them.
 */
export class FrameSocket implements Disposable {
  /** The longest frame that a slot of the ring holds, in bytes; longer ones wait elsewhere, fewer of them. */
  static readonly longest: number = SLOT_SIZE - 128
  readonly fd: number
  readonly slots: number
  #closed = false

  private constructor(fd: number, slots: number) {
    this.fd = fd
    this.slots = slots
  }

  /** Frames are collected from here on. Needs CAP_NET_RAW in the namespace. */
  static open({ namespace, slots = 2048, buffer = 4 << 20 }: FrameSocketOptions = {}): FrameSocket {
    const perBlock = BLOCK_SIZE / SLOT_SIZE
    if (!Number.isInteger(slots / perBlock) || slots < perBlock)
      throw new RangeError(`${slots} slots: a ring has a multiple of ${perBlock}`)
    const open = (): FrameSocket => {
      const fd = libc.socket(libc.AF_PACKET, libc.SOCK_RAW | libc.SOCK_CLOEXEC | libc.SOCK_NONBLOCK, 0)
      try {
        prepare(fd, slots, buffer)
        libc.bind(fd, linkAddress(ETH_P_ALL, 0))
        return new FrameSocket(fd, slots)
      } catch (error) {
        libc.close(fd)
        throw error
      }
    }
    return namespace === undefined ? open() : namespace.run(open)
  }

  /** When the ring is not in use any more. Idempotent. */
  [Symbol.dispose](): void {
    if (this.#closed) return
    this.#closed = true
    libc.close(this.fd)
  }
}

function prepare(fd: number, slots: number, buffer: number): void {
  for (const which of ['send', 'receive'] as const) libc.growBuffer(fd, which, buffer)
  libc.setsockopt(fd, SOL_PACKET, PACKET_VERSION, TPACKET_V2)
  libc.setsockopt(fd, SOL_PACKET, PACKET_VNET_HDR, 1) // before the ring: then it is refused
  libc.setsockopt(fd, SOL_PACKET, PACKET_COPY_THRESH, 1) // what is longer than a slot waits outside of the ring
  libc.setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, 1)
  libc.setsockopt(fd, SOL_PACKET, PACKET_QDISC_BYPASS, 1)
  // struct tpacket_req: block size, blocks, frame size, frames
  const request = new Uint32Array([BLOCK_SIZE, (slots * SLOT_SIZE) / BLOCK_SIZE, SLOT_SIZE, slots])
  libc.setsockoptBytes(fd, SOL_PACKET, PACKET_RX_RING, new Uint8Array(request.buffer))
}
