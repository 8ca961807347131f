import { SLOT_SIZE } from './frame-socket.ts'
import * as libc from './libc.ts'

const SOL_PACKET = 263
const PACKET_STATISTICS = 6
const TP_STATUS_KERNEL = 0
const TP_STATUS_USER = 1 << 0
const TP_STATUS_COPY = 1 << 1
const TP_STATUS_LOSING = 1 << 2
const TP_STATUS_VLAN_VALID = 1 << 4

// struct tpacket2_hdr, in words of 32 bits
const LEN = 1
const SNAPLEN = 2
const MAC_AND_NET = 3 // u16 tp_mac, u16 tp_net
const SEC = 4
const NSEC = 5
const VLAN = 6 // u16 tp_vlan_tci, u16 tp_vlan_tpid
// … and struct sockaddr_ll behind it, at 32
const IFINDEX = 9
const WORDS = SLOT_SIZE / 4

/** Bytes of the `struct virtio_net_hdr` in front of each frame. */
export const VNET_HEADER = 10
/** A packet of 64 KiB, its Ethernet header with a VLAN tag, and the header in front. */
const LARGEST = 65_536 + 64

/**
 * The frames that came to a {@link FrameSocket}, read where the kernel wrote them: no system call, no copy, no object.
 *
 *     while (ring.next()) pass(ring.link, ring.bytes, ring.at, ring.length)
 */
export class FrameRing implements Disposable {
  /** Of the current frame: index of the link that it came in over. */
  link = 0
  /** Of the current frame: where it is, until {@link next} is called again; not its own, but with others around it. */
  bytes: Uint8Array
  /** Where in {@link bytes} it starts, with its {@link VNET_HEADER}. */
  at = 0
  /** Its length, that header included. */
  length = 0
  /** Of the current frame: when it came, in milliseconds since 1970 with fractions (see {@link realTime}). */
  time = 0
  /** Frames that found the ring full since it was made. */
  overruns = 0
  readonly #fd: number
  readonly #slots: number
  readonly #ring: Uint8Array
  readonly #words: Int32Array
  readonly #address: bigint
  readonly #large = new Uint8Array(LARGEST)
  #slot = 0
  #taken = false
  #closed = false

  /** In the thread that reads it. */
  constructor({ fd, slots }: { readonly fd: number; readonly slots: number }) {
    const { memory, address } = libc.mmap(fd, slots * SLOT_SIZE)
    this.#fd = fd
    this.#slots = slots
    this.#address = address
    this.#ring = new Uint8Array(memory)
    this.#words = new Int32Array(memory)
    this.bytes = this.#ring
  }

  /** Gives the current frame's slot back to the kernel and goes on to the next; false when there is none. */
  next(): boolean {
    for (;;) {
      if (this.#taken) this.#release()
      const status = Atomics.load(this.#words, this.#slot * WORDS)
      if ((status & TP_STATUS_USER) === 0) return false
      this.#taken = true
      if (status & TP_STATUS_LOSING) this.#countOverruns()
      if (this.#read(status)) return true
    }
  }

  #release(): void {
    Atomics.store(this.#words, this.#slot * WORDS, TP_STATUS_KERNEL)
    this.#slot = this.#slot + 1 === this.#slots ? 0 : this.#slot + 1
    this.#taken = false
  }

  /** False: a frame longer than a slot, for which there was no room outside of the ring. */
  #read(status: number): boolean {
    const word = this.#slot * WORDS
    const length = this.#words[word + LEN]!
    this.link = this.#words[word + IFINDEX]!
    this.time = (this.#words[word + SEC]! >>> 0) * 1000 + this.#words[word + NSEC]! / 1e6
    this.bytes = this.#ring
    this.at = this.#slot * SLOT_SIZE + (this.#words[word + MAC_AND_NET]! & 0xffff) - VNET_HEADER
    this.length = VNET_HEADER + length
    if (length > this.#words[word + SNAPLEN]! && !this.#readLong(status)) return false
    if (status & TP_STATUS_VLAN_VALID) this.#restoreTag(this.#words[word + VLAN]!)
    return true
  }

  #readLong(status: number): boolean {
    const length = status & TP_STATUS_COPY ? libc.recvQueued(this.#fd, this.#large, 0) : undefined
    if (length === undefined) {
      this.overruns += 1
      return false
    }
    this.bytes = this.#large
    this.at = 0
    this.length = length
    return true
  }

  /** The kernel takes the tag of IEEE 802.1Q out of the frame and keeps it beside. */
  #restoreTag(vlan: number): void {
    const frame = this.bytes.slice(this.at, this.at + this.length)
    const addresses = VNET_HEADER + 12
    this.#large.set(frame.subarray(0, addresses))
    new DataView(this.#large.buffer).setUint32(addresses, (vlan >>> 16) * 0x10000 + (vlan & 0xffff))
    this.#large.set(frame.subarray(addresses), addresses + 4)
    shiftChecksum(this.#large, 4)
    this.bytes = this.#large
    this.at = 0
    this.length += 4
  }

  /** struct tpacket_stats: packets, drops. Reading it sets it back. */
  #countOverruns(): void {
    const statistics = new Uint32Array(2)
    libc.getsockoptBytes(this.#fd, SOL_PACKET, PACKET_STATISTICS, new Uint8Array(statistics.buffer))
    this.overruns += statistics[1]!
  }

  /** The last thing that is done with it: its memory is gone. Idempotent. */
  [Symbol.dispose](): void {
    if (this.#closed) return
    this.#closed = true
    libc.munmap(this.#address, this.#slots * SLOT_SIZE)
  }
}

const VIRTIO_NET_HDR_F_NEEDS_CSUM = 1

/** hdr_len and csum_start count from the first byte of the frame. */
function shiftChecksum(bytes: Uint8Array, by: number): void {
  if ((bytes[0]! & VIRTIO_NET_HDR_F_NEEDS_CSUM) === 0) return
  const view = new DataView(bytes.buffer)
  for (const at of [2, 6]) view.setUint16(at, view.getUint16(at, true) + by, true)
}
