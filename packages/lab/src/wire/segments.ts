import { FrameSocket, VNET_HEADER } from '@sallyport/linux'
import type { Impairment } from '../link/index.ts'
import { ETHERNET_HEADER } from '../packet/ethernet.ts'
import { VIRTIO_NET_HDR_GSO_ECN, VIRTIO_NET_HDR_GSO_UDP_L4, vnet } from './vnet.ts'

/**
 * Segmentation offload: TCP hands several segments over as one frame, and they stay together for as long as nobody has
 * to tell them apart. It is what makes a virtual link several times faster than its frames could be counted.
 */

const UDP_HEADER = 8
/** Where TCP says how long its header is (RFC 9293 section 3.1), in words of 4 bytes in the upper half. */
const DATA_OFFSET = 12

/** At this rate, five segments take a third of a millisecond. */
const FAST = 200e6

/**
 * How many segments a sender may hand over as one frame: 1 where chance decides on each frame, or where they would
 * arrive in lumps.
 */
export function segmentsAtOnce(impairment: Impairment, mtu: number): number {
  const { loss, jitter, reorder, duplicate, corrupt, rate } = impairment
  const isByFrame = loss.kind !== 'none' || jitter + reorder + duplicate + corrupt > 0 || rate < FAST
  return isByFrame ? 1 : Math.max(1, Math.floor(FrameSocket.longest / (mtu + ETHERNET_HEADER)))
}

/** What a frame would be on a real cable: how many, and their bytes, each with all its headers. */
export interface Segments {
  readonly count: number
  readonly bytes: number
}

/** `bytes` has the frame from `at` on, with its `struct virtio_net_hdr`; `length` counts both. */
export function segmentsOf(bytes: Uint8Array, at: number, length: number): Segments {
  const frame = length - VNET_HEADER
  const type = bytes[at + vnet.gsoType]! & ~VIRTIO_NET_HDR_GSO_ECN
  if (type === 0) return { count: 1, bytes: frame }
  const size = u16(bytes, at + vnet.gsoSize)
  const transport = u16(bytes, at + vnet.csumStart)
  const offset = bytes[at + VNET_HEADER + transport + DATA_OFFSET] ?? 0
  const headers = transport + (type === VIRTIO_NET_HDR_GSO_UDP_L4 ? UDP_HEADER : (offset >>> 4) * 4)
  const count = size === 0 ? 1 : Math.max(1, Math.ceil((frame - headers) / size))
  return { count, bytes: frame + (count - 1) * headers }
}

function u16(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8)
}
