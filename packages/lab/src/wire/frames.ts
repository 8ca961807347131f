import { addressOf, VNET_HEADER } from '@sallyport/linux'
import { ETHERNET_HEADER } from '../packet/ethernet.ts'
import { VIRTIO_NET_HDR_F_NEEDS_CSUM, vnet } from './vnet.ts'

/** Room for one frame of 1500 bytes, and for several that TCP handed over as one. */
const SIZES = [2048, 8192] as const
/** Memory that is taken at once. */
const CHUNK = 512 * 1024

/** A frame kept until it is due, with its `struct virtio_net_hdr` in front, and where it is to go. */
export interface Frame {
  readonly bytes: Uint8Array
  /** Of the first byte, in memory. */
  readonly address: number
  /** Of header and frame. */
  length: number
  /** Index of the link that it leaves by. */
  link: number
}

/** Room for frames, used again and again: what passes fifty thousand times a second should not be garbage after. */
export class Frames {
  /** Bytes of memory that frames take which are kept at the moment. */
  held = 0
  readonly #free: readonly { readonly size: number; readonly frames: Frame[] }[] = SIZES.map((size) => ({
    size,
    frames: [],
  }))

  /** A copy of `length` bytes of `source` from `at` on. */
  keep(source: Uint8Array, at: number, length: number, link: number): Frame {
    const frame = this.#room(length)
    frame.bytes.set(source.subarray(at, at + length))
    frame.length = length
    frame.link = link
    this.held += frame.bytes.length
    return frame
  }

  /** The frame is sent, or lost. */
  release(frame: Frame): void {
    this.held -= frame.bytes.length
    this.#free.find(({ size }) => size === frame.bytes.length)?.frames.push(frame)
  }

  #room(length: number): Frame {
    const free = this.#free.find(({ size }) => length <= size)
    if (free === undefined) return frameIn(new Uint8Array(new ArrayBuffer(length)))
    const { size, frames } = free
    if (frames.length === 0) {
      const chunk = new ArrayBuffer(CHUNK)
      for (let at = 0; at < CHUNK; at += size) frames.push(frameIn(new Uint8Array(chunk, at, size)))
    }
    return frames.pop()!
  }
}

function frameIn(bytes: Uint8Array): Frame {
  return { bytes, address: addressOf(bytes), length: 0, link: 0 }
}

/**
 * Computes the checksum that the sender's kernel left to the hardware (CHECKSUM_PARTIAL): the field holds the sum of
 * the pseudo header already. `bytes`: header and frame, nothing behind.
 */
export function completeChecksum(bytes: Uint8Array): void {
  if ((bytes[vnet.flags]! & VIRTIO_NET_HDR_F_NEEDS_CSUM) === 0) return
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const start = VNET_HEADER + view.getUint16(vnet.csumStart, true)
  const field = start + view.getUint16(vnet.csumOffset, true)
  bytes[vnet.flags]! &= ~VIRTIO_NET_HDR_F_NEEDS_CSUM
  if (field + 2 > bytes.length) return // a frame that was cut off on its way has no such field
  const even = start + ((bytes.length - start) & ~1)
  let sum = even < bytes.length ? bytes[even]! << 8 : 0
  for (let at = start; at < even; at += 2) sum += view.getUint16(at)
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16)
  view.setUint16(field, sum === 0xffff ? 0xffff : ~sum & 0xffff) // 0 would mean, in UDP, that there is none
}

/** Inverts a bit, counted from the first one behind the Ethernet header. The receiver's checksum is to notice. */
export function flipBit(bytes: Uint8Array, bit: number): void {
  completeChecksum(bytes)
  bytes[VNET_HEADER + ETHERNET_HEADER + (bit >>> 3)]! ^= 0x80 >>> (bit & 7)
}
